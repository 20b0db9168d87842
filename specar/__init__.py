"""specar: a reproducibility pipeline for SpecAR-Net (IJCAI 2024)."""

__version__ = "0.1.0"
