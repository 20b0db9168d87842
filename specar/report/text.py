"""Words and names in the report."""

from __future__ import annotations

import re


def slug(*parts: object) -> str:
    """Return parts as one id of letters, digits, points and dashes; it keeps the case: ETTh1 is a name."""
    text = "-".join(str(part) for part in parts if part not in (None, ""))
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def plural(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return a time, in seconds below a minute, in hours from one on."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def memory(amount: float | None) -> str:
    """Return a number of bytes in GB; empty where it is not known."""
    return f"{amount / 1e9:.2f} GB" if amount else ""
