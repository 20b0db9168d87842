"""Numbers that follow from others of the same row: F1 from precision and recall, MSE from MAE."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding, about
from specar.paper.audit.groups import sums
from specar.paper.audit.printed import Cell, Paper, grouped, touch, without


def _by_metric(paper: Paper, *metrics: str) -> Iterator[list[Cell]]:
    """Cells of one result, in the order of ``metrics``, where all of them are printed."""
    for cells in grouped(paper.cells, lambda cell: without(cell, "metric")).values():
        found = {cell.metric: cell for cell in cells}
        if all(metric in found for metric in metrics):
            yield [found[metric] for metric in metrics]


def f1_of(precision: float, recall: float) -> float:
    """Return the harmonic mean of precision and recall, 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def f1(paper: Paper) -> Iterator[Finding]:
    """Yield F1 scores that no precision and recall allow which round to the printed ones."""
    for precision, recall, score in _by_metric(paper, "precision", "recall", "f1"):
        low, high = (
            f1_of(
                max(0.0, precision.number + sign * precision.half),
                max(0.0, recall.number + sign * recall.half),
            )
            for sign in (-1, 1)
        )
        if not touch(low, high, score.number - score.half, score.number + score.half):
            implied = score.written(f1_of(precision.number, recall.number))
            yield about(
                score,
                "f1",
                implied,
                f"the printed precision {precision.text} and recall {recall.text} allow an F1 of "
                f"{score.written(low, 1)} to {score.written(high, 1)}, printed is {score.text}"
                f"{_as_averaged(paper, score, score.value_of(implied))}",
            )


def _as_averaged(paper: Paper, score: Cell, implied: float) -> str:
    for each in sums(paper):
        if score in each.parts:
            fits = {number for number in (score.number, implied) if each.holds(score, number)}
            if len(fits) == 1:
                used = "the printed F1" if score.number in fits else "the implied one"
                return f"; the average {each.average.text} was taken of {used}"
    return ""


def mae_against_mse(paper: Paper) -> Iterator[Finding]:
    """Yield errors that no series has: MAE is at most the root of MSE, whatever the errors are."""
    for mse, mae in _by_metric(paper, "mse", "mae"):
        least = (mae.number - mae.half) ** 2
        if least > mse.number + mse.half:
            yield about(
                mse,
                "mae_mse",
                f"at least {least:.3f}",
                f"MAE {mae.text} means an MSE of at least {mae.text}² ≈ {mae.number**2:.3f} (the mean of "
                f"squares is no less than the square of the mean), printed is {mse.text}",
            )
