"""What stands above and below a table of a task, and what the tables of the paper say likewise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from specar.config import Config
from specar.config.entries import MatrixEntry, ModelEntry, Overrides
from specar.config.schema import WHICH, default_models
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.published import main_paper_differences, parts_of
from specar.paper.sources import AVERAGE, baseline_labels, metrics_of, setting_name, source_of
from specar.results.rows import FAILED
from specar.runs.plan import Plan
from specar.tables.render import SIGNS

_OTHER_PROTOCOL = (
    "The published numbers follow the authors' protocol, not this one: the deviation contains the change "
    "of protocol."
)


def notes_of(plan: Plan, task: str, rows: pd.DataFrame, runs: pd.DataFrame, averaged: bool) -> list[str]:
    """Return the sentences that say what the columns of the table of one model and protocol are."""
    source, (model, protocol, name) = source_of(task), rows[["model", "protocol", "published_as"]].iloc[0]
    own = source.strict_notes if protocol == "strict" and source.strict_notes else source.notes
    printed = bool(rows["published"].notna().any())
    where = f"appendix Table{'s' * (len(source.tables) > 1)} {' and '.join(map(str, source.tables))}"
    published = [
        f"Published: {name} as printed in the paper, a single run without a standard deviation ({where}).",
        *(_log(task, rows) if source.log and name == OURS else []),
    ]
    floors = baseline_labels(task)
    some_floor = bool(rows[list(floors)].notna().any(axis=None))
    state = "computed on the same test data" if some_floor else "of which none is done yet"
    done = set(runs.loc[runs["value"].notna(), "run_id"])
    number = len(done & set(plan.cached_runs))
    cached = f"; {number} of {len(done)} runs from the records that come with the project" if number else ""
    return [
        *([plan.config.note] if plan.config.note else []),
        *(published if printed else [_nothing(plan, task, model, protocol)]),
        f"Our runs: {seeds_in_words(rows)}{cached}.",
        *(_deviation(task, protocol) if printed else []),
        f"Floors: naive baselines ({', '.join(floors.values())}), {state}.",
        *own,
        *(_differences(task) if averaged and name == OURS else []),
    ]


def _nothing(plan: Plan, task: str, model: str, protocol: str) -> str:
    entry = plan.config.models[model]
    if protocol == "strict" and source_of(task).strict_metrics:
        return (
            "The paper follows the authors' protocol and prints none of these metrics: nothing here is "
            "published."
        )
    if entry.published_as:
        return f"The paper prints no such numbers of {entry.published_as}: nothing here is published."
    title = f" ({entry.title})" if entry.title else ""
    return f"Model {model}{title} is not one of the paper's: nothing here is published."


def _log(task: str, rows: pd.DataFrame) -> list[str]:
    aggregates = rows[rows["dataset"].isin(source_of(task).aggregates)]
    known = aggregates.dropna(subset=["published", "released_log"]).drop_duplicates(["dataset", "metric"])
    averages = [
        f"; its average is {row.released_log:.{digits}f}, where the paper prints {row.published:.{digits}f}"
        for row in known.itertuples()
        for digits in [METRICS[str(row.metric)].decimals]
    ]
    return [f"Authors' log: the authors' released log (best epoch on test){''.join(averages)}."]


def _deviation(task: str, protocol: str) -> list[str]:
    unit = {"percent": "percent of published", "points": "percentage points"}
    metric = next(iter(metrics_of(task, protocol).values()))
    sentence = f"Dev.: deviation of our runs from published, in {unit[metric.deviation_unit]}."
    return [sentence] if protocol == "published" else [sentence, _OTHER_PROTOCOL]


def legend_of(task: str, rows: pd.DataFrame) -> str:
    """Return the legend of marks and empty cells."""
    average = f"an average needs all its {setting_name(task) or source_of(task).column}s and seeds"
    some_failed = bool((rows["state"] == FAILED).any())
    failed = "; failed: none of its runs done and at least one failed" if some_failed else ""
    return (
        f"Marks: – run or floor requested, but not done yet ({average}); † some of the seeds not done yet or "
        f"failed{failed}; blank: not requested, not printed in the paper, or nothing to compare."
    )


def seeds_in_words(rows: pd.DataFrame) -> str:
    """Return what our runs' numbers of tidy rows are, by the number of their seeds."""
    counts = rows.loc[rows["seeds"] > 0, "seeds"]
    if counts.empty:
        return "of which none is done yet"
    low, high = int(counts.min()), int(counts.max())
    if high == 1:
        return "1 seed, so without a standard deviation"
    seeds = f"{high} seeds" if low == high else f"{low} to {high} seeds"
    return f"mean ± sample standard deviation over {seeds}"


