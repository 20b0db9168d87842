"""Verdicts, claims and ranks as tables, under the rules that were fixed before the runs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.judge.claims import PUBLISHED, counted_in_words
from specar.judge.judgement import Judgement
from specar.judge.ranks import Ranking
from specar.judge.rules import NOT_RUN, SHOWN, VERDICTS, cell_rules, claim_rules, rank_rules
from specar.paper.claims import UNKNOWN
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.tables.table import REPRODUCED, WORD, Cell, Page, Table, listed

_NAMES = ["Task", "Dataset", "Setting", "TOP", "Model", "Metric"]
_VALUES = ["Published", "Reproduced", f"{SHOWN:.0%} interval", "Seeds", "Deviation", "Margin ±", "TOST p"]
_HEADER = [*_NAMES, *_VALUES, "Verdict", "Why"]


def verdicts_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return the verdicts, and the page with their numbers and every cell that has runs."""
    rows = judgement.verdicts
    run = rows[rows["verdict"] != NOT_RUN]
    some = f"{len(run)} of {len(rows)} published cells (per model, averages included) have runs."
    cells = [cells_table("verdicts", "Cells with runs", run)] if len(run) else []
    tables, notes = (counts_table(judgement), *cells), (*_note(judgement), some)
    return rows, Page("Verdicts on the published cells", tables, notes, tuple(cell_rules()))


def claims_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return the claims of the paper as judged, and the page with a table per claim."""
    groups = judgement.claims.groupby("claim", sort=False)
    tables = tuple(claim_table(str(name), rows) for name, rows in groups)
    return judgement.claims, Page("Claims of the paper", tables, _note(judgement), tuple(claim_rules()))


def ranks_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return the rankings, and the page with a table of mean ranks each."""
    tables = tuple(ranking_table(ranking) for ranking in judgement.rankings)
    return judgement.ranks, Page("Ranks over datasets", tables, _note(judgement), tuple(rank_rules()))


def _note(judgement: Judgement) -> tuple[str, ...]:
    return (f"Note: {judgement.note}",) if judgement.note else ()


def counts_table(judgement: Judgement) -> Table:
    """Return the numbers of verdicts, a line per task, TOP and model."""
    rows = []
    for row in judgement.summary.to_dict("records"):
        place = source_of(row["task"]).title, _top(row["task"], row["top"]), str(row["model"])
        rows.append([*place, *(str(row[name]) for name in ("cells", *VERDICTS))])
    header = ["Task", "TOP", "Model", "Published cells", *map(str.capitalize, VERDICTS)]
    return listed("verdicts-counts", "Numbers of verdicts", header, rows, 3)


def cells_table(name: str, title: str, rows: pd.DataFrame, of_task: bool = False) -> Table:
    """Return judged cells, a line each, without columns in which only the header says anything.

    ``of_task``: they are of one task, which is not named.
    """
    texts = [_cell(row) for row in rows.to_dict("records")]
    plain = [[value.plain if isinstance(value, Cell) else value for value in row] for row in texts]
    kept = [i for i in range(of_task, len(_HEADER)) if any(row[i] for row in plain)]
    header = [_HEADER[i] for i in kept]
    names = sum(text in _NAMES for text in header)
    return listed(name, title, header, [[row[i] for i in kept] for row in texts], names, ["Verdict", "Why"])


def _cell(row: Mapping[Hashable, Any]) -> list[str | Cell]:
    metric = METRICS[row["metric"]]
    interval = [f"{row[end]:.{metric.decimals}f}" for end in ("low", "high") if not pd.isna(row[end])]
    sign = " %" if row["deviation_unit"] == "percent" else ""
    runs = tuple(str(row["runs"]).split())
    return [
        source_of(row["task"]).title,
        str(row["dataset"]).removeprefix(source_of(row["task"]).prefix),
        str(row["setting"]),
        _top(row["task"], row["top"]),
        str(row["model"]),
        metric.label,
        str(row["published"]),
        Cell(REPRODUCED, f"{row['reproduced']:.{metric.decimals}f}", seeds=int(row["seeds"]), runs=runs),
        " to ".join(interval),
        f"{row['seeds']} of {row['seeds_asked']}",
        "" if pd.isna(row["deviation"]) else f"{row['deviation']:+.1f}{sign}".replace("-", "−"),
        f"{row['margin']:.{metric.decimals + 1}f}",
        "" if pd.isna(row["p_equivalent"]) else f"{row['p_equivalent']:.3f}",
        Cell(WORD, str(row["verdict"])),
        str(row["reason"]),
    ]


