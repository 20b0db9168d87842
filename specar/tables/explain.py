"""The table of a search for the cause of a published number: its settings beside what is printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from specar.config import RunConfig, run_id
from specar.cost.predict import described, duration
from specar.cost.rates import Rates
from specar.judge.explain import Trial, grid_of, matching, nearest
from specar.paper.metrics import METRICS
from specar.tables.render import plain
from specar.tables.table import Table, listed

NOTE = (
    "Settings around those of the experiment, one seed each, looked at on the test part: a search for what "
    "the published number was made with. It is apart from the verdict, which is on the experiment's own "
    "settings and chooses nothing by a test score."
)


def explain_table(run: RunConfig, rows: pd.DataFrame) -> Table:
    """Return the settings of `specar.judge.explain.explained` as a table."""
    matches, lines = matching(rows), []
    metrics = list(dict.fromkeys(rows["metric"]))
    for setting, own in rows.groupby("setting", sort=False):
        texts = [_text(row) for row in own.to_dict("records")]
        lines.append([str(setting), *texts, "yes" if setting in matches else "no"])
    printed = dict(zip(rows["metric"], rows["published"], strict=True))
    heads = [f"{METRICS[metric].label} (published {printed[metric]})" for metric in metrics]
    title = str(run.key).rpartition("-seed")[0].replace("_", " ")
    header = ["Setting", *heads, "Inside the margin"]
    return listed(
        str(run.key).rpartition("-seed")[0],
        title,
        header,
        lines,
        notes=(NOTE, f"{tried(run, rows)} {found_in_words(rows)}"),
    )


def tried(run: RunConfig, rows: pd.DataFrame) -> str:
    """Say how much of the grid around a run is done."""
    return f"{rows['setting'].nunique()} of {len(grid_of(run))} settings tried."


def grid_text(trials: list[Trial], chosen: list[Trial], seconds: Mapping[str, float], rates: Rates) -> str:
    """Return the settings of a grid with their predicted times, and which of them are run."""
    rows = []
    for trial in trials:
        time = seconds.get(run_id(trial.run))
        rows.append([
            trial.words, "" if time is None else duration(time),
            "done" if time is None else "to be run" if trial in chosen else "beyond the hours",
        ])  # fmt: skip
    total = sum(seconds[run_id(trial.run)] for trial in chosen)
    said = f"{len(chosen)} to be run, {total / 3600:.2f} h by {described(rates)}"
    return f"{plain(listed('grid', 'Grid', ['setting', 'time', 'state'], rows))}\n\n{said}"


def found_in_words(rows: pd.DataFrame) -> str:
    """Say which setting matches; where none does, which is nearest."""
    if rows.empty:
        return "No setting has been run yet."
    if matches := matching(rows):
        return f"Inside the margin in every metric: {'; '.join(matches)}."
    return f"No setting is inside the margin in every metric; the nearest one is: {nearest(rows)}."


def _text(row: Mapping[Any, Any]) -> str:
    metric = METRICS[str(row["metric"])]
    return f"{row['ours']:.{metric.decimals}f} ({row['deviation']:+.1f}{'' if metric.percent else ' %'})"
