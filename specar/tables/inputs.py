"""The two inputs of the tables: the runs that were asked for, and the results of those that were done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from specar.errors import SpecarError
from specar.files import read_json
from specar.tables.published import METRICS

Matrix: TypeAlias = pd.DataFrame | Iterable[Mapping[str, Any]]

_MATRIX_COLUMNS = ["run_id", "task", "dataset", "setting", "top", "architecture", "protocol", "seed"]
_RESULT_COLUMNS = ["run_id", "metric", "value", "floor"]
_CELL_AND_SEED = ["dataset", "setting", "top", "architecture", "protocol", "seed"]


def runs_of(task: str, collected: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
    """Return one row per requested run of ``task`` and metric, with its result where there is one.

    Results are matched by run id only, so those of an earlier configuration (another id) are left
    out. A result that is not finite counts as not done.

    Raises
    ------
    SpecarError
        A column is missing, a run has two results, or two runs are the same cell and seed.
    """
    asked = _requested(task, matrix)
    both_metrics = asked.merge(pd.DataFrame({"metric": METRICS}), how="cross")
    return both_metrics.merge(_results(collected), how="left", on=["run_id", "metric"])


def _requested(task: str, matrix: Matrix) -> pd.DataFrame:
    table = matrix if isinstance(matrix, pd.DataFrame) else pd.DataFrame(list(matrix))
    if table.empty:
        return pd.DataFrame(columns=_MATRIX_COLUMNS)
    table = _only(table, _MATRIX_COLUMNS, "the matrix")
    table = table[table["task"] == task].drop_duplicates("run_id")
    table = table.assign(
        run_id=table["run_id"].astype(str),
        setting=[setting_label(value) for value in table["setting"]],
        top=[_as_bool(value) for value in table["top"]],
    )
    _refuse_ambiguous(table)
    return table


def _refuse_ambiguous(table: pd.DataFrame) -> None:
    # Their mean would mix different hyper-parameters under one label.
    twins = table[table.duplicated(_CELL_AND_SEED, keep=False)]
    if not twins.empty:
        first = twins.iloc[0]
        same = twins[(twins[_CELL_AND_SEED] == first[_CELL_AND_SEED]).all(axis=1)]
        names = " and ".join(same["run_id"])
        raise SpecarError(f"{names} differ only in settings that the tables do not show; keep one per matrix")


def _results(collected: pd.DataFrame) -> pd.DataFrame:
    table = collected if len(collected.columns) else pd.DataFrame(columns=_RESULT_COLUMNS)
    table = _only(table, _RESULT_COLUMNS, "the collected results").astype({"run_id": str, "metric": str})
    repeated = table[table.duplicated(["run_id", "metric"])]
    if not repeated.empty:
        run = repeated["run_id"].iloc[0]
        raise SpecarError(f"two collected results of {run}; delete the collected table and collect again")
    for column in ("value", "floor"):
        table[column] = _finite(table[column])
    return table


def _finite(column: pd.Series) -> pd.Series:
    try:
        return column.astype(float).replace([np.inf, -np.inf], np.nan)
    except ValueError as error:
        raise SpecarError(f"{column.name} of a collected result: {error}; collect again") from error


def _only(table: pd.DataFrame, columns: list[str], what: str) -> pd.DataFrame:
    if absent := [column for column in columns if column not in table.columns]:
        raise SpecarError(f"{what} has no column {', '.join(absent)}; collect again with this version")
    return table[columns].copy()


def setting_label(value: Any) -> str:
    """Return a horizon or mask ratio as the paper prints it: 96, 96.0 and "96" are all ``96``."""
    return f"{float(value):.12g}"


def _as_bool(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise SpecarError(f"top is {value} in the matrix; it has to be true or false")
    return text == "true"


def read_collected(path: Path) -> pd.DataFrame:
    """Read the CSV of collected runs; one with nothing but its header is fine."""
    try:
        # Numbers as text until `_finite`: the parser of some pandas versions is off in the last digit.
        return pd.read_csv(path, dtype={"run_id": str, "value": str, "floor": str})
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError) as error:
        raise SpecarError(f"cannot read {path}: {error}; collect again") from error


def read_matrix(path: Path) -> pd.DataFrame:
    """Read the JSON list of requested runs."""
    rows = read_json(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SpecarError(f"{path} is not a list of runs; delete it and re-run")
    return pd.DataFrame(rows)
