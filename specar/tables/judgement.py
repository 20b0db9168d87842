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
from specar.judge.rules import NOT_RUN, SHOWN, VERDICTS, cell_rules, claim_rules, rank_rules, rival_rules
from specar.judge.verdicts import STATES
from specar.paper.claims import HOLDS, UNKNOWN
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.tables.comparisons import against_tables, rival_lines
from specar.tables.table import OWN, WORD, Cell, Page, Table, listed

_NAMES = ["Task", "Dataset", "Setting", "TOP", "Model", "Metric"]
_VALUES = ["Published", "Our runs", f"{SHOWN:.0%} interval", "Seeds", "Deviation", "Margin ±", "TOST p"]
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
    tables = [claim_table(str(name), rows, rival_lines(judgement, str(name))) for name, rows in groups]
    both = (*against_tables(judgement), *tables)
    return judgement.claims, Page("Claims of the paper", both, _note(judgement), tuple(claim_rules()))


def ranks_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return the rankings, and the page with a table of mean ranks each."""
    fewer = {name_of(ranking): ranking for ranking in judgement.unsaturated}
    tables = tuple(ranking_table(one, fewer.get(name_of(one))) for one in judgement.rankings)
    return judgement.ranks, Page("Ranks over datasets", tables, _note(judgement), tuple(rank_rules()))


def rivals_page(judgement: Judgement) -> tuple[pd.DataFrame, Page]:
    """Return the printed cells of other models, and the page that counts them and lists those with runs."""
    rows = judgement.rivals
    counts = rows.groupby("published_as", sort=False)["state"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=list(STATES), fill_value=0)
    lines = [[str(name), *map(str, (sum(line), *line))] for name, *line in counts.itertuples()]
    header = ["Model", "Printed cells", *map(str.capitalize, STATES)]
    run = rows[rows["verdict"] != NOT_RUN]
    cells = [cells_table("rivals-cells", "Cells with runs", run)] if len(run) else []
    title = "Printed numbers of other models"
    tables = (listed("rivals-counts", title, header, lines), *cells)
    return rows, Page(title, tables, _note(judgement), tuple(rival_rules()))


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
        Cell(OWN, f"{row['ours']:.{metric.decimals}f}", seeds=int(row["seeds"]), runs=runs),
        " to ".join(interval),
        f"{row['seeds']} of {row['seeds_asked']}",
        "" if pd.isna(row["deviation"]) else f"{row['deviation']:+.1f}{sign}".replace("-", "−"),
        f"{row['margin']:.{metric.decimals + 1}f}",
        "" if pd.isna(row["p_equivalent"]) else f"{row['p_equivalent']:.3f}",
        Cell(WORD, str(row["verdict"])),
        str(row["reason"]),
    ]


def claim_table(name: str, rows: pd.DataFrame, further: Sequence[list[str | Cell]] = ()) -> Table:
    """Return what became of one claim, a line per whose numbers it is judged by, and further ones."""
    first = rows.iloc[0]
    quote = f"“{first['quote']}” " if first["quote"] else ""
    texts: list[list[str | Cell]] = [
        [whose(row["numbers"]), _word(row["numbers"], row["word"]), counted_in_words(row), row["note"] or ""]
        for row in rows.to_dict("records")
    ]
    texts.sort(key=lambda line: line[0] == whose(PUBLISHED))  # runs first
    notes = (f"{quote}({first['place']}). Counted: {first['statement']}",)
    header = ["By", "Verdict", "Cells", "Note"]
    return listed(
        f"claim-{name}", str(first["title"]), header, [*texts[:-1], *further, texts[-1]], 1, header, notes
    )


def all_claims(judgement: Judgement) -> Table:
    """Return all claims in one table; numbers that no claim can be judged by yet have no column."""
    words = judgement.claims.pivot(index="claim", columns="numbers", values="word")
    known = [name for name in judgement.claims["numbers"].unique() if set(words[name]) != {UNKNOWN}]
    firsts = judgement.claims.drop_duplicates("claim").to_dict("records")
    rows = []
    for row in firsts:
        verdicts = [_word(name, words.loc[row["claim"], name]) for name in known]
        rows.append([row["title"], *verdicts, row["statement"]])
    header = ["Claim", *(f"By {whose(name)}" for name in known), "What is counted"]
    table = listed("claims-all", "The paper's claims", header, rows, 1, header)
    hrefs = [f"#table-claim-{row['claim']}" for row in firsts]
    blocks = ((replace(line, href=href),) for (line,), href in zip(table.blocks, hrefs, strict=True))
    return replace(table, blocks=tuple(blocks))


def _word(numbers: str, word: str) -> Cell:
    return Cell(WORD, consistency(word) if numbers == PUBLISHED else word)


def consistency(word: str) -> str:
    """Return what the printed numbers say of a claim themselves, in words that judge no run."""
    return {HOLDS: "consistent in itself", UNKNOWN: "not printed"}.get(word, f"in itself: {word}")


def whose(numbers: str) -> str:
    """Return by whose numbers a claim is judged, in words."""
    return "published numbers" if numbers == PUBLISHED else f"our runs ({numbers})"


def name_of(ranking: Ranking) -> str:
    """Return what the table of a ranking is called."""
    return "-".join(["ranks", ranking.task, *(["top"] if ranking.top else []), ranking.metric])


def ranking_table(ranking: Ranking, fewer: Ranking | None = None) -> Table:
    """Return the mean ranks of a ranking, a line per model, with what the tests say.

    ``fewer`` is the same without saturated cells, if anything is left.
    """
    statistic, p = ranking.friedman
    top = " with TOP" if ranking.top else ""
    metric = METRICS[ranking.metric].label
    note = (
        f"{len(ranking.scores)} datasets ({ranking.table.replace(':', ' Table ')}). Friedman: χ² = "
        f"{statistic:.1f}, p = {p:.2g}. Nemenyi's critical difference: {ranking.critical_difference:.2f}. "
        f"Smallest corrected p that a pair can reach: {ranking.smallest_p:.2g}."
    )
    title = f"{source_of(ranking.task).title}{top}, {metric}"
    without = dict(_ranks(fewer)) if fewer else {}
    left = f"Without saturated cells: {_left(fewer)}."
    lines = [[*line, without.get(line[0], "")] for line in _ranks(ranking)]
    header = ["Model", "Mean rank", "Without saturated cells"]
    return listed(name_of(ranking), title, header, lines, 1, (), (note, left))


def _left(fewer: Ranking | None) -> str:
    if fewer is None:
        return "fewer than two datasets are left"
    statistic, p = fewer.friedman
    return f"{len(fewer.scores)} datasets. Friedman: χ² = {statistic:.1f}, p = {p:.2g}"


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
