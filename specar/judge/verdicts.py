"""The verdicts on every published cell of a plan, as one table."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from specar.judge.cell import Verdict, judge_summary
from specar.judge.rules import NOT_RUN, VERDICTS
from specar.paper.published import PRINTED, published
from specar.results.aggregates import aggregates_of, needed_runs
from specar.results.ledger import TaskResults, results_of
from specar.results.run_states import listed_failures
from specar.results.statistics import CELL, NOT_REQUESTED
from specar.runs.plan import Plan

PROTOCOL = "published"  # only its numbers compare with those of the paper
COLUMNS = [
    *(
        "task",
        "dataset",
        "setting",
        "top",
        "model",
        "metric",
        "published",
        "reproduced",
        "sd",
        "seeds",
    ),
    *("seeds_asked", "difference", "deviation", "deviation_unit", "margin", "inside_margin", "low", "high"),
    *("p_equivalent", "p_beyond", "verdict", "reason", "runs"),
]
_RUNS = [name for name in CELL if name != "protocol"]


def verdicts(plan: Plan) -> pd.DataFrame:
    """Judge every published cell of the plan's tasks: see `verdicts_of`."""
    return joined(verdicts_of(results_of(plan, task)) for task in plan.tasks)


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the verdicts of several tasks as one table."""
    some = [table for table in tables if not table.empty]
    return pd.concat(some, ignore_index=True) if some else pd.DataFrame(columns=COLUMNS)


def verdicts_of(results: TaskResults) -> pd.DataFrame:
    """Judge every published cell of a task, for every model of the plan, under protocol ``published``.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row per published cell and model, averages included. ``published`` is text, as
        printed; ``difference``, ``margin``, ``low`` and ``high`` (of the interval that is shown) are in the
        printed unit, ``deviation`` in percent of published or in points. ``inside_margin`` says where the
        mean lies, test or not. ``runs`` has the ids of the runs behind the row that are done, with blanks
        between them. What is not there is NaN.
    """
    table = results.table[(results.table["protocol"] == PROTOCOL) & results.table["published"].notna()]
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    printed = published(results.task).set_index(PRINTED)["published"]
    behind = _runs_behind(results)
    rows = []
    for record in table.to_dict("records"):
        cell = {str(name): value for name, value in record.items()}
        text = str(printed.loc[tuple(cell[name] for name in PRINTED)])
        runs = behind.get(tuple(cell[name] for name in _RUNS), results.runs.iloc[:0])
        rows.append({**cell, "task": results.task, **_row(cell, text, runs, results.failed)})
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Count verdicts: a row per task, TOP and model, with its cells and a column per word."""
    keys = ["task", "top", "model"]
    if verdicts.empty:
        return pd.DataFrame(columns=[*keys, "cells", *VERDICTS])
    counts = verdicts.groupby([*keys, "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    counts = counts.reindex(columns=list(VERDICTS), fill_value=0)
    counts.columns.name = None
    counts.insert(0, "cells", counts.sum(axis=1))
    return counts.reset_index()


def _row(
    cell: Mapping[str, Any], printed: str, runs: pd.DataFrame, failed: Mapping[str, str]
) -> dict[str, Any]:
    seeds = int(cell["seeds"])
    verdict = Verdict(NOT_RUN, "")
    if seeds:
        verdict = judge_summary(cell["reproduced"], cell["sd"], seeds, printed, cell["metric"])
    values = {name: value for name, value in asdict(verdict).items() if name not in ("word", "reason")}
    done = runs.loc[runs["value"].notna(), "run_id"]
    return {
        **values,
        "published": printed,
        "seeds_asked": runs["seed"].nunique(),
        "inside_margin": verdict.inside,
        "verdict": verdict.word,
        "reason": "; ".join([text for text in (verdict.reason, *_gaps(cell, runs, failed)) if text]),
        "runs": " ".join(done),
    }


def _gaps(cell: Mapping[str, Any], runs: pd.DataFrame, failed: Mapping[str, str]) -> Iterator[str]:
    """What is missing of a cell, in words."""
    missing = runs[runs["value"].isna()]
    if cell["state"] == NOT_REQUESTED:
        yield "not asked for"
    elif not missing.empty:
        done, asked = len(runs) - len(missing), len(runs)
        yield f"{done} of {asked} runs done" if done else "not done yet"
        reasons = {name: failed[name] for name in missing["run_id"] if name in failed}
        if reasons:
            yield f"failed: {'; '.join(listed_failures(reasons).texts)}"


def _runs_behind(results: TaskResults) -> dict[Hashable, pd.DataFrame]:
    """The requested runs of every cell and aggregate."""
    runs = results.runs[results.runs["protocol"] == PROTOCOL]
    cells = [runs]
    for aggregate in aggregates_of(results.task, runs, published(results.task)):
        parts = needed_runs(runs, aggregate)
        cells.append(parts.assign(dataset=aggregate.dataset, setting=aggregate.setting))
    return dict(iter(pd.concat(cells).groupby(_RUNS, sort=False)))
