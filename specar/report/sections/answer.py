"""The answer: what our runs say of the paper, how much of it they carry, and what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup

from specar.config.tasks import TASK_INFO
from specar.judge.claims import PUBLISHED, counted_in_words
from specar.judge.rules import BETTER, EQUAL, NOT_RUN, PROTOCOL, UNDECIDED, VERDICTS, WORSE
from specar.paper.claims import UNKNOWN
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import AVERAGE, source_of
from specar.report.context import Context
from specar.report.section import plural
from specar.report.sections.explorer import cell_id
from specar.results.rows import FAILED
from specar.tables.judgement import consistency
from specar.tables.render import fragment
from specar.tables.table import OWN, WORD, Cell, Table, listed

# Every square says its state by a sign as well as by its colour.
SIGNS = {EQUAL: "=", BETTER: "+", WORSE: "−", UNDECIDED: "?", FAILED: "×", NOT_RUN: ""}
MOST_LINES = 30  # of the headline numbers; the explorer has them all
_SQUARE = Markup('<i class="square {}" aria-hidden="true">{}</i><span class="unseen">{}: {} </span>')
_CELL = ["task", "dataset", "setting", "top", "model", "metric"]
_PLACE = ["task", "dataset", "setting", "metric"]


@dataclass(frozen=True)
class Answer:
    """What stands on the first screens, computed from the verdicts and the ledger of a context."""

    context: Context

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Judged cells of SpecAR-Net with their ``state`` as a square has it, ``floor`` and ``rival``."""
        ledger = self.context.ledger.cells
        verdicts = self.context.judgement.verdicts
        verdicts = verdicts[verdicts["published_as"] == OURS]
        known = ledger.drop_duplicates(_CELL)[[*_CELL, "state", "floor"]]
        cells = verdicts.merge(known, on=_CELL, how="left", validate="one_to_one")
        stopped = (cells["verdict"] == NOT_RUN) & (cells["state"] == FAILED)
        cells["square"] = cells["verdict"].mask(stopped, FAILED)
        return cells.merge(self._rivals, on=_PLACE, how="left")

    @property
    def _rivals(self) -> pd.DataFrame:
        """The best number that runs of another model gave, per place: ``rival`` and ``rival_model``."""
        cells = self.context.ledger.cells
        others = cells[(cells["published_as"] != OURS) & cells["ours"].notna()]
        best = [
            (*place, rows["ours"].agg("idxmax" if METRICS[str(place[-1])].higher else "idxmin"))
            for place, rows in others.groupby(_PLACE, sort=False)
        ]
        found = pd.DataFrame(best, columns=[*_PLACE, "at"])
        found["rival"] = others["ours"].reindex(found["at"]).to_numpy()
        found["rival_model"] = others["model"].reindex(found["at"]).to_numpy()
        return found.drop(columns="at")

    @property
    def sentences(self) -> Iterator[str]:
        """One sentence per definition of SpecAR-Net that can be quoted."""
        for model, cells in self.cells.groupby("model", sort=False):
            runs = [run for run in self.context.runs.runs.values() if run.config.key.model == model]
            done = sum(run.record is not None for run in runs)
            counts = Counter(cells["square"])
            there = len(cells) - counts[NOT_RUN] - counts[FAILED]
            words = ", ".join(f"{counts[word]} {word}" for word in VERDICTS if word != NOT_RUN)
            lead = _lead(counts, there, len(cells))
            title = self.context.plan.config.models[str(model)].title or str(model)
            run = f"{there:,} of {plural(len(cells), 'published cell')} run, by {plural(done, 'run')}"
            run += "" if done == len(runs) else f" of {len(runs):,}"
            yield f"{title}: {lead} {run}{f': {words}' if there else ''}; {counts[NOT_RUN]:,} not run."

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """Word, sign and number of each kind of square."""
        counts = Counter(self.cells["square"])
        return [(word, sign, counts[word]) for word, sign in SIGNS.items()]

    @property
    def matrix(self) -> Iterator[tuple[str, list[Markup], list[tuple[str, list[Markup]]]]]:
        """Per task its title, its datasets, and per model a label with the squares of each dataset."""
        for task, cells in self.cells.groupby("task", sort=False):
            datasets = list(dict.fromkeys(cells["dataset"]))
            rows = []
            for (model, top), line in cells.groupby(["model", "top"], sort=False):
                own = dict(list(line.groupby("dataset")))
                squares = [self._squares(own[name]) if name in own else Markup("") for name in datasets]
                rows.append((_model(str(task), str(model), bool(top)), squares))
            prefix = source_of(str(task)).prefix
            yield (
                source_of(str(task)).title,
                [_breakable(name.removeprefix(prefix)) for name in datasets],
                rows,
            )

    @property
    def metrics(self) -> Iterator[str]:
        """The metrics of every task, in the order of the lines of its squares."""
        for task, cells in self.cells.groupby("task", sort=False):
            names = ", ".join(METRICS[name].label for name in dict.fromkeys(cells["metric"]))
            yield f"{source_of(str(task)).title}: {names}"

    @property
    def not_asked(self) -> list[str]:
        """Tasks of the paper of which this configuration has no run."""
        return [source_of(task).title for task in TASK_INFO if task not in self.context.plan.tasks]

    def _squares(self, cells: pd.DataFrame) -> Markup:
        lines = [rows.to_dict("records") for _, rows in cells.groupby("metric", sort=False)]
        return Markup("<br>").join(Markup("").join(map(self._square, line)) for line in lines)

    def _square(self, row: Mapping[Hashable, Any]) -> Markup:
        state = str(row["square"])
        what = " ".join(filter(None, [str(row["setting"]), METRICS[row["metric"]].label]))
        mark = _SQUARE.format(state.replace(" ", "-"), SIGNS[state], what, state)
        target = self.context.runs.target(str(row["runs"]).split()) or "#explorer"
        cell = cell_id({**row, "protocol": PROTOCOL})
        return Markup('<a href="{}" data-cell="{}">{}</a>').format(target, cell, mark)

    @property
    def headline(self) -> Markup:
        """The main metric of every cell that has runs; ours stands where a phone shows it at once."""
        cells = self.cells[self.cells["seeds"] > 0]
        first = cells.groupby(["task", "dataset"], sort=False)["metric"].transform("first")
        cells = cells[(cells["metric"] == first) & (cells["setting"] != AVERAGE)]
        header = ["Cell", "Model", "Our runs", "Published", "Verdict", "Best rival run", "Floor", "Task"]
        rows = [_line(row) for row in cells.head(MOST_LINES).to_dict("records")]
        more = len(cells) - MOST_LINES
        notes = [_against(cells), *([f"{more} more cells have runs: see the explorer."] if more > 0 else [])]
        title = "Headline numbers"
        table = listed("headline", title, header, rows, 2, ["Verdict", "Task"], tuple(notes))
        return self.context.linked(table) if rows else Markup("")

    @property
    def claims(self) -> Table | None:
        """Claims of which our runs count a cell, beside what the printed numbers say of themselves."""
        table, sides = self.context.judgement.claims, _by_both_sides(self.context.judgement.against.claims)
        counted = table[(table["numbers"] != PUBLISHED) & table["counted"].notna()]
        labels = list(dict.fromkeys([*counted["numbers"], *(label for _, label in sides)]))
        rows: list[list[str | Cell]] = []
        for name in dict.fromkeys(table["claim"]):
            by = {row["numbers"]: row for row in table[table["claim"] == name].to_dict("records")}
            texts = [
                "; ".join(filter(None, (_counted(by[label]), sides.get((name, label))))) for label in labels
            ]
            if any(texts):
                rows.append([str(by[PUBLISHED]["title"]), *texts, consistency(str(by[PUBLISHED]["word"]))])
        header = ["Claim", *(f"By our runs of {label}" for label in labels), "By the printed numbers"]
        return listed("answer-claims", "Claims by our runs", header, rows, 1, header[1:]) if rows else None

    @property
    def claims_shown(self) -> Markup:
        """The claims with their heading; nothing where no cell of any is run."""
        return fragment(table, level=3) if (table := self.claims) else Markup("")

    @property
    def claims_left(self) -> tuple[int, int]:
        """How many claims our runs do not judge yet, of how many."""
        table = self.context.judgement.claims
        own = table[table["numbers"] != PUBLISHED]
        sides = self.context.judgement.against.claims
        judged = {name for one in (own, sides) for name in one.loc[one["word"] != UNKNOWN, "claim"]}
        total = table["claim"].nunique()
        return total - len(judged), total


