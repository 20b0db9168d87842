"""Every number that the paper prints, of all models, as one tidy table in the project's own keys."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, SOURCES, source_of

OURS = "SpecAR-Net"
AVERAGES = (AVERAGE, "Average")  # names of averages over settings or datasets
KEY = ["source_table", "task", "dataset", "setting", "top", "model", "variant", "metric"]
COLUMNS = [*KEY, "value", "mark", "number", "unit", "stated_top", "paper_dataset", "paper_setting"]

# CSV in specar.paper.published: what its columns are called here, and what it does not say itself.
_SOURCES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    **{
        task: ({source.column: "dataset", str(TASK_INFO[task].setting): "setting"}, {"task": task})
        for task, source in SOURCES.items()
        if source.tables
    },
    "headline": ({}, {}),
    "ablation_backbone": ({"backbone": "variant"}, {"model": OURS}),
    "unified_training": ({"training": "variant", "mask_ratio": "setting"}, {"task": "imputation"}),
}
_FRACTIONS = ("appendix:2", "appendix:3", "appendix:fig1a")


# Where the paper prints TimesNet with two blocks, the one of its authors' code and of all other tables.
_SAME_MODEL = {"TimesNet (Inception)": "TimesNet"}


def model_of(column: str) -> str:
    """Return the model that a printed column is of, as `published_as` has it."""
    return _SAME_MODEL.get(column, column)


def read_published(name: str) -> pd.DataFrame:
    """Read a CSV of ``specar.paper.published``, all as text: 0.080 has to stay 0.080."""
    with files("specar.paper").joinpath("published", f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def printed_numbers() -> pd.DataFrame:
    """Return all results of the paper's tables, misprints included, as a table of `COLUMNS`.

    ``source_table`` is ``main:N``, ``appendix:N``, ``main:text``, or ``release:N`` for the pictures in the
    authors' repository. ``dataset`` and ``setting`` are those of our runs and tables (``M4-Yearly``; ``96``,
    ``0.25``, ``avg``, or empty), ``paper_dataset`` and ``paper_setting`` what the paper calls them. ``top``
    (bool) is whether the table's SpecAR-Net was trained with TOP, false for tasks without; where
    ``stated_top`` is false the table does not say, and its numbers are those with TOP
    (`specar.paper.audit.tables.unstated_top`). ``variant`` is the backbone (appendix 1 to 3) or the kind of
    training (appendix 4). ``value`` has the printed digits; ``number`` is the same as a float in our unit:
    ``unit`` (100 for what is printed as a fraction, else 1) times it. ``mark`` is ``first``, ``second`` or
    empty, as coloured.
    """
    tables = [
        read_published(name).rename(columns=renamed).assign(**constant)
        for name, (renamed, constant) in _SOURCES.items()
    ]
    return _normalised(pd.concat(tables, ignore_index=True))


@cache
def figure_numbers() -> pd.DataFrame:
    """Return what is read off appendix Figure 1, as `printed_numbers`; ``variant`` is the hop length."""
    names = {"source_figure": "source_table", "horizon": "setting", "hop_length": "variant"}
    return _normalised(read_published("hop_length").rename(columns=names).assign(model=OURS))


def cells_of(*tables: str, numbers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return numbers by ``source_table``, Figure 1's as well; ``numbers`` in place of `printed_numbers`."""
    printed = pd.concat(
        [printed_numbers() if numbers is None else numbers, figure_numbers()], ignore_index=True
    )
    return printed[printed["source_table"].isin(tables)]


def averages(cells: pd.DataFrame) -> pd.Series[bool]:
    """Return which cells are averages of others that are printed: M4's Others is none of them."""
    return (cells["setting"] == AVERAGE) | cells["dataset"].isin(AVERAGES)


def _normalised(table: pd.DataFrame) -> pd.DataFrame:
    """Put rows as the CSVs have them into our keys and unit."""
    table = table.reindex(columns=COLUMNS).fillna("")
    names = [_in_our_key(*row) for row in table[["task", "dataset", "setting"]].to_numpy().tolist()]
    has_top = table["task"].map({task: info.top for task, info in TASK_INFO.items()})
    fraction = table["source_table"].isin(_FRACTIONS)
    unit = table["metric"].map({name: metric.scale for name, metric in METRICS.items()}).where(fraction, 1.0)
    return table.assign(
        paper_dataset=table["dataset"],
        paper_setting=table["setting"],
        dataset=[dataset for dataset, _ in names],
        setting=[setting for _, setting in names],
        stated_top=~has_top | (table["top"] != ""),
        top=has_top & (table["top"] != "false"),
        unit=unit,
        number=(table["value"].astype(float) * unit).round(6),
    )


def _in_our_key(task: str, dataset: str, setting: str) -> tuple[str, str]:
    """Return dataset and setting; Table 2 has "ILI avg" and, over datasets, "UEA avg" and "M4 Average"."""
    source = source_of(task)
    first, _, word = dataset.rpartition(" ")
    if word in source.aggregates:
        return word, setting
    return (first, word) if first else (source.prefix + dataset, setting)
