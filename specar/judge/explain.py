"""What may lie behind a published number: a small grid of settings around those of a run.

Its runs are apart from the verdict: they are looked at on the test part, which is what a search for the cause
of a published number has to do, and what a result must not be chosen by.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.config import RunConfig, run_id
from specar.cost.predict import fitting, loads_of, seconds_of
from specar.cost.rates import Rates
from specar.paper.metrics import METRICS, margin_of
from specar.paper.published import published
from specar.results.rows import setting_label
from specar.runs.plan import Plan
from specar.runs.records import read_record

# The grid, as factors of what the experiment says: a rate that is off by a power of ten, half or twice the
# epochs, and half or twice the window of SpecAR-Net.
RATES, EPOCHS, WINDOWS = (1, 10, 0.1), (1, 2, 0.5), (1, 2, 0.5)
COLUMNS = ["setting", "changes", "metric", "published", "ours", "deviation", "inside_margin", "run"]


@dataclass(frozen=True)
class Trial:
    """A setting of the grid: in words, how many things it changes, and its run."""

    words: str
    changes: int
    run: RunConfig


def find_run(plan: Plan, named: list[str]) -> RunConfig:
    """Return the first seed's run of a cell: by a run's id, or by ``task dataset [setting] model top|notop``.

    `SpecarError`: the configuration has no such run, or what is named is not one cell alone.
    """
    if len(named) == 1:
        run = plan.run(named[0])
        seeds = [one for one in plan.runs.values() if one.key._replace(seed=0) == run.key._replace(seed=0)]
        return min(seeds or [run], key=lambda one: one.seed)
    found = [run for run in plan.runs.values() if set(named) <= _words(run)]
    cells = {run.key._replace(seed=0) for run in found}
    if len(cells) != 1:
        words = "task, dataset, setting, model and top or notop, or the id of a run"
        raise SpecarError(f"{len(cells)} cells are {' '.join(named)!r:.200}; give {words}")
    return min(found, key=lambda one: one.seed)


def _words(run: RunConfig) -> set[str]:
    key = run.key
    setting = [] if key.setting is None else [setting_label(key.setting)]
    return {key.task, key.dataset, *setting, key.model, "top" if key.top else "notop", key.protocol}


def published_of(plan: Plan, run: RunConfig) -> dict[str, str]:
    """Return the published numbers of a run's cell as printed, by metric; `SpecarError`: there are none."""
    key, name = run.key, plan.config.models[run.model.label].published_as
    setting = "" if key.setting is None else setting_label(key.setting)
    table = published(key.task)
    rows = (table[["dataset", "setting", "published_as"]] == [key.dataset, setting, name or ""]).all(axis=1)
    table = table[rows & (table["top"] == key.top)]
    if table.empty or key.protocol != "published":
        raise SpecarError(f"nothing is published of {run_id(run)} that it could be compared with")
    return dict(zip(table["metric"], table["published"], strict=True))


def grid_of(run: RunConfig) -> list[Trial]:
    """Return the grid around a run, itself first, then what changes one thing, two, three; rates first."""
    windows = WINDOWS if run.model.module == "specar" else (1,)
    trials: dict[str, Trial] = {}
    for rate, epochs, window in itertools.product(RATES, EPOCHS, windows):
        training = run.training.model_copy(
            update={
                "learning_rate": float(f"{rate * run.training.learning_rate:.6g}"),
                "epochs": max(1, round(epochs * run.training.epochs)),
            }
        )
        settings = _with_window(run.model.settings.model_dump(), window) if window != 1 else None
        made = _resolved(run, training.model_dump(), settings)
        if made is not None:
            changes = sum(factor != 1 for factor in (rate, epochs, window))
            trials.setdefault(run_id(made), Trial(_in_words(made, rate, epochs, window), changes, made))
    kept = run.training.learning_rate  # the likeliest cause: tried first
    return sorted(trials.values(), key=lambda one: (one.changes, one.run.training.learning_rate == kept))


def _with_window(settings: dict[str, Any], factor: float) -> dict[str, Any]:
    length = settings["window_length"]
    n_fft = None if settings["n_fft"] == length else settings["n_fft"]  # it followed the window
    return {**settings, "window_length": max(2, round(factor * length)), "n_fft": n_fft}


