"""What stands above and below a table."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from specar.paper.metrics import METRICS
from specar.paper.published import main_paper_differences
from specar.paper.sources import AVERAGE, baseline_labels, metrics_of, setting_name, source_of
from specar.results.run_states import RunState
from specar.results.statistics import FAILED
from specar.tables.layout import number

_NOTHING_PUBLISHED = (
    "The paper follows the authors' protocol and prints none of these metrics: nothing here is published."
)
_OTHER_PROTOCOL = (
    "The published numbers follow the authors' protocol, not this one: the deviation contains the change "
    "of protocol."
)


def title(task: str, model: str, protocol: str, averaged: bool) -> str:
    """Return the table's title: task, form, model and protocol."""
    form = f", averages over the {setting_name(task)}s" if averaged else ""
    return f"{source_of(task).title}{form} (model: {model}; protocol: {protocol})"


def notes(
    task: str, table: pd.DataFrame, protocol: str, averaged: bool, runs: Iterable[RunState] = ()
) -> list[str]:
    """Return the sentences that say what the columns of the table are."""
    source = source_of(task)
    own = source.strict_notes if protocol == "strict" and source.strict_notes else source.notes
    printed = bool(table["published"].notna().any())
    return [
        *(_published(task, table) if printed else [_NOTHING_PUBLISHED]),
        f"Reproduced: our runs, {seeds_in_words(table)}{_cached(runs)}.",
        *(_deviation(task, protocol) if printed else []),
        _floors(task, table),
        *own,
        *(_differences(task) if averaged else []),
    ]


def _floors(task: str, table: pd.DataFrame) -> str:
    labels = baseline_labels(task)
    some = bool(table[list(labels)].notna().any(axis=None))
    state = "computed on the same test data" if some else "of which none is done yet"
    return f"Floors: naive baselines ({', '.join(labels.values())}), {state}."


def _published(task: str, table: pd.DataFrame) -> list[str]:
    tables = source_of(task).tables
    where = f"appendix Table{'s' * (len(tables) > 1)} {' and '.join(map(str, tables))}"
    return [
        "Published: SpecAR-Net as printed in the paper, a single run without a standard deviation "
        f"({where}).",
        *(_log(task, table) if source_of(task).log else []),
    ]


def _log(task: str, table: pd.DataFrame) -> list[str]:
    aggregates = table[table["dataset"].isin(source_of(task).aggregates)]
    known = aggregates.dropna(subset=["published", "released_log"]).drop_duplicates(["dataset", "metric"])
    averages = [
        "; its average is {}, where the paper prints {}".format(
            *(number(float(value), METRICS[str(metric)]) for value in (logged, printed))
        )
        for metric, logged, printed in known[["metric", "released_log", "published"]].to_numpy()
    ]
    return [f"Authors' log: the authors' released log (best epoch on test){''.join(averages)}."]


def _deviation(task: str, protocol: str) -> list[str]:
    unit = {"percent": "percent of published", "points": "percentage points"}
    metric = next(iter(metrics_of(task, protocol).values()))
    sentence = f"Dev.: deviation of reproduced from published, in {unit[metric.deviation_unit]}."
    return [sentence] if protocol == "published" else [sentence, _OTHER_PROTOCOL]


def legend(task: str, table: pd.DataFrame, dash: str, partial: str, failures_known: bool) -> str:
    """Return the legend of marks and empty cells."""
    average = f"an average needs all its {setting_name(task) or source_of(task).column}s and seeds"
    or_failed = "" if failures_known else " or failed"
    some_failed = bool((table["state"] == FAILED).any())
    failed = "; failed: none of its runs done and at least one failed" if some_failed else ""
    return (
        f"Marks: {dash} run or floor requested, but not done yet{or_failed} ({average}); {partial} some of "
        f"the seeds not done yet or failed{failed}; blank: not requested, not printed in the paper, or "
        "nothing to compare."
    )


def seeds_in_words(table: pd.DataFrame) -> str:
    """Return what the reproduced numbers of tidy rows are, by the number of their seeds."""
    counts = table.loc[table["seeds"] > 0, "seeds"]
    if counts.empty:
        return "of which none is done yet"
    low, high = int(counts.min()), int(counts.max())
    if high == 1:
        return "1 seed, so without a standard deviation"
    seeds = f"{high} seeds" if low == high else f"{low} to {high} seeds"
    return f"mean ± sample standard deviation over {seeds}"


def _cached(runs: Iterable[RunState]) -> str:
    done = [run for run in runs if run.done]
    cached = sum(run.cached for run in done)
    return f"; {cached} of {len(done)} runs from the records that come with the project" if cached else ""


def _differences(task: str) -> list[str]:
    main = source_of(task).main
    same_form = f"The main paper prints the averages with TOP as its Table {main}"
    rows = [
        f"{row.main} for {row.dataset} {METRICS[str(row.metric)].label} (appendix: {row.published})"
        for row in main_paper_differences(task).itertuples()
        if row.setting == AVERAGE
    ]
    return [f"{same_form}, there {', '.join(rows)}." if rows else f"{same_form}."]
