"""The paper's printed results, read from the package data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from specar.errors import SpecarError

AVERAGE = "avg"
METRICS = ("mse", "mae")
DATASETS = ("ETTm1", "ETTm2", "ETTh1", "ETTh2", "Electricity", "Traffic", "Weather", "Exchange", "ILI")


@dataclass(frozen=True)
class Source:
    """Where a task's results are printed."""

    title: str
    setting: str
    without_top: int
    with_top: int
    main: int


SOURCES = {
    "long_term_forecast": Source("Long-term forecasting", "horizon", without_top=9, with_top=10, main=5),
    "imputation": Source("Imputation", "mask ratio", without_top=11, with_top=12, main=6),
}


def source_of(task: str) -> Source:
    """Return where ``task`` is printed.

    Raises
    ------
    SpecarError
        The paper has no published numbers of this task here.
    """
    if task not in SOURCES:
        raise SpecarError(f"no published results of task {task}; known: {', '.join(SOURCES)}")
    return SOURCES[task]


@cache
def _printed(task: str) -> pd.DataFrame:
    source = source_of(task)
    with files("specar").joinpath("published", f"{task}.csv").open(encoding="utf-8") as file:
        # As text: 0.080 has to stay 0.080.
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table = table.rename(columns={source.setting.replace(" ", "_"): "setting", "value": "published"})
    table["top"] = table["top"] == "true"
    return table[table["model"] == "SpecAR-Net"]


def _rows(task: str, *tables: str) -> pd.DataFrame:
    printed = _printed(task)
    rows = printed[printed["source_table"].isin(tables)]
    return rows[["dataset", "setting", "top", "metric", "published"]].reset_index(drop=True)


def published(task: str) -> pd.DataFrame:
    """Return SpecAR-Net's results as the appendix prints them, without and with TOP.

    Returns
    -------
    DataFrame
        ``dataset``, ``setting`` (text; ``avg`` for printed averages), ``top``, ``metric`` and
        ``published`` (text, with the printed digits). A row that was not printed is not there.
    """
    source = source_of(task)
    return _rows(task, f"appendix:{source.without_top}", f"appendix:{source.with_top}")


def main_paper_differences(task: str) -> pd.DataFrame:
    """Return the averages that the main paper prints differently from the appendix.

    Returns
    -------
    DataFrame
        As `published`, with the main paper's number in a further column ``main``.
    """
    main = _rows(task, f"main:{source_of(task).main}").rename(columns={"published": "main"})
    both = published(task).merge(main, on=["dataset", "setting", "top", "metric"])
    # As numbers: 0.97 and 0.970 are the same result.
    return both[both["published"].astype(float) != both["main"].astype(float)].reset_index(drop=True)
