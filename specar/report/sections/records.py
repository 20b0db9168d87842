"""The run records: configuration, seeds, machine, time, commit and data behind every reproduced number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import yaml

from specar.paper.metrics import METRICS
from specar.paper.sources import metrics_of, source_of
from specar.report.context import Context
from specar.report.render import render
from specar.report.runs import Run, RunGroup, dataset_id, task_id
from specar.report.section import Entry, Section

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Block:
    """The runs on one dataset."""

    task: str
    task_id: str
    id: str
    dataset: str
    groups: list[RunGroup]


def build(context: Context) -> Section:
    """Return the section: only runs of which there is anything to tell."""
    runs, of_ablations = context.runs.runs.values(), context.runs.of_ablations
    blocks = list(_blocks([group for group in context.runs.groups if group.shown]))
    tasks = [(title, list(part)) for title, part in groupby(blocks, key=lambda block: block.task)]
    entries = tuple(Entry(part[0].task_id, title) for title, part in tasks)
    body = render(
        "records.html.j2",
        tasks=tasks,
        total=len(runs),
        shown=sum(run.is_there for run in runs),
        of_ablations=len(of_ablations),
        metrics=metric_texts,
        labels=metric_labels,
        config=config_text,
        data=data_hashes,
    )
    return Section("records", "Run records", body, entries)


def _blocks(groups: list[RunGroup]) -> Iterator[Block]:
    groups = sorted(groups, key=lambda group: group.config.task)  # stable: the order of the plan within
    for (task, dataset), part in groupby(groups, key=lambda group: (group.config.task, group.config.dataset)):
        yield Block(source_of(task).title, task_id(task), dataset_id(task, dataset), dataset, list(part))


def metric_labels(group: RunGroup) -> list[str]:
    """Return the names of a group's metrics as the tables print them."""
    config = group.config
    return [
        metric.label + (" (%)" if metric.percent else "")
        for metric in metrics_of(config.task, config.protocol).values()
    ]


def metric_texts(run: Run) -> list[str]:
    """Return the metrics of a run in the printed unit, with one digit more than the tables."""
    texts = []
    for name in metrics_of(run.config.task, run.config.protocol):
        value = run.record["metrics"].get(name) if run.record else None
        metric = METRICS[name]
        texts.append("" if value is None else f"{metric.scale * value:.{metric.decimals + 1}f}")
    return texts


def config_text(group: RunGroup) -> str:
    """Return the resolved configuration that the seeds of a group share, as YAML."""
    values = group.config.model_dump(mode="json", exclude={"seed"})
    return str(yaml.dump(values, Dumper=_DUMPER, sort_keys=False, default_flow_style=None, width=100))


def data_hashes(group: RunGroup) -> list[tuple[str, str, list[int]]]:
    """Return file, SHA-256 and seeds of the data that the runs of a group were made from, each once."""
    found: dict[tuple[str, str], list[int]] = {}
    for run in group.runs:
        for file, digest in (run.record["data"]["sha256"] if run.record else {}).items():
            found.setdefault((file, str(digest)), []).append(run.config.seed)
    return [(file, digest, seeds) for (file, digest), seeds in found.items()]
