"""Every published number is in its table, as printed: in the CSV and in the data for rendering."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from specar.outputs.write import as_csv
from specar.paper import SETUP, TABLE_IDS
from specar.paper.definitions import DEFINITIONS
from specar.paper.metrics import METRICS
from specar.paper.numbers import printed_numbers
from specar.tables.paper import paper_table
from specar.tables.paper_cells import paper_cells
from specar.tables.render import render
from specar.tables.table import COUNT, NOT_PRINTED, PRINTED, TEXT, page_of

PACKAGE = Path(__file__).parents[2] / "specar" / "paper" / "published"
SHARED = Path(__file__).parents[3] / "shared" / "paper"
FOLDERS = [PACKAGE, pytest.param(SHARED, marks=pytest.mark.skipif(not SHARED.exists(), reason="not there"))]
# Column of the file: dataset, setting, variant.
FILES = {
    "long_term_forecast": ("dataset", "horizon", None),
    "short_term_forecast": ("subset", None, None),
    "imputation": ("dataset", "mask_ratio", None),
    "classification": ("dataset", None, None),
    "anomaly_detection": ("dataset", None, None),
    "headline": ("dataset", None, None),
    "ablation_backbone": ("dataset", "setting", "backbone"),
    "unified_training": ("dataset", "mask_ratio", "training"),
}
IDS = list(DEFINITIONS)
_NAMES = ["source_table", "paper_dataset", "paper_setting", "dataset", "setting"]
# Dataset and setting in our names, by table and the paper's own.
OURS_OF = {
    (row[0].replace(":", "-"), row[1], row[2]): (row[3], row[4])
    for row in printed_numbers()[_NAMES].itertuples(index=False)
}


def rows_of(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(folder, table):
    """Numbers of a table as its file has them: by dataset, setting, model, variant and metric."""
    found = {}
    for name, columns in FILES.items():
        for row in rows_of(folder, name):
            if row["source_table"] == table.replace("-", ":"):
                dataset, setting, variant = (row[column] if column else "" for column in columns)
                dataset, setting = OURS_OF[table, dataset, setting]
                key = dataset, setting, row.get("model", "SpecAR-Net"), variant, row["metric"]
                assert key not in found
                found[key] = row["value"]
    return found


@pytest.fixture(scope="module")
def cells():
    return {name: paper_cells(definition) for name, definition in DEFINITIONS.items()}


def test_every_table_is_there():
    assert [SETUP, *IDS] == list(TABLE_IDS)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", IDS)
def test_csv_holds_the_published_numbers(name, folder, cells):
    found = {}
    for row in csv.DictReader(io.StringIO(as_csv(cells[name]))):
        key = row["dataset"], row["setting"], row["model"], row["variant"], row["metric"]
        assert key not in found
        found[key] = row["published"]
    expected = published(folder, name)
    assert {key: text for key, text in found.items() if text} == expected
    # One row was left out in print; nothing else is without a number.
    absent = {key[:2] for key, text in found.items() if not text}
    assert absent == ({("ETTm2", "avg")} if name == "appendix-11" else set())


def read_back(table, definition):
    """The printed cells by the names that stand around them."""
    numbers = [metric.label for metric in METRICS.values()]
    for block in table.blocks:
        for line in block:
            assert len(line.cells) == len(table.columns) or all(cell.width > 1 for cell in line.cells)
            for column, cell in zip(table.columns, line.cells, strict=False):
                if cell.kind in (PRINTED, NOT_PRINTED):
                    names = [*line.names, *(text for text in column.headings if text)]
                    metric = [name for name in names if name in numbers] or ["only"]
                    yield tuple(sorted({*names} - {*metric})), metric[-1], cell.text


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", IDS)
def test_rendered_data_hold_the_published_numbers(name, folder, cells):
    definition = DEFINITIONS[name]
    found = [item for item in read_back(paper_table(definition, cells[name]), definition) if item[2]]
    labels = {(row.dataset, metric): row.name for row in definition.rows for metric in row.metrics}
    several_models = len({model for model, _ in definition.models}) > 1
    several_settings = len({row.setting for row in definition.rows}) > 1 and definition.task is not None
    expected = []
    for (dataset, setting, model, variant, metric), text in published(folder, name).items():
        line_of_model = definition.form == "model lines"
        names = {
            labels[dataset, metric],
            setting if several_settings else "",
            variant,
            model if several_models else "",
        }
        only = len(definition.metrics) == 1 and not line_of_model and definition.form != "metric lines"
        expected.append((tuple(sorted(names - {""})), "only" if only else METRICS[metric].label, text))
    assert Counter(found) == Counter(expected)


@pytest.mark.parametrize("name", IDS)
def test_every_format_shows_every_number(name, cells):
    table = paper_table(DEFINITIONS[name], cells[name])
    printed = [
        cell for block in table.blocks for line in block for cell in line.cells if cell.kind == PRINTED
    ]
    numbers = Counter(cell.text for cell in printed)
    for suffix in ("html", "md", "tex"):
        text = render(page_of(table), suffix)
        for number, count in numbers.items():
            assert text.count(number) >= count, (suffix, number)


def test_counts_of_best_cells_are_printed_and_recomputed(cells):
    for row in rows_of(PACKAGE, "first_counts"):
        name = row["source_table"].replace(":", "-")
        table = paper_table(DEFINITIONS[name], cells[name])
        line = next(block[0] for block in table.blocks if block[0].names[0] == "Best cells, printed")
        texts = dict(zip(dict.fromkeys(column.group for column in table.columns), line.cells, strict=True))
        shown = next(cell for group, cell in texts.items() if group.split()[-1] == row["column"])
        assert (shown.kind, shown.text) == (COUNT, row["printed_count"])
    own = paper_table(DEFINITIONS["appendix-10"], cells["appendix-10"]).blocks[-1][0]
    assert own.names[0] == "Best cells, recomputed"
    # DLinear is best in the 10 red cells and in ETTm1 / 720 / MSE, which is not coloured.
    assert [cell.text for cell in own.cells][4] == "11"


def test_text_cells_are_not_taken_for_numbers(cells):
    for name in IDS:
        kinds = {
            c.kind for b in paper_table(DEFINITIONS[name], cells[name]).blocks for x in b for c in x.cells
        }
        assert TEXT not in kinds
