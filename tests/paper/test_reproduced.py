"""Reproduced values beside the published ones: which, in which unit, and what is said where there is none."""

from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import pytest

from specar.config import load_config, parse_config
from specar.paper.definitions import DEFINITIONS, definition_of
from specar.results.compare import compare
from specar.results.inputs import runs_of
from specar.results.ledger import TaskResults
from specar.runs.store import plan_of
from specar.tables.build import paper_table
from specar.tables.cells import flagged_keys, paper_cells
from specar.tables.paper_write import table_parts
from specar.tables.reproduced import COLUMNS, Reproduced, reproduced_of, reproduced_values

from ..tables.table_inputs import results, run

ROOT = Path(__file__).parents[2]


def task_results(matrix, *done, failed=None):
    """What `specar.results.ledger.results_of` gives from rows instead of records."""
    task = "long_term_forecast"
    inputs = (task, pd.DataFrame(list(itertools.chain(*done))), pd.DataFrame(), matrix, failed)
    return TaskResults(task, compare(*inputs), runs_of(*inputs), failed or {})


def one(table, **where):
    rows = table
    for name, wanted in where.items():
        rows = rows[rows[name] == wanted]
    assert len(rows) == 1
    return rows.iloc[0]


def shown(definition, values, dataset, setting):
    """The cell of the reproduced MSE in the data for rendering, found by its headings."""
    table = paper_table(definition_of(definition), values)
    (block,) = (block for block in table.blocks if block[0].names[0] == dataset)
    (line,) = (line for line in block if line.names[1] == setting)
    headings = [column.headings[-2:] for column in table.columns]
    return line.cells[headings.index(("reproduced (paper)", "MSE"))]


def test_values_are_means_over_seeds_and_name_their_runs():
    asked = [run(96, seed) for seed in (1, 2)]
    found = reproduced_values(
        task_results(asked, results(asked[0], {"mse": 0.4}), results(asked[1], {"mse": 0.5}))
    )
    cell = one(found, dataset="ETTh1", setting="96", top="false", metric="mse")
    assert (cell["mean"], cell["seeds"], cell["state"]) == (pytest.approx(0.45), 2, "done")
    assert cell["sd"] == pytest.approx(0.1 / 2**0.5)
    assert cell["runs"] == tuple(row["run_id"] for row in asked)
    assert one(found, dataset="ETTh1", setting="96", top="false", metric="mae")["runs"] == ()


def test_averages_name_the_runs_of_all_their_parts():
    asked = [run(horizon) for horizon in (96, 192, 336, 720)]
    done = [results(row, {"mse": value}) for row, value in zip(asked, (0.1, 0.2, 0.3, 0.6), strict=True)]
    found = reproduced_values(task_results(asked, *done))
    cell = one(found, dataset="ETTh1", setting="avg", top="false", metric="mse")
    assert (cell["mean"], cell["state"]) == (pytest.approx(0.3), "done")
    assert set(cell["runs"]) == {row["run_id"] for row in asked}


def test_other_protocols_are_left_out():
    strict = run(protocol="strict")
    assert reproduced_values(task_results([strict], results(strict, {"mse": 0.4}))).empty


def test_results_stand_beside_the_published_number_with_the_same_top():
    without, with_top = run(96), run(96, top=True)
    found = task_results([without, with_top], results(without, {"mse": 0.5}), results(with_top, {"mse": 0.4}))
    values = Reproduced(reproduced_values(found))
    assert shown("appendix-9", values, "ETTh1", "96").text == "0.500"
    cell = shown("appendix-10", values, "ETTh1", "96")
    assert (cell.kind, cell.text, cell.spread, cell.runs) == (
        "reproduced",
        "0.400",
        "",
        (with_top["run_id"],),
    )
    assert shown("appendix-10", values, "ETTh1", "192").kind == "not requested"


def test_what_is_missing_says_why():
    first, second, third = (run(horizon, top=True) for horizon in (96, 192, 336))
    found = task_results(
        [first, second, third], results(third, {"mse": 0.4}), failed={second["run_id"]: "no memory"}
    )
    values = Reproduced(reproduced_values(found), found.failed)
    kinds = [shown("appendix-10", values, "ETTh1", setting).kind for setting in ("96", "192", "336", "720")]
    assert kinds == ["not run", "failed", "reproduced", "not requested"]
    table = paper_table(definition_of("appendix-10"), values)
    assert table.failures.shown == [(second["run_id"], "no memory")]
    words = next(text for text in table.legend if text.startswith("Cells without a number"))
    assert "– not run" in words
    assert "failed: none" in words
    assert "blank: not requested" in words
    assert "not printed" not in words


def test_row_that_the_paper_left_out_is_there_and_says_so():
    table = paper_table(definition_of("appendix-11"))
    (block,) = (block for block in table.blocks if block[0].names[0] == "ETTm2")
    assert {cell.kind for cell in block[-1].cells} == {"not printed"}
    assert any("n.p. not printed in the paper" in text for text in table.legend)


def test_without_runs_there_is_no_column_for_them():
    table = paper_table(definition_of("main-5"))
    assert not any(column.reproduced for column in table.columns)
    assert any("no run of this table" in note for note in table.notes)


