"""The judgement as Markdown: rules first, then tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from specar.judge.claims import counted_in_words
from specar.judge.judgement import Judgement
from specar.judge.ranks import Ranking
from specar.judge.rules import NOT_RUN, SHOWN, cell_rules, claim_rules, rank_rules
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.tables.markdown import pipe_table
from specar.tables.render import escape_markdown

_NAMES = ["task", "dataset", "setting", "TOP", "model", "metric"]
_VALUES = ["published", "reproduced", f"{SHOWN:.0%} interval", "seeds", "deviation", "TOST p", "verdict", ""]


def verdicts_text(judgement: Judgement) -> str:
    """Return the verdicts: numbers of them, then every cell with runs."""
    table = judgement.verdicts
    run = table[table["verdict"] != NOT_RUN]
    rows = [_cell(row) for row in run.to_dict("records")]
    return _page(
        "Verdicts on the published cells",
        cell_rules(),
        judgement.note,
        [
            f"{len(run)} of {len(table)} published cells (per model, averages included) have runs.",
            pipe_table([list(map(str, judgement.summary)), *_texts(judgement.summary)], 3),
            *([pipe_table([[*_NAMES, *_VALUES], *rows], len(_NAMES))] if rows else []),
        ],
    )


def _cell(row: Mapping[Hashable, Any]) -> list[str]:
    metric = METRICS[row["metric"]]
    interval = [f"{row[end]:.{metric.decimals}f}" for end in ("low", "high") if not pd.isna(row[end])]
    sign = " %" if row["deviation_unit"] == "percent" else ""
    return [
        source_of(row["task"]).title,
        row["dataset"],
        row["setting"],
        _yes(row["top"]),
        row["model"],
        metric.label,
        row["published"],
        f"{row['reproduced']:.{metric.decimals}f}",
        " to ".join(interval),
        f"{row['seeds']} of {row['seeds_asked']}",
        "" if pd.isna(row["deviation"]) else f"{row['deviation']:+.1f}{sign}".replace("-", "−"),
        "" if pd.isna(row["p_equivalent"]) else f"{row['p_equivalent']:.3f}",
        row["verdict"],
        row["reason"],
    ]


def claims_text(judgement: Judgement) -> str:
    """Return the claims, a section each."""
    header = ["numbers", "word", "cells", ""]
    sections = []
    for _, rows in judgement.claims.groupby("claim", sort=False):
        first = rows.iloc[0]
        quote = f"“{first['quote']}” " if first["quote"] else ""
        words = [counted_in_words(row) for row in rows.to_dict("records")]
        cells = [header, *_texts(rows.assign(cells=words)[["numbers", "word", "cells", "note"]])]
        sections += [
            f"## {first['title']}",
            escape_markdown(f"{quote}({first['place']}). Counted: {first['statement']}"),
            pipe_table(cells, 2),
        ]
    return _page("Claims of the paper", claim_rules(), judgement.note, sections)


def ranks_text(judgement: Judgement) -> str:
    """Return the mean ranks, a section per ranking."""
    sections = [part for ranking in judgement.rankings for part in _ranking(ranking)]
    return _page("Ranks over datasets", rank_rules(), judgement.note, sections)


def _ranking(ranking: Ranking) -> Iterable[str]:
    statistic, p = ranking.friedman
    models = [[str(name), f"{rank:.2f}"] for name, rank in ranking.mean_ranks.items()]
    top = " with TOP" if ranking.top else ""
    yield f"## {source_of(ranking.task).title}{top}, {METRICS[ranking.metric].label}"
    yield (
        f"{len(ranking.scores)} datasets ({ranking.table.replace(':', ' Table ')}). Friedman: χ² = "
        f"{statistic:.1f}, p = {p:.2g}. Nemenyi's critical difference: {ranking.critical_difference:.2f}. "
        f"Smallest corrected p that a pair can reach: {ranking.smallest_p:.2g}."
    )
    yield pipe_table([["model", "mean rank"], *models], 1)


def _page(title: str, rules: list[str], note: str | None, parts: Iterable[str]) -> str:
    listed = "\n".join(f"- {escape_markdown(rule)}" for rule in rules)
    caution = [f"**Note:** {escape_markdown(note)}"] if note else []
    return "\n\n".join([f"# {title}", *caution, "Rules, fixed before the runs:", listed, *parts]) + "\n"


def _texts(table: pd.DataFrame) -> list[list[str]]:
    """The cells of a table as text; what is not there is blank."""
    return [
        ["" if pd.isna(value) else _yes(value) if isinstance(value, bool) else str(value) for value in row]
        for row in table.astype(object).to_numpy().tolist()
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