def _differences(task: str) -> list[str]:
    main = source_of(task).main
    same_form = f"The main paper prints the averages with TOP as its Table {main}"
    rows = [
        f"{row.main} for {row.dataset} {METRICS[str(row.metric)].label} (appendix: {row.published})"
        for row in main_paper_differences(task).itertuples()
        if row.setting == AVERAGE
    ]
    return [f"{same_form}, there {', '.join(rows)}." if rows else f"{same_form}."]


class Remark(NamedTuple):
    """A sentence on a dataset and the sign that refers to it; none where the dataset has no line."""

    sign: str
    dataset: str
    text: str


def remarks_on(remarks: Mapping[str, str], datasets: Collection[str]) -> list[Remark]:
    """Return the remarks: those on ``datasets``, in that order and with signs, before all others.

    Each sign is another one as long as there are any.
    """
    marked = [name for name in datasets if name in remarks]
    signs = {name: SIGNS[i % len(SIGNS)] for i, name in enumerate(marked)}
    return [
        Remark(signs.get(name, ""), name, " ".join(remarks[name].split()).rstrip(".") + ".")
        for name in dict.fromkeys([*marked, *remarks])
    ]


def signs_at(task: str, dataset: str, remarks: list[Remark]) -> str:
    """Return the signs at a dataset's name, or at that of an aggregate over datasets."""
    parts = parts_of(task, dataset) if dataset in source_of(task).aggregates else [dataset]
    return "".join(remark.sign for remark in remarks if remark.dataset in parts)


def changed_settings(config: Config, entries: Collection[MatrixEntry]) -> Iterator[str]:
    """Say what the configuration as a whole, and entries of it, set in place of the authors' settings."""
    wheres = [", ".join([source_of(entry.task).title, *(entry.datasets or [])]) for entry in entries]
    for what, settings in zip(["All runs", *wheres], [config, *entries], strict=True):
        if texts := list(_overrides(settings)):
            yield f"{what}: {', '.join(texts)} instead of the experiment's own."
    labels = {label for entry in entries for label in entry.models or config.default_labels}
    for label, model in config.models.items():
        if label in labels and model.published_as and (texts := list(_of_model(label, model))):
            yield f"Model {label}: {', '.join(texts)} instead of the experiment's own."


def _of_model(label: str, model: ModelEntry) -> Iterator[str]:
    """What an entry of the models sets, but for which of its module's models it is."""
    came_with = default_models().get(label)
    for part in ("settings", "training"):
        before = _given(came_with, part) if came_with else {}
        for key, value in _given(model, part).items():
            if value != before.get(key) and key != WHICH.get(model.name):
                yield f"{part}.{key} {value}"


def _given(model: ModelEntry, part: str) -> dict[str, Any]:
    values = getattr(model, part)
    return values if isinstance(values, dict) else values.model_dump(exclude_none=True)


def _overrides(settings: Overrides) -> Iterator[str]:
    for part in ("model", "training", "task_settings"):
        for key, value in getattr(settings, part).model_dump(exclude_none=True).items():
            yield f"{part}.{key} {value}"
