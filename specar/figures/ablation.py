"""The figure of an ablation: a curve per cell where levels are numbers, else differences from the first."""

from __future__ import annotations

import pandas as pd

from specar.config.entries import Ablation
from specar.figures import ablation_curves as curves
from specar.figures import ablation_differences as differences
from specar.figures.page import Page
from specar.figures.plan_request import PaperFigure
from specar.paper.sources import metrics_of


def draw(ablation: Ablation, table: pd.DataFrame, runs: pd.DataFrame, note: str | None) -> PaperFigure:
    """Draw an ablation.

    Parameters
    ----------
    ablation
        Its entry in the configuration.
    table, runs
        What `specar.results.ablations` has of it.
    note
        A caution printed with the figure.
    """
    title = f"Ablation: {ablation.title}"
    above = [*([" ".join(note.split())] if note else []), " ".join(ablation.question.split())]
    primary = table[table["metric"] == table["task"].map(primary_metric)]
    known = primary[primary["reproduced"].notna() | primary["published"].notna()]
    if known.empty:
        words = "None of its runs is done yet, and the paper prints no numbers of it."
        return PaperFigure(Page(title, above).with_words(words), title, words)
    shown = primary.merge(known[["task", "dataset", "setting"]].drop_duplicates())
    kind = curves if ablation.axis else differences
    figure = kind.draw(ablation, shown, runs, title, above)
    return PaperFigure(figure, title, f"{title}. {kind.alt(ablation, shown)}")


def primary_metric(task: str) -> str:
    """Return the metric that an ablation of a task is drawn in: its first, for anomaly detection F1."""
    metrics = metrics_of(task, "published")
    return "f1" if "f1" in metrics else next(iter(metrics))