def _lead(counts: Counter[str], there: int, cells: int) -> str:
    if not there:
        return "not shown yet:"
    wrong = counts[WORSE] + counts[BETTER]
    if counts[EQUAL] == there == cells:
        return "reproduced:"
    if 2 * there < cells:
        return "not shown yet:"
    return "mostly reproduced:" if counts[EQUAL] > wrong else "not reproduced:"


def _counted(row: Mapping[Hashable, Any]) -> str:
    """What the count of a claim's cells says, in words; empty where none is counted."""
    return ": ".join((str(row["word"]), found)) if (found := counted_in_words(row)) else ""


def _by_both_sides(against: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What claims and labels have by runs of both sides, in words."""
    texts = {}
    for (claim, label), rows in against[against["word"] != UNKNOWN].groupby(["claim", "model"], sort=False):
        said: dict[str, list[str]] = {}
        for (word, rival), found in rows.groupby(["word", "rival"], sort=False):
            sides = against[["claim", "model", "rival"]].eq([claim, label, rival]).all(axis=1)
            every = len(found) == sides.sum()  # also those that cannot be judged
            metrics = " and ".join(METRICS[name].label for name in found["metric"])
            said.setdefault(str(word), []).append(f"{rival}{'' if every else f' in {metrics}'}")
        words = "; ".join(f"{word} against {', '.join(rivals)}" for word, rivals in said.items())
        least, asked = rows["tested"].min(), rows["datasets"].max()
        texts[str(claim), str(label)] = f"by runs of both sides on {least} of {asked} datasets: {words}"
    return texts


def _breakable(name: str) -> Markup:
    """A dataset's name that may go on in the next line where a word begins in it."""
    return Markup("<wbr>").join(re.findall("[A-Z]*[^A-Z]+|[A-Z]+$", name) or [name])


def _model(task: str, model: str, top: bool) -> str:
    return f"{model}{' + TOP' if top else ''}" if TASK_INFO[task].top else model


def _against(cells: pd.DataFrame) -> str:
    """How often the best rival and the floor have the better mean than our runs."""
    higher = cells["metric"].map(lambda name: METRICS[name].higher)
    found = []
    for column, what in {"rival": "the best rival run", "floor": "the floor"}.items():
        known = cells[column].notna()
        beaten = (cells[column] > cells["ours"]).where(higher, cells[column] < cells["ours"])[known].sum()
        if known.any():
            found.append(f"{what} is better than ours in {beaten} of {plural(int(known.sum()), 'cell')}")
    return f"By the means, {' and '.join(found)}." if found else "No rival and no floor is run here yet."


def _line(row: Mapping[Hashable, Any]) -> list[str | Cell]:
    metric, task = METRICS[row["metric"]], str(row["task"])
    places, runs = f".{metric.decimals}f", tuple(str(row["runs"]).split())
    spread = f"{row['sd']:{places}}" if row["seeds"] > 1 else ""
    rival = "not run" if pd.isna(row["rival"]) else f"{row['rival']:{places}} ({row['rival_model']})"
    place = [str(row["dataset"]).removeprefix(source_of(task).prefix), str(row["setting"])]
    return [
        f"{' '.join(filter(None, place))}, {metric.label}",
        _model(task, str(row["model"]), bool(row["top"])),
        Cell(OWN, f"{row['ours']:{places}}", spread, seeds=int(row["seeds"]), runs=runs),
        str(row["published"]),
        Cell(WORD, str(row["verdict"])),
        rival,
        "" if pd.isna(row["floor"]) else f"{row['floor']:{places}}",
        source_of(task).title,
    ]
