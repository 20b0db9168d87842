"""M4: averages weighted by the number of series, and OWA from sMAPE and MASE."""

from __future__ import annotations

from collections.abc import Iterator

from specar.data.registry import M4Dataset, builtin_datasets
from specar.metrics.short_term import owa as owa_of
from specar.paper.audit.finding import Finding, about
from specar.paper.audit.printed import Cell, Paper, grouped, touch, without
from specar.paper.margins import half_unit

_OTHERS = ("M4-Weekly", "M4-Daily", "M4-Hourly")


def series_counts() -> dict[str, int]:
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
    counts = series_counts()
    total = sum(counts.values())
    for cells in _groups(paper, "dataset"):
        average = cells.get("Average")
        if average is None or average.metric == "owa" or not counts.keys() <= cells.keys():
            continue
        mean = sum(count * cells[name].number for name, count in counts.items()) / total
        half = sum(count * cells[name].half for name, count in counts.items()) / total
        if not touch(mean - half, mean + half, average.number - average.half, average.number + average.half):
            yield about(
                average,
                "weighted_average",
                f"{mean:.4f}",
                f"weighted by {', '.join(f'{n} {cells[name].place}' for name, n in counts.items())} series "
                f"the mean is {mean:.4f}, printed is {average.text}",
            )


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
    if touch(low, high, printed.number - printed.half, printed.number + printed.half):
        return None
    return about(
        printed,
        "owa",
        f"{middle:.4f}",
        f"sMAPE {smape.text} and MASE {mase.text} over those of Naive2 ({naive_smape}, {naive_mase}) give "
        f"{low:.4f} to {high:.4f}, printed is {printed.text}",
    )
