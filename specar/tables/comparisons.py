"""SpecAR-Net's runs against runs of other models, and saturated cells."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from specar.judge.judgement import Judgement
from specar.judge.rules import MIN_SEEDS, SHOWN, claim_rules, saturation_rules
from specar.judge.verdicts import STATES
from specar.paper.claims import UNKNOWN, claims
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.tables.table import WORD, Cell, Page, Table, listed

Row = Mapping[Hashable, Any]
_WORDS = {"equal": ("inside the margin", "outside of it")}
_EFFECT = ["Seeds", "Difference", f"{SHOWN:.0%} interval", "p", "p (Holm)"]


def in_words(judgement: Judgement) -> str:
    """Return the numbers of saturated cells and of the states of other models' printed numbers."""
    groups = judgement.saturation.groupby("task", sort=False)["saturated"]
    saturated = (f"{source_of(str(task)).title} {cells.sum()} of {len(cells)}" for task, cells in groups)
    states = judgement.rivals["state"].value_counts()
    rivals = ", ".join(f"{states.get(state, 0):,} {state}" for state in STATES)
    return f"saturated cells: {', '.join(saturated)}\nprinted cells of other models: {rivals}\n"


def against_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return the claims by runs of both sides, and the page with them and the tests of their datasets."""
    tables = (*against_tables(judgement), *_datasets_table(judgement))
    notes = () if tables else ("No printed cell has runs of SpecAR-Net and of another model.",)
    page = Page("SpecAR-Net's runs against runs of other models", tables, notes, tuple(claim_rules()[-2:]))
    return judgement.against.claims, page


def against_tables(judgement: Judgement) -> Iterator[Table]:
    """Give the table of what runs of both sides say, a line per claim, models and metric, if any."""
    claimed = judgement.against.claims
    rows = [
        [
            *(row["title"], row["model"], row["rival"], METRICS[row["metric"]].label),
            *(f"{row['tested']} of {row['datasets']}", *_effect(row)),
            *("" if pd.isna(row["p"]) else Cell(WORD, row["verdict"]), counted(row)),
            *(_verdict(row), row["note"]),
        ]
        for row in claimed[claimed["tested"] > 0].to_dict("records")
    ]
    prose = ["Over datasets", "By dataset", "Verdict", "Note"]
    header = ["Claim", "Model", "Against", "Metric", "Datasets", *_EFFECT, *prose]
    note = (
        "Difference: ours against the other model's, in percent of it, mean over datasets with the interval "
        "over them; p: Wilcoxon's signed-rank test. By dataset: paired t tests over seeds."
    )
    left_out = (
        f"{len(claimed) - len(rows)} of {len(claimed)} lines have no dataset with {MIN_SEEDS} paired seeds."
    )
    if len(claimed):
        notes = (note, left_out) if len(rows) < len(claimed) else (note,)
        yield listed("against", "The claims by runs of both sides", header, rows, 4, prose, notes)


def _datasets_table(judgement: Judgement) -> Iterator[Table]:
    rows = [
        [
            *(row["title"], row["dataset"], row["model"], row["rival"], METRICS[row["metric"]].label),
            *(row["settings"], *_effect(row), Cell(WORD, row["verdict"])),
        ]
        for row in judgement.against.datasets.to_dict("records")
    ]
    header = ["Claim", "Dataset", "Model", "Against", "Metric", "Averaged over", *_EFFECT, "Verdict"]
    if rows:
        yield listed("against-datasets", "The same by dataset", header, rows, 5, ["Averaged over", "Verdict"])


def rival_lines(judgement: Judgement, claim: str) -> list[list[str | Cell]]:
    """Return the lines of a claim that say what runs of both sides make of it."""
    if not next(one for one in claims() if one.id == claim).runs:
        return []
    rows = judgement.against.claims
    rows = rows[rows["claim"] == claim]
    lines: list[list[str | Cell]] = []
    for row in rows[rows["tested"] > 0].to_dict("records"):
        by = f"our runs ({row['model']}) against runs of {row['rival']}, {METRICS[row['metric']].label}"
        seeds, effect, interval, *_ = _effect(row)
        found = f"{row['tested']} of {row['datasets']} datasets, {seeds} seeds: {effect} ({interval})"
        note = "; ".join(filter(None, [found if effect else "", row["note"]]))
        lines.append([by, _verdict(row), counted(row), note])
    if len(lines) < len(rows) or rows.empty:
        left = (
            f"{len(rows) - len(lines)} pairs of models and metric: no dataset with {MIN_SEEDS} paired seeds"
        )
        none = left if len(rows) else "no such run is done on both sides"
        lines.append(["our runs against runs of others", Cell(WORD, UNKNOWN), "", none])
    return lines


def _verdict(row: Row) -> Cell:
    """The word on a claim, with the part of its datasets that it is on."""
    some = row["word"] != UNKNOWN and row["tested"] < row["datasets"]
    return Cell(WORD, f"{row['word']} on {row['tested']} of {row['datasets']}" if some else row["word"])


def counted(row: Row) -> str:
    """Return in words how many datasets speak for the claim, and how many against it."""
    if not row["tested"]:
        return ""
    better, worse = _WORDS.get(row["rule"], ("better", "worse"))
    return f"{better} in {row['better']}, not told apart in {row['equal']}, {worse} in {row['worse']}"


def _effect(row: Row) -> list[str]:
    if pd.isna(row["effect"]):
        return ["", "", "", "", ""]
    interval = f"{row['low']:+.1f} to {row['high']:+.1f} %" if not pd.isna(row["low"]) else ""
    tests = ["" if pd.isna(row[name]) else f"{row[name]:.2g}" for name in ("p", "p_holm")]
    texts = [f"{row['effect']:+.1f} %", interval]
    return [str(row["seeds"]), *(text.replace("-", "−") for text in texts), *tests]


def saturation_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return every cell beside its floor and the linear model, and the page with their numbers and lines."""
    table = judgement.saturation
    groups = table.groupby(["task", "metric"], sort=False)["saturated"].agg(["size", "sum"])
    counts = [
        [source_of(task).title, METRICS[metric].label, str(cells), str(saturated)]
        for (task, metric), (cells, saturated) in zip(groups.index, groups.to_numpy(), strict=True)
    ]
    header = ["Task", "Metric", "Cells", "Saturated"]
    summary = listed("saturation-counts", "Numbers of saturated cells", header, counts, 2)
    known = table[table[["floor", "linear"]].notna().any(axis=1)]
    lines = [_saturation_line(row) for row in known.to_dict("records")]
    names = ["Task", "Dataset", "Setting", "Metric"]
    header = [*names, "Floor", "Linear", "Best printed", "Ours", "Seeds' sd", "Best result", "Lead", "Mark"]
    cells = listed("saturation", "Cells with a floor or a linear model", header, lines, 4, header[-1:])
    return table, Page("Saturated cells", (summary, cells), (), tuple(saturation_rules()))


def _saturation_line(row: Row) -> list[str]:
    decimals = METRICS[row["metric"]].decimals

    def number(name: str, of: str = "", more: int = 0) -> str:
        text = f"{row[name]:.{decimals + more}f}".replace("-", "−")
        return "" if pd.isna(row[name]) else f"{text} ({row[of]})" if of else text

    return [
        *(source_of(row["task"]).title, row["dataset"].removeprefix(source_of(row["task"]).prefix)),
        *(row["setting"], METRICS[row["metric"]].label, number("floor"), number("linear", "linear_origin")),
        *(number("best_printed", "best_printed_of"), number("ours", "ours_of"), number("sd", more=1)),
        *(number("best", "best_of"), number("lead", more=1), "saturated" if row["saturated"] else ""),
    ]
