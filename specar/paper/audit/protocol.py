"""How it was measured: what chance reaches by the same rules, and what selects the best epoch."""

from __future__ import annotations

from collections.abc import Iterator

from specar.config.tasks import TASK_INFO
from specar.paper.audit.finding import Finding, about
from specar.paper.audit.printed import Paper, grouped
from specar.paper.numbers import OURS


def random_scores(paper: Paper) -> Iterator[Finding]:
    """Yield point-adjusted F1 scores that random scores beat."""
    table = grouped(
        [cell for cell in paper.table("appendix:6") if cell.metric == "f1"], lambda cell: cell.dataset
    )
    for row in paper.random_scores.itertuples():
        level, cells = float(str(row.f1)), table.get(str(row.dataset), [])
        below = sum(cell.number < level for cell in cells)
        for cell in cells:
            if cell.model == OURS and cell.number < level:
                yield about(
                    cell,
                    "random_scores",
                    f"{level:.2f} by chance",
                    f"random scores reach a point-adjusted F1 of {level:.2f} ({row.measured}), {OURS} has "
                    f"{cell.text}; {below} of the {len(cells)} printed models are below chance",
                    "protocol",
                )


def selection(paper: Paper) -> Iterator[Finding]:
    """Yield datasets whose best epoch is selected on the test part."""
    default = TASK_INFO["anomaly_detection"].task_settings["val_from"]
    entries = {
        name: entry for name, entry in paper.experiments.get("anomaly_detection", {}).items() if name != "any"
    }
    on_test = [
        name
        for name, entry in entries.items()
        if entry.get("task_settings", {}).get("val_from", default) == "test"
    ]
    if on_test:
        yield _selected(
            "anomaly_detection",
            on_test,
            f"{len(on_test)} of {len(entries)} datasets validate on "
            "the test part; the threshold also takes the test scores",
        )
    for task, how in (
        ("classification", "the best epoch is the one with the highest test accuracy"),
        ("short_term_forecast", "the best epoch is the one with the lowest error on the test horizon"),
    ):
        names = [name for name in paper.experiments.get(task, {}) if name != "any"]
        if names:
            yield _selected(task, names, how)


def _selected(task: str, names: list[str], how: str) -> Finding:
    return Finding(
        "selection",
        "release:code",
        task.replace("_", " "),
        "validation",
        "",
        "not stated",
        "test part",
        f"in the authors' code {how} ({', '.join(names)}), so that results are the best of all epochs",
        "protocol",
    )
