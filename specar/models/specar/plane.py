"""Sizes of the time-frequency plane that follow from the settings of a model."""

from __future__ import annotations

import math

from specar.models.specar.config import Architecture

OMEGA = 6.0  # radians per scale of a wavelet: the usual choice, with about 3 periods within two scales
SUPPORT = 4.0  # scales to either side, beyond which a kernel is cut off: its envelope is down to 3e-4


def bins_of(n_fft: int, sides: str) -> int:
    """Return the number F of frequencies: n_fft // 2 + 1 of ``one`` side, n_fft of ``two``."""
    return n_fft // 2 + 1 if sides == "one" else n_fft


def frames_of(steps: int, n_fft: int, hop_length: int, style: Architecture) -> int:
    """Return the number of frames of a series of ``steps`` steps."""
    if style == "released":
        return (steps - n_fft % 2) // hop_length + 1
    return -(-steps // hop_length)


def wavelet_reach(n_fft: int) -> int:
    """Return how many steps the longest wavelet reaches to either side of a frame's centre."""
    return math.ceil(SUPPORT * (OMEGA * n_fft / (2 * math.pi)))