def test_fractions_are_fractions(make):
    value, reproduced = make
    row = value("Heartbeat", "accuracy", 78.04, task="classification", top="", sd=1.26)
    (cell,) = [
        cell
        for block in paper_table(definition_of("appendix-2"), reproduced(row)).blocks
        for line in block
        for cell in line.cells
        if cell.kind == "reproduced"
    ]
    assert (cell.text, cell.spread) == ("0.780", "0.013")


def test_ablations_come_in_by_variant_and_the_ordinary_run_is_one(make):
    value, reproduced = make
    base = value("ETTm1", "mse", 0.019, setting="0.125")
    dcn = reproduced(value("ETTm1", "mse", 0.021, setting="0.125", variant="DCN", top=""))
    values = Reproduced(pd.concat([reproduced(base).values, dcn.values], ignore_index=True)[COLUMNS])
    table = paper_table(definition_of("appendix-1"), values)
    first = dict(
        zip([column.headings[1:] for column in table.columns], table.blocks[0][0].cells, strict=True)
    )
    assert first["MCN", "reproduced (paper)", "MSE"].text == "0.019"
    assert first["DCN", "reproduced (paper)", "MSE"].text == "0.021"
    assert ("Embed", "reproduced (paper)", "MSE") not in first
    assert "No run of Embed is in the configuration." in table.notes
    own = value("ETTm1", "mse", 0.018, setting="0.125", variant="MCN", top="")
    values = Reproduced(pd.concat([values.values, reproduced(own).values], ignore_index=True))
    cells = paper_cells(definition_of("appendix-1"), values)
    assert one(cells, dataset="ETTm1", setting="0.125", metric="mse", variant="MCN")["reproduced"] == 0.018


def test_headline_takes_the_averages_of_its_datasets(make):
    value, reproduced = make
    values = reproduced(
        value("ILI", "mse", 2.1, task="long_term_forecast", setting="avg"),
        value("ILI", "mse", 2.9, task="long_term_forecast", setting="avg", top="false"),
        value("avg", "accuracy", 70.0, task="classification", top=""),
        value("Average", "owa", 0.86, task="short_term_forecast", state="partial"),
    )
    cells = paper_cells(definition_of("main-2"), values)
    ours = cells[cells["model"] == "SpecAR-Net"].set_index("task")["reproduced"].to_dict()
    assert ours == pytest.approx(
        {
            "classification": 70.0,
            "anomaly_detection": float("nan"),
            "short_term_forecast": 0.86,
            "long_term_forecast": 2.1,
            "imputation": float("nan"),
        },
        nan_ok=True,
    )


def test_flagged_numbers_have_a_sign():
    found = pd.DataFrame(
        [
            {
                "source_table": "appendix:4",
                "dataset": "ETTm1",
                "setting": "0.25",
                "model": "SpecAR-Net",
                "variant": "unified",
                "metric": "mse",
            }
        ]
    )
    keys = flagged_keys(found)
    assert keys == {("appendix:4", "ETTm1 / 0.25", "SpecAR-Net / unified", "mse")}
    table = paper_table(definition_of("appendix-4"), flagged=keys)
    signs = [cell.text for block in table.blocks for line in block for cell in line.cells if cell.flagged]
    assert signs == ["0.210"]


def test_records_that_come_with_the_project_are_in_their_tables(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = reproduced_of(plan_of(load_config("config/cached.yaml")))
    cells = paper_cells(DEFINITIONS["appendix-5"], found)
    cell = one(cells, dataset="JapaneseVowels", model="SpecAR-Net", architecture="paper")
    assert (cell["published"], f"{cell['reproduced']:.1f}", cell["seeds"]) == ("98.4", "97.2", 2)
    assert [name.rsplit("-", 2)[1] for name in cell["runs"]] == ["seed2", "seed3"]


def test_columns_are_of_architectures_with_requested_runs_of_the_table():
    asked = [run(96), run(192, top=True, architecture="released")]
    values = Reproduced(reproduced_values(task_results(asked)))
    found = {
        name: {
            column.headings[2]
            for column in paper_table(definition_of(name), values).columns
            if column.reproduced
        }
        for name in ("appendix-9", "appendix-10", "appendix-12")
    }
    assert found == {
        "appendix-9": {"reproduced (paper)"},
        "appendix-10": {"reproduced (released)"},
        "appendix-12": set(),
    }


def test_tables_say_which_settings_are_not_the_authors(tmp_path):
    entry = {"task": "anomaly_detection", "datasets": ["MSL"], "models": ["specar"]}
    values = {
        "results": str(tmp_path / "results"),
        "cache": str(tmp_path / "cached"),
        "matrix": [{**entry, "training": {"batch_size": 16}}],
        "ablations": {"backbone": {"entries": [{**entry, "task_settings": {"train_stride": 50}}]}},
    }
    plan = plan_of(parse_config(values))
    notes = {
        name: " ".join(table_parts(name, plan, reproduced_of(plan))[1].notes)
        for name in ("main-3", "appendix-3")
    }
    assert all("MSL: training.batch_size 16 instead" in text for text in notes.values())
    assert "train_stride 50 instead" in notes["appendix-3"]
    assert "train_stride" not in notes["main-3"]
