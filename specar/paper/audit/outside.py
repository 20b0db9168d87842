"""The tables against what else the authors published: the log of their code and the figure of hop lengths."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding, about, table_name
from specar.paper.audit.printed import Cell, Paper
from specar.paper.numbers import OURS

# Points of the figure were read to about a unit of the third digit.
_READING_ERROR = 0.0015


def released_log(paper: Paper) -> Iterator[Finding]:
    """Yield accuracies that are not those of the log that the authors published with their code."""
    table = {cell.dataset: cell for cell in paper.table("appendix:5") if cell.model == OURS}
    logged = {str(row.dataset): 100 * float(str(row.value)) for row in paper.log.itertuples()}
    shared = [name for name in logged if name in table]
    if not shared:
        return
    average = sum(logged[name] for name in shared) / len(shared)
    for name, value in {**{name: logged[name] for name in shared}, "avg": average}.items():
        cell = table.get(name)
        if cell is not None and abs(value - cell.number) > cell.half + 1e-9:
            what = f"mean of the {len(shared)} accuracies" if name == "avg" else "accuracy"
            yield about(
                cell,
                "release_log",
                cell.written(value),
                f"the {what} in the authors' log is {value:.2f}, {table_name(cell.source_table)} claims "
                f"{cell.text}: {abs(cell.number - value):.1f} points "
                f"{'more' if cell.number > value else 'less'}",
            )


def figure(paper: Paper) -> Iterator[Finding]:
    """Yield points of appendix Figure 1 at hop length 1, that of the tables, that are in none of them."""
    points = paper.hop_length[paper.hop_length["hop_length"] == "1"]
    for point in points.itertuples():
        metric, value = str(point.metric), float(str(point.value))
        cells = [
            cell
            for cell in paper.table("appendix:5", "appendix:9", "appendix:10")
            if (cell.model, cell.dataset, cell.setting, cell.metric)
            == (OURS, point.dataset, point.horizon, metric)
        ]
        # In the unit of the figure.
        numbers = [cell.number / 100 if metric == "accuracy" else cell.number for cell in cells]
        if numbers and min(abs(value - number) for number in numbers) > _READING_ERROR:
            implied = " or ".join(f"{number:.3f}" for number in numbers)
            yield _point(str(point.source_figure), cells[0], str(point.value), implied, cells)


def _point(source: str, cell: Cell, printed: str, implied: str, cells: list[Cell]) -> Finding:
    return Finding(
        "figure",
        source,
        cell.place,
        f"{OURS} at hop length 1",
        cell.metric,
        printed,
        implied,
        f"read off the figure to about 0.001 at hop length 1, the setting of the tables; "
        f"what is printed in {' and '.join(table_name(each.source_table) for each in cells)} is {implied}",
        "inconsistent",
        {**cell.key, "source_table": source, "top": ""},
    )