def _resolved(run: RunConfig, training: dict[str, Any], settings: dict[str, Any] | None) -> RunConfig | None:
    """A run with other settings; None where the model has no such ones."""
    values = run.model_dump()
    model = values["model"] if settings is None else {**values["model"], "settings": settings}
    try:
        return RunConfig.model_validate({**values, "training": training, "model": model})
    except (ValidationError, SpecarError):
        return None


def _in_words(run: RunConfig, rate: float, epochs: float, window: float) -> str:
    parts = [
        f"learning rate {run.training.learning_rate:g} (×{rate:g})" if rate != 1 else "",
        f"{run.training.epochs} epochs (×{epochs:g})" if epochs != 1 else "",
        f"window {getattr(run.model.settings, 'window_length', '')} (×{window:g})" if window != 1 else "",
    ]
    return ", ".join(filter(None, parts)) or "as the experiment says"


def within(
    plan: Plan, trials: list[Trial], rates: Rates, hours: float
) -> tuple[list[Trial], dict[str, float]]:
    """Return the trials without a record that fit into ``hours``, and the seconds of all of these.

    `SpecarError`: the cost of the runs is not known.
    """
    todo = {run_id(trial.run): trial for trial in trials if record_of(plan, trial.run) is None}
    loads = loads_of(plan, {name: trial.run for name, trial in todo.items()})
    if len(loads) < len(todo):
        raise SpecarError("the cost of these runs is not known: prepare the dataset first ('specar prepare')")
    seconds = {name: seconds_of(load, rates) for name, load in loads.items()}
    return fitting(((trial, seconds[name]) for name, trial in todo.items()), hours), seconds


def explained(plan: Plan, run: RunConfig) -> pd.DataFrame:
    """Set what is done of the grid of a run beside the published number.

    Returns
    -------
    DataFrame
        `COLUMNS`: a row per setting with a record and metric. ``deviation`` is in percent of published, or in
        points for what is printed in percent; ``changes`` counts what the setting changes.
    """
    printed = published_of(plan, run)
    rows = [row for trial in grid_of(run) for row in _rows(plan, trial, printed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(plan: Plan, trial: Trial, printed: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    name = run_id(trial.run)
    record = record_of(plan, trial.run)
    for metric, text in printed.items() if record else ():
        assert record is not None
        about, number = METRICS[metric], float(text)
        value = about.scale * record["metrics"][metric]
        difference = value - number
        inside = abs(difference) <= float(margin_of(metric).at(number)) * (1 + 1e-9)
        deviation = difference if about.percent else 100 * difference / number
        values = (trial.words, trial.changes, metric, text, value, deviation, inside, name)
        yield dict(zip(COLUMNS, values, strict=True))


def record_of(plan: Plan, run: RunConfig) -> dict[str, Any] | None:
    """Read the record of a run of the grid, made here or brought by the project; None where there is none."""
    name = run_id(run)
    found = (read_record(path, run) for path in (plan.own_record_file(name), plan.cached_record_file(name)))
    return next((record for record in found if record), None)


def matching(rows: pd.DataFrame) -> list[str]:
    """Return the settings that are inside the margin in every metric, with the fewest changes first."""
    inside = rows.groupby("setting", sort=False)["inside_margin"].all()
    return [str(setting) for setting in inside.index[inside]]


def is_explained(rows: pd.DataFrame, changes: int) -> bool:
    """Whether a setting with fewer ``changes`` matches, so that no more of them need to be tried."""
    found = rows[rows["setting"].isin(matching(rows))]
    return bool((found["changes"] < changes).any())


def nearest(rows: pd.DataFrame) -> str:
    """Return the setting whose largest deviation, in its margins, is the smallest; empty without any."""
    if rows.empty:
        return ""
    margins = [
        float(margin_of(m).at(float(p))) for m, p in zip(rows["metric"], rows["published"], strict=True)
    ]
    distance = (rows["ours"] - rows["published"].astype(float)).abs() / margins
    return str(distance.groupby(rows["setting"], sort=False).max().idxmin())
