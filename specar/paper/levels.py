"""What the paper prints of its ablations, by level."""

from __future__ import annotations

import pandas as pd

from specar.paper.numbers import OURS, cells_of, figure_numbers, read_published

KEY = ["level", "task", "dataset", "setting", "metric"]
_TABLES = {"backbone": ("appendix:1", "appendix:2", "appendix:3"), "unified": ("appendix:4",)}


def published_levels(name: str) -> pd.DataFrame:
    """Return the printed results of SpecAR-Net in an ablation; none for one that is not in the paper.

    Returns
    -------
    DataFrame
        `KEY` (text) and ``published`` (float), in the unit of the main tables: percent, where appendix
        Tables 2 and 3 and appendix Figure 1 have fractions. Hop lengths are read off the plot.
    """
    table = figure_numbers() if name == "hop" else cells_of(*_TABLES.get(name, ()))
    table = table[table["model"] == OURS].rename(columns={"variant": "level", "number": "published"})
    return table[[*KEY, "published"]].reset_index(drop=True)


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
