"""The forms of the paper's tables: what their lines and columns are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from specar.paper.metrics import METRICS
from specar.paper.sources import setting_name
from specar.tables.content import Content, Who
from specar.tables.table import BLANK, COUNT, Cell, Column, Line


@dataclass(frozen=True)
class Body:
    """Headings of the names, columns, and lines in blocks."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    blocks: tuple[tuple[Line, ...], ...]


def body_of(content: Content) -> Body:
    """Return the body of a table in the form that its definition names."""
    return _FORMS[content.definition.form](content)


def _metric_columns(content: Content) -> Body:
    """A line per row; each metric is a column of every model."""
    definition, whos = content.definition, content.whos
    setting = setting_name(definition.rows[0].task)
    settings = dict.fromkeys(row.setting for row in definition.rows)
    names = ("Dataset", *([setting.capitalize()] if setting and len(settings) > 1 else []))
    columns = [
        Column(_headings(content, who, METRICS[metric].label), who.name, bool(who.label))
        for who in whos
        for metric in definition.metrics
    ]
    lines = [
        Line(
            (row.name, row.setting)[: len(names)],
            tuple(content.cell(who, row, metric) for who in whos for metric in definition.metrics),
        )
        for row in definition.rows
    ]
    return Body(names, tuple(columns), (*_blocks(lines), *_count_lines(content, len(names))))


def _headings(content: Content, who: Who, metric: str) -> tuple[str, ...]:
    one_metric = len(content.definition.metrics) == 1
    model = who.model if content.several_models else ""
    return model, who.variant, content.origin(who), "" if one_metric else metric


def _metric_lines(content: Content) -> Body:
    """A line per row and metric; a column per model."""
    columns = tuple(
        Column((who.model, who.variant, content.origin(who)), who.name, bool(who.label))
        for who in content.whos
    )
    lines = [
        Line((row.name, METRICS[metric].label), tuple(content.cell(who, row, metric) for who in content.whos))
        for row in content.definition.rows
        for metric in row.metrics
    ]
    first = "Subset" if content.definition.task else "Task"
    return Body((first, "Metric"), columns, _blocks(lines))


def _model_lines(content: Content) -> Body:
    """A line per model; each row and metric is a column."""
    cells = [(row, metric) for row in content.definition.rows for metric in row.metrics]
    columns = tuple(Column((row.name, METRICS[metric].label), row.name) for row, metric in cells)
    several = content.several_models
    names = ("Model" if several else "Backbone", *([""] if any(map(content.origin, content.whos)) else []))
    lines = [
        Line(
            (who.name if several else who.variant, content.origin(who))[: len(names)],
            tuple(content.cell(who, row, metric) for row, metric in cells),
            bool(who.label),
        )
        for who in content.whos
    ]
    return Body(names, columns, _blocks(lines))


def _blocks(lines: list[Line]) -> tuple[tuple[Line, ...], ...]:
    """Lines with the same first name belong together."""
    return tuple(tuple(block) for _, block in groupby(lines, lambda line: line.names[0]))


def _count_lines(content: Content, names: int) -> tuple[tuple[Line, ...], ...]:
    """The numbers of best cells that the paper prints, and those that follow from its numbers."""
    printed, width = content.definition.printed_counts, len(content.definition.metrics)
    if not printed:
        return ()
    own = {name: str(count) for name, count in content.counts.items()}
    lines = [("Best cells, printed", printed), ("Best cells, recomputed", own)]
    return tuple(
        (Line((text, *[""] * (names - 1)), tuple(_count(who, counts, width) for who in content.whos)),)
        for text, counts in lines
    )


def _count(who: Who, counts: Mapping[str, str], width: int) -> Cell:
    text = "" if who.label else counts.get(who.variant or who.model, "")
    return Cell(COUNT if text else BLANK, text, width=width)


_FORMS = {
    "metric columns": _metric_columns,
    "metric lines": _metric_lines,
    "model lines": _model_lines,
}
