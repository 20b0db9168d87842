"""What became of the requested runs, for what stands above and below a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

MOST_FAILURES = 10
_LONGEST_REASON = 200


@dataclass(frozen=True)
class RunState:
    """A requested run: ``cached`` if its record comes with the project, ``failure`` why it has no result."""

    run_id: str
    model: str
    protocol: str
    done: bool
    cached: bool = False
    failure: str | None = None


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


def run_states(
    runs: pd.DataFrame, failed: Mapping[str, str] | None = None, cached: Collection[str] | None = None
) -> list[RunState]:
    """Return the state of every run of `specar.results.rows.run_rows`, in its order."""
    reasons, from_cache = failed or {}, set(cached or ())
    return [
        RunState(
            run_id=str(name),
            model=str(rows["model"].iloc[0]),
            protocol=str(rows["protocol"].iloc[0]),
            done=bool(rows["value"].notna().any()),
            cached=name in from_cache,
            failure=reasons[str(name)] if rows["failed"].any() else None,
        )
        for name, rows in runs.groupby("run_id", sort=False)
    ]


def failures_of(runs: Iterable[RunState]) -> Failures:
    """Return the failures among ``runs``, as they are printed."""
    return listed_failures({run.run_id: run.failure for run in runs if run.failure is not None})


def listed_failures(reasons: Mapping[str, str]) -> Failures:
    """Return the failed runs as they are printed, from their reasons by run id."""
    shown = [(name, _one_line(reason)) for name, reason in list(reasons.items())[:MOST_FAILURES]]
    return Failures(shown, len(reasons) - len(shown))


def _one_line(reason: str) -> str:
    # Messages of libraries may run over many lines and hold terminal colours, which LaTeX refuses.
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in reason).split()).rstrip(".")
    if len(text) <= _LONGEST_REASON:
        return text
    return f"{text[: _LONGEST_REASON - 40]} … {text[-30:]}"  # the end says which attempt it was
