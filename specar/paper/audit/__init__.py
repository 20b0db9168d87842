"""Audit of the paper: what its own numbers contradict, recomputed from what is published."""
