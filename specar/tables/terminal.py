"""A compact table for the end of a run in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, SOURCES, baseline_label
from specar.results.run_states import listed_failures
from specar.results.statistics import FAILED
from specar.tables.layout import Style, cell_texts, number

_STYLE = Style(plus_minus=" ± ", dash="", partial="*")
_NONE = "No run is done yet."
_LEGEND = "Last columns: naive baselines; *: some seeds not done yet or failed"
_RESULTS = {"published": "published", "released_log": "authors' log", "reproduced": "reproduced"}
_UNITS = {"percent": "%", "points": "pt"}


def terminal_table(table: pd.DataFrame, failed: Mapping[str, str] | None = None) -> str:
    """Return the results so far as plain text, one block per protocol.

    Only cells with a result and those that failed are shown: what is missing, and averages that are not
    complete, is left out. ``failed``, why runs without a result failed by run id, stands below.
    """
    failures = listed_failures(failed or {})
    reasons = ["\n".join(["Failed runs:", *(f"  {text}" for text in failures.texts)])] if failed else []
    return "\n\n".join([_results(table), *reasons])


def _results(table: pd.DataFrame) -> str:
    known = table[table["reproduced"].notna() | _failed(table)]
    if known.empty:
        return _NONE
    # The cells of a task with TOP are there without and with it, whatever is asked for.
    has_top = bool(table["top"].any())
    blocks = [
        f"protocol: {protocol}\n{_block(rows, has_top)}"
        for protocol, rows in known.groupby("protocol", sort=False)
    ]
    return "\n\n".join([*blocks, _LEGEND])


def _failed(table: pd.DataFrame) -> pd.Series:
    over_datasets = {name for source in SOURCES.values() for name in source.aggregates}
    is_average = (table["setting"] == AVERAGE) | table["dataset"].isin(over_datasets)
    return (table["state"] == FAILED) & ~is_average


def _block(rows: pd.DataFrame, has_top: bool) -> str:
    shown = rows[["dataset", "setting", "model"]].assign(
        metric=[METRICS[metric].label for metric in rows["metric"]]
    )
    if has_top:
        shown.insert(2, "TOP", ["yes" if top else "no" for top in rows["top"]])
    for column, texts in _texts(rows).items():
        if any(texts):
            shown[column] = texts
    return shown.loc[:, (shown != "").any()].to_string(index=False)


def _texts(rows: pd.DataFrame) -> dict[str, list[str]]:
    results = {column: label for column, label in _RESULTS.items() if column in rows}
    cells = list(rows.itertuples())
    texts = {
        label: [cell_texts(cell, {column: label}, _STYLE)[0] for cell in cells]
        for column, label in results.items()
    }
    deviations = [cell_texts(cell, {"deviation": ""}, _STYLE)[0] for cell in cells]
    units = [_UNITS[unit] for unit in rows["deviation_unit"]]
    texts["deviation"] = [
        f"{text} {unit}" if text else "" for text, unit in zip(deviations, units, strict=True)
    ]
    for column in rows.filter(regex="^floor_"):
        values = zip(rows[column], rows["metric"], strict=True)
        label = baseline_label(str(column).removeprefix("floor_"))
        texts[label] = [number(value, METRICS[metric]) for value, metric in values]
    return texts