def claim_table(name: str, rows: pd.DataFrame) -> Table:
    """Return what became of one claim, a line per whose numbers it is judged by."""
    first = rows.iloc[0]
    quote = f"“{first['quote']}” " if first["quote"] else ""
    texts: list[list[str | Cell]] = [
        [whose(row["numbers"]), Cell(WORD, row["word"]), counted_in_words(row), row["note"] or ""]
        for row in rows.to_dict("records")
    ]
    notes = (f"{quote}({first['place']}). Counted: {first['statement']}",)
    header = ["By", "Verdict", "Cells", "Note"]
    return listed(f"claim-{name}", str(first["title"]), header, texts, 1, header, notes)


def all_claims(judgement: Judgement) -> Table:
    """Return all claims in one table; numbers that no claim can be judged by yet have no column."""
    words = judgement.claims.pivot(index="claim", columns="numbers", values="word")
    known = [name for name in judgement.claims["numbers"].unique() if set(words[name]) != {UNKNOWN}]
    firsts = judgement.claims.drop_duplicates("claim").to_dict("records")
    rows = []
    for row in firsts:
        verdicts = [Cell(WORD, words.loc[row["claim"], name]) for name in known]
        rows.append([row["title"], *verdicts, row["statement"]])
    header = ["Claim", *(f"By {whose(name)}" for name in known), "What is counted"]
    table = listed("claims-all", "The paper's claims", header, rows, 1, header)
    hrefs = [f"#table-claim-{row['claim']}" for row in firsts]
    blocks = ((replace(line, href=href),) for (line,), href in zip(table.blocks, hrefs, strict=True))
    return replace(table, blocks=tuple(blocks))


def whose(numbers: str) -> str:
    """Return by whose numbers a claim is judged, in words."""
    return "published numbers" if numbers == PUBLISHED else f"our runs ({numbers})"


def ranking_table(ranking: Ranking) -> Table:
    """Return the mean ranks of a ranking, a line per model, with what the tests say."""
    statistic, p = ranking.friedman
    top = " with TOP" if ranking.top else ""
    metric = METRICS[ranking.metric].label
    note = (
        f"{len(ranking.scores)} datasets ({ranking.table.replace(':', ' Table ')}). Friedman: χ² = "
        f"{statistic:.1f}, p = {p:.2g}. Nemenyi's critical difference: {ranking.critical_difference:.2f}. "
        f"Smallest corrected p that a pair can reach: {ranking.smallest_p:.2g}."
    )
    name = "-".join(["ranks", ranking.task, *(["top"] if ranking.top else []), ranking.metric])
    title = f"{source_of(ranking.task).title}{top}, {metric}"
    return listed(name, title, ["Model", "Mean rank"], _ranks(ranking), 1, (), (note,))


def all_rankings(rankings: Sequence[Ranking]) -> Table:
    """Return a line per ranking with its best three models."""
    header = ["Task", "TOP", "Metric", "Published in", "Datasets", "Friedman p"]
    header.append("Best three models (mean rank)")
    rows = []
    for ranking in rankings:
        what = source_of(ranking.task).title, _top(ranking.task, ranking.top), METRICS[ranking.metric].label
        table, p = ranking.table.replace(":", " Table "), f"{ranking.friedman[1]:.2g}"
        best = ", ".join(" ".join(row) for row in _ranks(ranking)[:3])
        rows.append([*what, table, str(len(ranking.scores)), p, best])
    return listed("ranks-all", "All rankings", header, rows, 4, header[-1:])


def _ranks(ranking: Ranking) -> list[list[str]]:
    return [[str(name), f"{rank:.2f}"] for name, rank in ranking.mean_ranks.items()]


def _top(task: str, top: bool) -> str:
    return ("with" if top else "without") if TASK_INFO[task].top else ""
