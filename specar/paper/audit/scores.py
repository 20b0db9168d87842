"""Numbers that follow from others: F1, the least MSE for an MAE, and the weighted averages and OWA of M4."""

from __future__ import annotations

from collections.abc import Iterator

from specar.data.registry import M4Dataset, builtin_datasets
from specar.metrics.short_term import owa as owa_of
from specar.paper.audit.finding import Finding, about
from specar.paper.audit.groups import sums
from specar.paper.audit.printed import Cell, Paper, grouped, without
from specar.paper.metrics import half_unit

_OTHERS = ("M4-Weekly", "M4-Daily", "M4-Hourly")


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
            f1_of(*(max(0.0, cell.number + sign * cell.half) for cell in (precision, recall)))
            for sign in (-1, 1)
        )
        if not score.fits(low, high):
            implied = score.written(f1_of(precision.number, recall.number))
            why = (
                f"the printed precision {precision.text} and recall {recall.text} allow an F1 of "
                f"{score.written(low, 1)} to {score.written(high, 1)}, printed is {score.text}"
            )
            yield about(score, "f1", implied, why + _as_averaged(paper, score, score.value_of(implied)))


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
            why = (
                f"MAE {mae.text} means an MSE of at least {mae.text}² ≈ {mae.number**2:.3f} (the mean of "
                f"squares is no less than the square of the mean), printed is {mse.text}"
            )
            yield about(mse, "mae_mse", f"at least {least:.3f}", why)


def _series_counts() -> dict[str, int]:
    """Return the number of series of the groups that the paper prints, from the registry."""
    counts = {
        name: entry.series or 0 for name, entry in builtin_datasets().items() if isinstance(entry, M4Dataset)
    }
    others = sum(counts.pop(name) for name in _OTHERS)
    return {**counts, "Others": others}


def _groups(paper: Paper, missing: str) -> Iterator[dict[str, Cell]]:
    """M4's cells by the part of the key that a group goes over."""
    cells = [cell for cell in paper.cells if cell.task == "short_term_forecast"]
    for group in grouped(cells, lambda cell: without(cell, missing)).values():
        yield {getattr(cell, missing): cell for cell in group}


def weighted_averages(paper: Paper) -> Iterator[Finding]:
    """Yield averages that are not those of the groups, weighted by their numbers of series."""
    counts = _series_counts()
    total = sum(counts.values())
    for cells in _groups(paper, "dataset"):
        average = cells.get("Average")
        if average is None or average.metric == "owa" or not counts.keys() <= cells.keys():
            continue
        mean = sum(count * cells[name].number for name, count in counts.items()) / total
        half = sum(count * cells[name].half for name, count in counts.items()) / total
        if not average.fits(mean - half, mean + half):
            weights = ", ".join(f"{count} {cells[name].place}" for name, count in counts.items())
            why = f"weighted by {weights} series the mean is {mean:.4f}, printed is {average.text}"
            yield about(average, "weighted_average", f"{mean:.4f}", why)


def owa(paper: Paper) -> Iterator[Finding]:
    """Yield OWAs that do not follow from sMAPE and MASE, divided by those of Naive2."""
    naive2 = paper.naive2.set_index("subset")
    for cells in _groups(paper, "metric"):
        smape, mase, printed = (cells.get(metric) for metric in ("smape", "mase", "owa"))
        if smape and mase and printed and printed.paper_dataset in naive2.index:
            texts = naive2.loc[printed.paper_dataset, ["smape", "mase"]]
            if finding := _owa(smape, mase, printed, str(texts["smape"]), str(texts["mase"])):
                yield finding


def _owa(smape: Cell, mase: Cell, printed: Cell, naive_smape: str, naive_mase: str) -> Finding | None:
    low, middle, high = (
        owa_of(
            smape.number + sign * smape.half,
            mase.number + sign * mase.half,
            float(naive_smape) - sign * half_unit(naive_smape),
            float(naive_mase) - sign * half_unit(naive_mase),
        )
        for sign in (-1, 0, 1)
    )
    if printed.fits(low, high):
        return None
    why = (
        f"sMAPE {smape.text} and MASE {mase.text} over those of Naive2 ({naive_smape}, {naive_mase}) give "
        f"{low:.4f} to {high:.4f}, printed is {printed.text}"
    )
    return about(printed, "owa", f"{middle:.4f}", why)
