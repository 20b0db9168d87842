"""The sections on the runs: what failed, their records, and where all this comes from."""

from __future__ import annotations

from collections import Counter, defaultdict

import yaml

from specar.config.settings import Task
from specar.paper.metrics import METRICS
from specar.paper.sources import metrics_of, source_of
from specar.report.context import Context
from specar.report.runs import Run, RunGroup, dataset_id, task_id
from specar.report.section import Entry, Section, plural, render
from specar.tables.render import fragment
from specar.tables.status import counts_table
from specar.tables.table import Table, listed

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def failures(context: Context) -> Section:
    """What failed, what is under way, and what has not been run."""
    runs = list(context.runs.runs.values())
    counts = counts_table((run.config, run.status.state) for run in runs)
    body = render(
        "failures.html.j2",
        stopped=[run for run in runs if run.status.state in ("failed", "interrupted", "damaged")],
        running=[run for run in runs if run.status.state == "running"],
        counts=fragment(counts, level=3),
        left_out={name: text for name, text in context.plan.remarks.items() if name in context.plan.absent},
    )
    return Section("failures", "What failed, and what has not been run", body)


def records(context: Context) -> Section:
    """Configuration, seeds, machine, time, commit and data behind every number."""
    runs = context.runs.runs.values()
    blocks: dict[tuple[Task, str], list[RunGroup]] = {}
    for group in context.runs.groups:  # a dataset may come again, with other models
        if group.shown:
            blocks.setdefault((group.config.task, group.config.dataset), []).append(group)
    tasks = sorted({task for task, _ in blocks})
    body = render(
        "records.html.j2",
        tasks={
            Entry(task_id(task), source_of(task).title): [
                (dataset_id(*place), place[1], own) for place, own in blocks.items() if place[0] == task
            ]
            for task in tasks
        },
        total=len(runs),
        shown=sum(run.is_there for run in runs),
        of_ablations=len(context.runs.of_ablations),
        metrics=_metric_texts,
        labels=_metric_labels,
        config=_config_text,
        data=_data_hashes,
    )
    return Section(
        "records", "Run records", body, tuple(Entry(task_id(t), source_of(t).title) for t in tasks)
    )


def _metric_labels(group: RunGroup) -> list[str]:
    metrics = metrics_of(group.config.task, group.config.protocol).values()
    return [metric.label + (" (%)" if metric.percent else "") for metric in metrics]


def _metric_texts(run: Run) -> list[str]:
    """Metrics of a run in the printed unit, with one digit more than the tables."""
    values = run.record["metrics"] if run.record else {}
    names = metrics_of(run.config.task, run.config.protocol)
    return [_metric_text(name, values.get(name)) for name in names]


def _metric_text(name: str, value: float | None) -> str:
    metric = METRICS[name]
    return "" if value is None else f"{metric.scale * value:.{metric.decimals + 1}f}"


def _config_text(group: RunGroup) -> str:
    """The resolved configuration that the seeds of a group share, as YAML."""
    values = group.config.model_dump(mode="json", exclude={"seed"})
    return str(yaml.dump(values, Dumper=_DUMPER, sort_keys=False, default_flow_style=None, width=100))


def _data_hashes(group: RunGroup) -> list[tuple[str, str, list[int]]]:
    """File, SHA-256 and seeds of the data that the runs of a group were made from, each once."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for run in group.runs:
        for file, digest in (run.record["data"]["sha256"] if run.record else {}).items():
            found[file, str(digest)].append(run.config.seed)
    return [(file, digest, seeds) for (file, digest), seeds in found.items()]


def origin(context: Context) -> Section:
    """Where the numbers come from, and how to make the page again."""
    done = [run for run in context.runs.every.values() if run.record]
    body = render(
        "origin.html.j2",
        plan=context.plan,
        commits=Counter(_commit(run) for run in done).most_common(),
        versions=fragment(_versions(done), level=3) if done else "",
        newest=max((str(run.origin["finished"]) for run in done), default=None),
    )
    return Section("origin", "Where this comes from, and how to make it again", body)


def _commit(run: Run) -> str:
    git = run.origin["git"]
    return f"{git['commit'] or 'unknown'}{', modified' if git['modified'] else ''}"


def _versions(runs: list[Run]) -> Table:
    """Versions of the libraries that the runs used, each with its number of runs where they differ."""
    rows = []
    for name in dict.fromkeys(name for run in runs for name in run.origin["versions"]):
        found = Counter(str(run.origin["versions"].get(name) or "none") for run in runs).most_common()
        texts = [text if len(found) == 1 else f"{text} ({plural(number, 'run')})" for text, number in found]
        rows.append([name, ", ".join(texts)])
    title = "Versions that the runs were made with"
    return listed("origin-versions", title, ["Library", "Version"], rows, 2)
