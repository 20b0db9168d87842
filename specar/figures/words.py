"""Words and names that the figures share."""

from __future__ import annotations

from collections.abc import Iterable

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import source_of
from specar.runs.plan import Plan

PROTOCOL = "published"
MEASURED = f"Protocol: {PROTOCOL}, which is how the paper measures."


def notes(plan: Plan) -> list[str]:
    """Return the caution of the configuration, if any: it stands in every figure."""
    return [" ".join(plan.config.note.split())] if plan.config.note else []


def ours(plan: Plan) -> list[str]:
    """Return the labels of the models that are SpecAR-Net: what is said of it is said of them alone."""
    return [label for label, entry in plan.config.models.items() if entry.published_as == OURS]


def in_order(plan: Plan, labels: Iterable[str]) -> list[str]:
    """Return labels of models, each once, SpecAR-Net's first and the others in the configuration's order."""
    wanted = set(labels)
    return [label for label in dict.fromkeys([*ours(plan), *plan.config.models]) if label in wanted]


def others(plan: Plan, labels: Iterable[str]) -> list[str]:
    """Return those of the labels that are not SpecAR-Net's, likewise."""
    return [label for label in in_order(plan, labels) if label not in ours(plan)]


def variants(plan: Plan, found: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Return models, without and with TOP, each once and likewise; every one looks different in figures."""
    known = set(found)
    labels = in_order(plan, (label for label, _ in known))
    return [(label, top) for label in labels for top in (False, True) if (label, top) in known]


def with_top(top: bool, *tasks: str) -> str:
    """Return whether a model is trained with TOP, to be added to its name; empty where no task has any."""
    return f", {'with' if top else 'without'} TOP" if any(TASK_INFO[task].top for task in tasks) else ""


def metric_label(metric: str) -> str:
    """Return what a metric's axis is called."""
    return METRICS[metric].label + (" (%)" if METRICS[metric].percent else "")


def short(task: str, dataset: str) -> str:
    """Return a dataset's name without what all names of its task share."""
    return dataset.removeprefix(source_of(task).prefix)
