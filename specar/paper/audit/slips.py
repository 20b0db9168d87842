"""Slips of the hand: what a mistyped number may have been meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Slip = Literal["digits swapped", "digits shifted", "one digit wrong"]
# The first two leave the digits as they are; one wrong digit fits by chance far more often.
RANK: dict[Slip, int] = {"digits swapped": 0, "digits shifted": 0, "one digit wrong": 1}


@dataclass(frozen=True)
class Correction:
    """A number that a single slip turns into the printed one."""

    text: str
    slip: Slip


def corrections(text: str) -> list[Correction]:
    """Return what may have been meant by a printed number, likelier slips first.

    Two neighbouring digits swapped, all digits shifted by a place (where none but a zero gets lost), or one
    digit replaced. All have as many digits after the point as the printed number.

    >>> [c.text for c in corrections("0.46") if c.slip != "one digit wrong"]
    ['4.06', '0.64', '4.60']
    """
    point = text.index(".") if "." in text else len(text)
    digits, decimals = text.replace(".", ""), len(text) - point - 1 if "." in text else 0
    found: dict[str, Slip] = {}
    for candidate, slip in _changed(digits):
        written = _written(candidate, decimals)
        if written != text:
            found.setdefault(written, slip)
    return [Correction(written, slip) for written, slip in found.items()]


def _changed(digits: str) -> Iterator[tuple[str, Slip]]:
    for i in range(len(digits) - 1):
        yield digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :], "digits swapped"
    if digits.endswith("0"):
        yield "0" + digits[:-1], "digits shifted"
    yield digits + "0", "digits shifted"
    for i, old in enumerate(digits):
        for new in "0123456789":
            if new != old:
                yield digits[:i] + new + digits[i + 1 :], "one digit wrong"


def _written(digits: str, decimals: int) -> str:
    if not decimals:
        return str(int(digits))
    return f"{int(digits[:-decimals] or '0')}.{digits[-decimals:]}"
