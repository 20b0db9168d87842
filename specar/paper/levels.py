"""What the paper prints of its ablations, by level."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, printed_numbers, read_published

KEY = ["level", "task", "dataset", "setting", "metric"]


def published_levels(name: str) -> pd.DataFrame:
    """Return the printed results of SpecAR-Net in an ablation; none for one that is not in the paper.

    Returns
    -------
    DataFrame
        `KEY` (text) and ``published`` (float), in the unit of the main tables: percent, where appendix
        Tables 2 and 3 and appendix Figure 1 have fractions. Hop lengths are read off the plot.
    """
    source = _SOURCES.get(name)
    table = pd.DataFrame(columns=[*KEY, "published"]) if source is None else source()
    return table.reset_index(drop=True)


def _of_tables(*numbers: int) -> pd.DataFrame:
    """Tables of the appendix that have the level as the variant."""
    printed = printed_numbers()
    tables = [f"appendix:{number}" for number in numbers]
    rows = printed[printed["source_table"].isin(tables) & (printed["model"] == OURS)]
    return _in_unit(rows.rename(columns={"variant": "level", "number": "published"}))


def _hop() -> pd.DataFrame:
    read = read_published("hop_length").rename(columns={"hop_length": "level", "horizon": "setting"})
    return _in_unit(read.assign(published=read["value"].astype(float)))


def _in_unit(table: pd.DataFrame) -> pd.DataFrame:
    scale = table["metric"].map({name: metric.scale for name, metric in METRICS.items()})
    return table.assign(published=(table["published"] * scale).round(6))[[*KEY, "published"]]


_SOURCES: dict[str, Callable[[], pd.DataFrame]] = {
    "backbone": lambda: _of_tables(1, 2, 3),
    "unified": lambda: _of_tables(4),
    "hop": _hop,
}


def published_best(name: str) -> pd.DataFrame:
    """Return which level the paper calls best where it prints no numbers: the windows of Figure 5.

    Returns
    -------
    DataFrame
        ``task``, ``dataset``, ``setting`` and ``level``, all text.
    """
    columns = ["task", "dataset", "setting", "level"]
    if name != "window":
        return pd.DataFrame(columns=columns)
    stated = read_published("window_length").rename(columns={"horizon": "setting", "best_window": "level"})
    return stated.assign(task="long_term_forecast")[columns]
