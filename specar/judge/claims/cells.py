"""The cells of a claim: printed numbers, and our numbers in their place."""

from __future__ import annotations

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.judge.claims.registry import Claim
from specar.paper.metrics import METRICS
from specar.paper.numbers import COLUMNS, OURS, averages, figure_numbers, read_published
from specar.paper.numbers import cells_of as printed_cells
from specar.paper.sources import AVERAGE

# What identifies one of our numbers: as in the cells, where top is text and variant a level of an ablation.
OWN_KEY = ["task", "dataset", "setting", "top", "variant", "metric"]
_PLACE = ["task", "dataset", "setting", "metric"]


def cells_of(claim: Claim) -> pd.DataFrame:
    """Return the cells of a claim, both sides, as rows like those of `printed_numbers`.

    As `printed_cells`, but ``source_table`` is empty, so that cells of two tables can be the same.
    """
    made = {"headline": _headline, "window": _window, "hop": _hop}
    tables = [made[name]() if name in made else printed_cells(name) for name in claim.tables]
    if claim.ours.keys() == {"top"}:
        tables = [table[table["model"] == OURS] for table in tables]
    cells = pd.concat(tables, ignore_index=True).assign(source_table="")
    if claim.metrics:
        cells = cells[cells["metric"].isin(claim.metrics)]
    if claim.cells == "all":
        return cells
    return cells[averages(cells) == (claim.cells == "averages")]


def in_place(cells: pd.DataFrame, own: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """Return the cells with our numbers for those of SpecAR-Net.

    A cell that lacks one of our numbers that it needs, of any side, is left out.

    Parameters
    ----------
    cells
        Those of `cells_of`.
    own
        Our numbers, `OWN_KEY` and ``number``.
    claim
        The claim: without an ablation, ``variant`` is not looked at.
    """
    keys = [key for key in OWN_KEY if claim.ablation or key != "variant"]
    place = [*_PLACE, *(["top"] if "top" not in claim.ours else [])]
    merged = cells.merge(own[[*keys, "number"]], how="left", on=keys, suffixes=("", "_own"))
    ours = merged["model"] == OURS
    numbers = merged["number"].where(~ours, merged["number_own"])
    missing = numbers.isna().groupby([merged[name] for name in place]).transform("any")
    return merged.assign(number=numbers)[~missing][COLUMNS]


def as_printed(numbers: pd.Series[float], metrics: pd.Series[str]) -> pd.Series[float]:
    """Round numbers to the digits that the paper prints."""
    return pd.Series(
        [round(number, METRICS[metric].decimals) for number, metric in zip(numbers, metrics, strict=True)],
        index=numbers.index,
        dtype=float,
    )


def _headline() -> pd.DataFrame:
    """Table 2's numbers of SpecAR-Net, printed and recomputed from the cells behind them."""
    printed = printed_cells("main:2")
    printed = printed[printed["model"] == OURS]
    parts = pd.concat(printed_cells(f"appendix:{number}") for number in (5, 6, 8, 10, 12))
    parts = parts[(parts["model"] == OURS) & ~averages(parts)]
    names = printed[["task", "dataset", "metric"]].to_numpy().tolist()
    recomputed = [_mean_of_parts(task, dataset, metric, parts) for task, dataset, metric in names]
    return pd.concat([printed.assign(model="printed"), printed.assign(number=recomputed)])


def _mean_of_parts(task: str, dataset: str, metric: str, parts: pd.DataFrame) -> float:
    if TASK_INFO[task].weighted:
        return float("nan")
    rows = parts[(parts["task"] == task) & (parts["metric"] == metric)]
    return float(rows.loc[(rows["dataset"] == dataset) | (dataset == AVERAGE), "number"].mean())


def _hop() -> pd.DataFrame:
    """Appendix Figure 1, with hop lengths as variants."""
    return figure_numbers()


def _window() -> pd.DataFrame:
    """Figure 5 without its errors: a row per horizon and window, the stated best one as ``stated``."""
    rows = [
        {
            "task": "long_term_forecast", "dataset": row.dataset, "setting": row.horizon, "top": False,
            "model": OURS, "variant": "stated" if window == row.best_window else window, "metric": "mse",
        }
        for row in read_published("window_length").itertuples()
        for window in str(row.candidate_windows).split(";")
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=COLUMNS)
