"""Metrics as pure functions on NumPy arrays."""
