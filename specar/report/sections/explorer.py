"""The explorer: every cell of the ledger in one table that the reader sorts and filters in the page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pandas as pd
from markupsafe import Markup

from specar.config.tasks import TASK_INFO
from specar.judge.rules import NOT_RUN, PROTOCOL
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.runs import Run
from specar.report.section import Section, duration, render, slug
from specar.results.rows import CELL, FAILED
from specar.tables.task import deviation, records_of

_JUDGED = ["task", "dataset", "setting", "top", "model", "metric"]
_DIGEST = 12  # characters of a SHA-256 that are shown; the run's record has all


def explorer(context: Context) -> Section:
    """Every cell with a published number or a run, with the runs behind it."""
    cells = _cells(context)
    names = list(dict.fromkeys(name for row in cells for name in (*row["runs"], *row["failed"])))
    places = {name: place for place, name in enumerate(names)}
    values = _values(context, names)
    data = {
        "cells": [_row(row, places) for row in cells],
        "runs": [_run(context.runs.every[name], values[name]) for name in names],
    }
    return Section("explorer", "Explorer", render("explorer.html.j2", data=data), is_open=True)


def library() -> Markup:
    """Return the script that sorts and filters, with its licence."""
    folder = files("specar.report") / "vendor"
    licence = (folder / "table-core-LICENSE.txt").read_text(encoding="utf-8")
    script = (folder / "table-core-8.21.3.js").read_text(encoding="utf-8")
    return Markup(f"/*\n{licence}*/\n{script.partition('//# sourceMappingURL')[0]}")


def cell_id(row: Mapping[Any, Any]) -> str:
    """Return the id of a cell's line in the explorer, by which the page leads to it."""
    top = ("top" if row["top"] else "notop") if TASK_INFO[row["task"]].top else ""
    names = (row["task"], row["dataset"], row["setting"], row["model"], top, row["protocol"], row["metric"])
    return slug("cell", *names)


def _cells(context: Context) -> list[dict[str, Any]]:
    """Rows of the ledger with ``verdict`` and ``reason``, both empty where nothing is judged."""
    cells, verdicts = context.ledger.cells, context.judgement.verdicts
    asked = (cells["printed"] != "") | cells["runs"].map(bool) | cells["failed"].map(bool)
    found = verdicts[[*_JUDGED, "verdict", "reason"]].assign(protocol=PROTOCOL)
    cells = cells[asked].merge(found, on=CELL, how="left", validate="one_to_one")
    stopped = (cells["verdict"] == NOT_RUN) & (cells["state"] == FAILED)
    cells["verdict"] = cells["verdict"].mask(stopped, FAILED)
    order = 2 * (cells["seeds"] == 0) + (cells["published_as"] != OURS)  # with runs first, SpecAR-Net's
    cells = cells.iloc[order.argsort(kind="stable")]
    return records_of(cells.fillna({"verdict": "", "reason": ""}))


def _row(row: Mapping[str, Any], places: Mapping[str, int]) -> list[Any]:
    """The texts of a line, in the order of its columns in the script, and places of its runs."""
    task, metric = row["task"], METRICS[row["metric"]]
    unit = " %" if row["deviation_unit"] == "percent" else ""
    differs = deviation(row["deviation"], metric)
    return [
        cell_id(row),
        row["dataset"].removeprefix(source_of(task).prefix),
        source_of(task).title,
        row["setting"],
        metric.label,
        row["model"],
        ("with" if row["top"] else "without") if TASK_INFO[task].top else "",
        row["protocol"],
        row["printed"],
        *(_number(row[name], metric.decimals) for name in ("ours", "sd")),
        differs and differs + unit,
        _number(row["floor"], metric.decimals),
        f"{row['seeds']} of {row['asked']}" if row["asked"] else "",
        row["verdict"],
        row["reason"],
        row["metric"],
        [places[name] for name in (*row["runs"], *row["failed"])],
    ]


def _number(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else f"{value:.{decimals}f}"


def _values(context: Context, names: list[str]) -> dict[str, dict[str, str]]:
    """Numbers of runs by metric, in the printed unit with a digit more than the tables."""
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    rows = context.ledger.runs
    for name, metric, value in zip(rows["run_id"], rows["metric"], rows["value"], strict=True):
        if name in found and not pd.isna(value):
            found[name][str(metric)] = _number(value, METRICS[str(metric)].decimals + 1)
    return found


def _run(run: Run, values: Mapping[str, str]) -> dict[str, Any]:
    """What the explorer tells of a run; its record in the page, to which ``id`` leads, has the rest."""
    names = {"id": run.id, "name": run.name, "seed": run.config.seed}
    told = {**names, "state": run.status.state, "values": values}
    if not run.record:
        return {**told, "reason": run.status.reason or "no reason is known"}
    digests = [str(digest)[:_DIGEST] for digest in run.record["data"]["sha256"].values()]
    commit = str(run.origin["git"]["commit"] or "unknown")[:10]
    return {
        **told,
        "place": f"{run.config.dataset} {'' if run.config.setting is None else run.config.setting}".strip(),
        "device": run.device,
        "time": duration(run.seconds),
        "curve": _curve(run.record),
        "commit": commit + (", modified" if run.origin["git"]["modified"] else ""),
        "data": digests[0] + (f" and {len(digests) - 1} more" if len(digests) > 1 else "") if digests else "",
    }


def _curve(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """What selects the epoch, after every epoch, in the printed unit; None where there are no epochs."""
    values = [epoch.get("val") for epoch in record.get("history", [])]
    if not values or not all(values):
        return None
    name = next(iter(values[0]))
    metric = METRICS[name]
    numbers = [round(metric.scale * value[name], metric.decimals + 1) for value in values]
    return {"metric": metric.label, "values": numbers, "best": record["training"]["best_epoch"]}
