"""Failed runs as they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MOST_FAILURES = 10
_LONGEST_REASON = 200


@dataclass(frozen=True)
class Failures:
    """Failed runs and why they failed: the first ones, and how many more there are."""

    shown: list[tuple[str, str]]
    more: int

    @property
    def texts(self) -> list[str]:
        """One text per failed run that is shown, and one for the others if there are any."""
        rest = [f"and {self.more} more"] if self.more else []
        return [*(f"{name}: {reason}" for name, reason in self.shown), *rest]

    @property
    def sentences(self) -> list[str]:
        """All in one sentence; empty where no run failed."""
        return [f"Failed runs: {'; '.join(self.texts)}."] if self.shown else []


def listed_failures(reasons: Mapping[str, str]) -> Failures:
    """Return failed runs as they are printed, from their reasons by run id."""
    shown = [(name, _one_line(reason)) for name, reason in list(reasons.items())[:MOST_FAILURES]]
    return Failures(shown, len(reasons) - len(shown))


def _one_line(reason: str) -> str:
    # Messages of libraries may run over many lines and hold terminal colours, which LaTeX refuses.
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in reason).split()).rstrip(".")
    if len(text) <= _LONGEST_REASON:
        return text
    return f"{text[: _LONGEST_REASON - 40]} … {text[-30:]}"  # the end says which attempt it was
