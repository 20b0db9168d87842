"""Writes docs/results.md, and the README's sentences between its marks, from the records that are shipped.

    python docs/refresh.py

Runs of one's own do not count: a number without a shipped record is not shown.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from specar.base.files import write_text
from specar.config import Config, load_config
from specar.config.entries import MatrixEntry
from specar.config.matrix import suitable
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.sections.answer import Answer
from specar.runs.store import plan_of

ROOT = Path(__file__).parents[1]
MARKED = re.compile(
    r"(?<=<!-- answer: written by make docs -->\n).*?(?=<!-- end of the answer -->)", re.DOTALL
)
HEAD = [
    "Task",
    "Dataset",
    "Setting",
    "TOP",
    "Model",
    "Metric",
    "Published",
    "Our runs",
    "Seeds",
    "Best floor",
]
RESULTS = """# Results

<!-- Written by make docs from results/cached; do not edit. -->

{sentences}
{floors}
{top}

Mean ± standard deviation over seeds of runs with the released scripts' hyper-parameters under the protocol
`published`, on CPUs. Every number is that of records in `results/cached`;
`specar show --config config/cached.yaml` prints them, `specar judge --config config/cached.yaml` the
verdicts, whose [rules](report.md#verdicts) are the same for all. A floor is a baseline without training. What
has no row here has no shipped record: it is not shown yet.

{table}

## Other models, trained here on the same data

{others}
"""


def answer_of_shipped() -> Answer:
    """The paper in full, as far as shipped records carry it."""
    config = load_config(ROOT / "config/config.yaml")
    with tempfile.TemporaryDirectory() as empty:
        changes = {"results": empty, "data": config.data.model_copy(update={"dir": empty})}
        changes["matrix"] = list(_as_shipped(config, load_config(ROOT / "config/cached.yaml")))
        context = Context(plan_of(config.model_copy(update=changes)))
        answer = Answer(context)
        assert answer.cells is not None  # read while the folder is there
    return answer


def _as_shipped(config: Config, cached: Config) -> Iterator[MatrixEntry]:
    """The matrix of a configuration, with the training settings that shipped records were made with."""
    special = [entry for entry in cached.matrix if entry.training.model_dump(exclude_none=True)]
    for entry in config.matrix:
        own = [one for one in special if one.task == entry.task]
        taken = {name for one in own for name in one.datasets or ()}
        names = [name for name in entry.datasets or suitable(config, entry.task) if name not in taken]
        yield entry.model_copy(update={"datasets": names}) if own else entry
        for datasets, training in {tuple(one.datasets or ()): one.training for one in own}.items():
            yield entry.model_copy(update={"datasets": list(datasets), "training": training})


def with_answer(readme: str, answer: Answer) -> str:
    """The README with today's sentences between its marks."""
    text, marks = MARKED.subn(lambda _: f"{_sentences(answer)}\n", readme)
    assert marks == 1, "README.md has lost its marks"
    return text


def results_page(answer: Answer) -> str:
    """The text of docs/results.md."""
    cells = answer.cells[answer.cells["seeds"] > 0]
    found = {"floors": "\n".join(_floors(cells)), "top": _top(cells), "table": _table(cells)}
    found["others"] = _table(_others(answer.context))
    return RESULTS.format(sentences=_sentences(answer), **found)


def _table(cells: pd.DataFrame) -> str:
    rows = [[*HEAD, "Verdict"], ["---"] * (len(HEAD) + 1), *map(_line, cells.to_dict("records"))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _others(context: Context) -> pd.DataFrame:
    """Cells that other models have runs of; a verdict only where something is printed of the model."""
    keys = ["task", "dataset", "setting", "model", "metric"]
    cells, verdicts = context.ledger.cells, context.judgement.verdicts
    cells = cells[(cells["published_as"] != OURS) & (cells["seeds"] > 0)]
    found = cells.merge(verdicts[[*keys, "verdict"]], on=keys, how="left")
    return found.assign(published=found["printed"], verdict=found["verdict"].fillna("–"))


def _sentences(answer: Answer) -> str:
    return "\n".join(f"- {sentence}" for sentence in answer.sentences)


def _line(row: Mapping[Hashable, Any]) -> list[str]:
    task, metric = str(row["task"]), METRICS[row["metric"]]
    places = f".{metric.decimals}f"
    spread = f" ± {row['sd']:{places}}" if row["seeds"] > 1 else ""
    top = ("yes" if row["top"] else "no") if TASK_INFO[task].top else "–"
    return [
        *(source_of(task).title, str(row["dataset"]), str(row["setting"]) or "–", top, str(row["model"])),
        *(metric.label, str(row["published"]), f"{row['ours']:{places}}{spread}", str(row["seeds"])),
        *("–" if pd.isna(row["floor"]) else f"{row['floor']:{places}}", str(row["verdict"])),
    ]


def _better(one: pd.Series, other: pd.Series, metrics: pd.Series) -> pd.Series:
    """Where ``one`` is the better value of its metric."""
    higher = metrics.map(lambda name: METRICS[name].higher)
    return (one > other).where(higher, one < other)


def _floors(cells: pd.DataFrame) -> Iterator[str]:
    known = cells[cells["floor"].notna()]
    for model, rows in known.groupby("model", sort=False):
        floor, metrics = rows["floor"], rows["metric"]
        ours = _better(floor, rows["ours"], metrics).sum()
        printed = _better(floor, rows["published"].astype(float), metrics).sum()
        lead = f"- `{model}`: the best floor beats our runs in {ours} of {len(rows)} cells with one"
        yield f"{lead}, and the published number in {printed} of them."


def _top(cells: pd.DataFrame) -> str:
    keys = ["task", "dataset", "setting", "model", "metric"]
    top = cells["top"].astype(bool)
    both = cells[top].merge(cells[~top], on=keys, suffixes=("", "_off"))
    beyond = (both["ours"] - both["ours_off"]).abs() > both[["sd", "sd_off"]].max(axis=1)
    better = _better(both["ours"], both["ours_off"], both["metric"])
    counts = f"{(beyond & better).sum()} better, {(beyond & ~better).sum()} worse"
    which = f"{beyond.sum()} of {len(both)} cells run with and without it ({counts})"
    return f"- TOP changes our number by more than the larger standard deviation over seeds in {which}."


def main() -> None:
    """Write both."""
    answer, readme = answer_of_shipped(), ROOT / "README.md"
    write_text(readme, with_answer(readme.read_text(encoding="utf-8"), answer))
    write_text(ROOT / "docs/results.md", results_page(answer))


if __name__ == "__main__":
    main()
