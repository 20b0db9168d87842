"""The verdicts on every published cell of a plan, as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from specar.judge.cell import judge_summary
from specar.judge.rules import BETTER, NOT_RUN, PROTOCOL, VERDICTS, WORSE
from specar.paper.numbers import OURS
from specar.paper.published import PRINTED, published
from specar.paper.sources import SOURCES
from specar.results.convergence import NOT_CONVERGED
from specar.results.ledger import Ledger
from specar.results.rows import NOT_REQUESTED
from specar.results.run_states import listed_failures

COLUMNS = [
    *("task", "dataset", "setting", "top", "model", "metric", "published_as", "published", "ours"),
    *("sd", "seeds", "seeds_asked", "difference", "deviation", "deviation_unit", "margin", "inside_margin"),
    *("low", "high", "p_equivalent", "p_beyond", "verdict", "reason", "runs"),
]


COPIED, RERUN, CONTRADICTED = STATES = ("copied", "re-run", "contradicted by re-runs")


def verdicts_of(ledger: Ledger, unconverged: frozenset[str] = frozenset()) -> pd.DataFrame:
    """Judge every published cell of a ledger, under protocol ``published``.

    Cells without ``published_as`` are not judged; ``unconverged`` are ids of runs that ended before they had
    converged.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row per published cell and label, averages included. ``published`` is text, as printed;
        ``difference``, ``margin``, ``low`` and ``high`` (of the interval that is shown) are in the printed
        unit, ``deviation`` in percent of published or in points. ``inside_margin`` says where the mean lies,
        test or not. ``runs`` has the ids of the runs behind the row that are done, with blanks between them.
        What is not there is NaN.
    """
    cells = ledger.cells
    judged = cells[(cells["protocol"] == PROTOCOL) & (cells["printed"] != "")]
    rows = [_row(ledger, cell, unconverged) for cell in judged.to_dict("records")]
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


def rivals_of(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return every printed cell of the models that are not SpecAR-Net, with what runs of them say.

    Returns
    -------
    DataFrame
        `COLUMNS`, and ``state`` of `STATES` behind them: a row per label where runs were asked for.
    """
    tables = [published(task).assign(task=task) for task in SOURCES]
    printed = pd.concat([table[table["published_as"] != OURS] for table in tables], ignore_index=True)
    keys = ["task", *PRINTED]
    table = printed.merge(verdicts.drop(columns="published"), how="left", on=keys)
    words = table["verdict"].fillna(NOT_RUN)
    state = words.map({NOT_RUN: COPIED, BETTER: CONTRADICTED, WORSE: CONTRADICTED}).fillna(RERUN)
    counts = {name: table[name].fillna(0).astype(int) for name in ("seeds", "seeds_asked")}
    table = table.fillna(dict.fromkeys(["model", "reason", "runs"], ""))
    return table.assign(**counts, verdict=words, state=state)[[*COLUMNS, "state"]]


def _row(ledger: Ledger, cell: Mapping[Any, Any], unconverged: frozenset[str]) -> dict[Any, Any]:
    numbers = (cell[name] for name in ("ours", "sd", "seeds", "printed", "metric"))
    verdict = judge_summary(*numbers)
    notes = (
        *_gaps(cell, ledger.failed),
        _stopped(cell["runs"], unconverged),
        _precision(ledger, cell["runs"]),
    )
    why = filter(None, (verdict.reason, *notes))
    return {
        **cell,
        **asdict(verdict),
        "published": cell["printed"],
        "seeds_asked": cell["asked"],
        "inside_margin": verdict.inside,
        "verdict": verdict.word,
        "reason": "; ".join(why),
        "runs": " ".join(cell["runs"]),
    }


def _gaps(cell: Mapping[Any, Any], reasons: Mapping[str, str]) -> Iterator[str]:
    """What is missing of a cell, in words."""
    seeds, asked, done = cell["seeds"], cell["asked"], len(cell["runs"])
    if cell["state"] == NOT_REQUESTED:
        yield "not asked for"
    elif seeds:
        yield f"{seeds} of {asked} seeds done" if seeds < asked else ""
    else:
        parts = f"not all of its parts are done, {done} run{'s' * (done != 1)} of them"
        yield parts if done else "not done yet"
    if known := {name: reasons[name] for name in cell["failed"] if name in reasons}:
        yield f"failed: {'; '.join(listed_failures(known).texts)}"


def _stopped(runs: tuple[str, ...], unconverged: frozenset[str]) -> str:
    stopped = len(unconverged.intersection(runs))
    return f"{NOT_CONVERGED}: {stopped} of {len(runs)} runs" if stopped else ""


def _precision(ledger: Ledger, runs: tuple[str, ...]) -> str:
    """In what the runs were computed, unless all were in fp32, to which printed numbers are compared."""
    trained = [ledger.plan.runs[name].training for name in runs if name in ledger.plan.runs]
    others = Counter(one.precision for one in trained if one.precision != "fp32")
    return "; ".join(f"{name}: {number} of {len(runs)} runs" for name, number in others.items())
