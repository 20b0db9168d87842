"""The figure of an ablation: a curve per cell where levels are numbers, else differences from the first."""

from __future__ import annotations

import pandas as pd

from specar.figures import ablation_curves as curves
from specar.figures import ablation_differences as differences
from specar.figures.drawing import Drawing, Page
from specar.figures.words import notes
from specar.paper.sources import metrics_of
from specar.runs.plan import Plan


def draw(plan: Plan, name: str, table: pd.DataFrame, runs: pd.DataFrame) -> Drawing:
    """Draw an ablation from its ``table`` and ``runs``, those of `specar.results.ablations`."""
    ablation = plan.config.ablations[name]
    title = f"Ablation: {ablation.title}"
    above = [*notes(plan), " ".join(ablation.question.split())]
    primary = table[table["metric"] == table["task"].map(primary_metric)]
    known = primary[primary["reproduced"].notna() | primary["published"].notna()]
    if known.empty:
        words = "None of its runs is done yet, and the paper prints no numbers of it."
        return Drawing(Page(title, above).with_words(words), title, words)
    shown = primary.merge(known[["task", "dataset", "setting"]].drop_duplicates())
    figure, words = (curves if ablation.axis else differences).draw(
        plan, name, shown, runs, Page(title, above)
    )
    return Drawing(figure, title, f"{title}. {words}")


def primary_metric(task: str) -> str:
    """Return the metric that an ablation of a task is drawn in: its first, for anomaly detection F1."""
    metrics = metrics_of(task, "published")
    return "f1" if "f1" in metrics else next(iter(metrics))
