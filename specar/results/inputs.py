"""The inputs of the tables: the runs that were asked for, the results of those done, and the floors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.base.errors import SpecarError
from specar.paper.metrics import METRICS
from specar.paper.sources import baseline_labels, metrics_of

Matrix: TypeAlias = pd.DataFrame | Iterable[Mapping[str, Any]]

_MATRIX_COLUMNS = [
    *("run_id", "task", "dataset", "setting", "top", "model", "protocol", "seed", "cell")
]
_RESULT_COLUMNS = ["run_id", "metric", "weight", "value"]
_FLOOR_COLUMNS = ["cell", "baseline", "metric", "weight", "value"]
_CELL_AND_SEED = ["dataset", "setting", "top", "model", "protocol", "seed"]
_NUMBERS = ["weight", "value"]


def runs_of(
    task: str,
    collected: pd.DataFrame,
    floors: pd.DataFrame,
    matrix: Matrix,
    failed: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return one row per requested run of ``task`` and metric, with its result where there is one.

    Results are matched by run id and floors by cell only, so those of an earlier configuration (another
    id) are left out. A result that is not finite counts as not done. Values are in the printed unit.
    ``failed`` says whether a run is among those that failed and has no result at all.

    Raises
    ------
    SpecarError
        A column is missing, a run or floor has two results, or two runs are the same cell and seed.
    """
    asked = _requested(task, matrix)
    metrics = [
        {"protocol": protocol, "metric": metric}
        for protocol in asked["protocol"].unique()
        for metric in metrics_of(task, protocol)
    ]
    runs = asked.merge(pd.DataFrame(metrics, columns=["protocol", "metric"]), on="protocol")
    runs = runs.merge(_results(collected), how="left", on=["run_id", "metric"])
    results = runs.groupby("run_id")["value"].transform("count")
    runs["failed"] = runs["run_id"].isin(list(failed or ())) & (results == 0)
    return runs.merge(_floors(task, floors), how="left", on=["cell", "metric"])


def as_frame(matrix: Matrix) -> pd.DataFrame:
    """Return the matrix as a table."""
    return matrix if isinstance(matrix, pd.DataFrame) else pd.DataFrame(list(matrix))


def _requested(task: str, matrix: Matrix) -> pd.DataFrame:
    table = as_frame(matrix)
    if table.empty:
        return pd.DataFrame(columns=_MATRIX_COLUMNS)
    table = _only(table, _MATRIX_COLUMNS, "the matrix")
    table = table[table["task"] == task].drop_duplicates("run_id")
    has_setting = TASK_INFO[task].setting is not None
    table = table.assign(
        run_id=table["run_id"].astype(str),
        cell=table["cell"].astype(str),
        setting=[setting_label(value) if has_setting else "" for value in table["setting"]],
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
    return _values(collected, _RESULT_COLUMNS, "collected result")


def _floors(task: str, floors: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and metric, with a column per baseline of the task."""
    table = _values(floors, _FLOOR_COLUMNS, "collected floor")
    table["baseline"] = "floor_" + table["baseline"]
    keys = ["cell", "metric"]
    wide = table.pivot(index=keys, columns="baseline", values="value")
    wide = wide.reindex(columns=list(baseline_labels(task)))
    weights = table.groupby(keys)["weight"].first().rename("floor_weight")
    return wide.join(weights).astype(float).reset_index()


def _values(given: pd.DataFrame, columns: list[str], what: str) -> pd.DataFrame:
    table = given if len(given.columns) else pd.DataFrame(columns=columns)
    names = [column for column in columns if column not in _NUMBERS]
    table = _only(table, columns, f"the table of {what}s").astype(dict.fromkeys(names, "str"))
    repeated = table[table.duplicated(names)]
    if not repeated.empty:
        name = repeated[names[0]].iloc[0]
        raise SpecarError(f"two rows of {what} {name}; delete the collected table and collect again")
    for column in _NUMBERS:
        table[column] = _finite(table[column], what)
    table["value"] *= table["metric"].map({name: metric.scale for name, metric in METRICS.items()})
    return table


def _finite(column: pd.Series, what: str) -> pd.Series:
    try:
        return column.astype(float).replace([np.inf, -np.inf], np.nan)
    except ValueError as error:
        raise SpecarError(f"{column.name} of a {what}: {error}; collect again") from error


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
    """Read the CSV of collected runs or floors; one with nothing but its header is fine."""
    try:
        # Numbers as text until `_finite`: the parser of some pandas versions is off in the last digit.
        return pd.read_csv(path, dtype=str)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError) as error:
        raise SpecarError(f"cannot read {path}: {error}; collect again") from error
