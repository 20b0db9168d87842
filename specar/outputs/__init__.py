"""Everything that is written of results: its names, and the one place that writes it."""
