"""Our runs beside the published numbers: which, in which unit, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from specar.config import load_config, parse_config
from specar.config.schema import default_models
from specar.config.tasks import TASK_INFO
from specar.paper.definitions import definition_of
from specar.paper.published import parts_of, published
from specar.paper.sources import source_of
from specar.results.ledger import ledger_of
from specar.runs.store import plan_of
from specar.tables.paper import paper_page, paper_table
from specar.tables.paper_cells import flagged_keys, paper_cells
from specar.tables.paper_notes import _PRINTED_ALONE

from ..tables.table_inputs import ledger, results, run

ROOT = Path(__file__).parents[2]


def made(name, found=None, flagged=()):
    """The table of the paper, with what a ledger has."""
    definition = definition_of(name)
    return paper_table(definition, paper_cells(definition, found, flagged), found)


def one(table, **where):
    rows = table
    for name, wanted in where.items():
        rows = rows[rows[name] == wanted]
    assert len(rows) == 1
    return rows.iloc[0]


def shown(name, found, dataset, setting, heading="our runs (specar)"):
    """The cell of the MSE of our runs in the data for rendering, found by its headings."""
    table = made(name, found)
    (block,) = (block for block in table.blocks if block[0].names[0] == dataset)
    (line,) = (line for line in block if line.names[1] == setting)
    headings = [column.headings[-2:] for column in table.columns]
    return line.cells[headings.index((heading, "MSE"))]


def test_values_are_means_over_seeds_and_name_their_runs():
    asked = [run(96, seed) for seed in (1, 2)]
    found = ledger(asked, results(asked[0], {"mse": 0.4}), results(asked[1], {"mse": 0.5}))
    rows = paper_cells(definition_of("appendix-9"), found)
    where = {"dataset": "ETTh1", "setting": "96", "label": "specar"}
    cell = one(rows, metric="mse", **where)
    assert (cell["ours"], cell["seeds"], cell["state"]) == (pytest.approx(0.45), 2, "done")
    assert (cell["model"], cell["top"]) == ("SpecAR-Net", "false")
    assert cell["sd"] == pytest.approx(0.1 / 2**0.5)
    assert cell["runs"] == tuple(row["run_id"] for row in asked)
    assert one(rows, metric="mae", **where)["runs"] == ()


def test_averages_name_the_runs_of_all_their_parts():
    asked = [run(horizon) for horizon in (96, 192, 336, 720)]
    done = [results(row, {"mse": value}) for row, value in zip(asked, (0.1, 0.2, 0.3, 0.6), strict=True)]
    cell = shown("appendix-9", ledger(asked, *done), "ETTh1", "avg")
    assert cell.text == "0.300"
    assert set(cell.runs) == {row["run_id"] for row in asked}


def test_other_protocols_are_left_out():
    strict = run(protocol="strict")
    assert not any(c.own for c in made("appendix-9", ledger([strict], results(strict, {"mse": 1}))).columns)


def test_results_stand_beside_the_published_number_with_the_same_top():
    without, with_top = run(96), run(96, top=True)
    found = ledger([without, with_top], results(without, {"mse": 0.5}), results(with_top, {"mse": 0.4}))
    assert shown("appendix-9", found, "ETTh1", "96").text == "0.500"
    cell = shown("appendix-10", found, "ETTh1", "96")
    assert (cell.kind, cell.text, cell.spread) == ("own", "0.400", "")
    assert cell.runs == (with_top["run_id"],)
    assert shown("appendix-10", found, "ETTh1", "192").kind == "not requested"


def test_what_is_missing_says_why():
    _, second, third = asked = [run(horizon, top=True) for horizon in (96, 192, 336)]
    found = ledger(asked, results(third, {"mse": 0.4}), failed={second["run_id"]: "no memory"})
    kinds = [shown("appendix-10", found, "ETTh1", setting).kind for setting in ("96", "192", "336", "720")]
    assert kinds == ["not run", "failed", "own", "not requested"]
    table = made("appendix-10", found)
    assert table.failures.shown == [(second["run_id"], "no memory")]
    words = next(text for text in table.legend if text.startswith("Cells without a number"))
    assert "– not run" in words
    assert "failed: none" in words
    assert "blank: not requested" in words
    assert "not printed" not in words


def test_row_that_the_paper_left_out_is_there_and_says_so():
    table = made("appendix-11")
    (block,) = (block for block in table.blocks if block[0].names[0] == "ETTm2")
    assert {cell.kind for cell in block[-1].cells} == {"not printed"}
    assert any("n.p. not printed in the paper" in text for text in table.legend)


def test_without_runs_there_is_no_column_for_them():
    table = made("main-5")
    assert not any(column.own for column in table.columns)
    assert any("no run of this table" in note for note in table.notes)


def test_fractions_are_fractions(make):
    value, runs_of = make
    row = value("Heartbeat", "accuracy", 78.04, task="classification", top=False, sd=1.26)
    (cell,) = (cell for cell in made("appendix-2", runs_of(row)).cells if cell.kind == "own")
    assert (cell.text, cell.spread) == ("0.780", "0.013")


def test_ablations_come_in_by_variant_and_the_ordinary_run_is_one(make):
    value, runs_of = make
    base = value("ETTm1", "mse", 0.019, setting="0.125")
    dcn = value("ETTm1", "mse", 0.021, setting="0.125", variant="DCN")
    table = made("appendix-1", runs_of(base, dcn))
    first = dict(
        zip([column.headings[1:] for column in table.columns], table.blocks[0][0].cells, strict=True)
    )
    assert first["MCN", "our runs (specar)", "MSE"].text == "0.019"
    assert first["DCN", "our runs (specar)", "MSE"].text == "0.021"
    assert ("Embed", "our runs (specar)", "MSE") not in first
    assert "No run of Embed is in the configuration." in table.notes
    own = value("ETTm1", "mse", 0.018, setting="0.125", variant="MCN")
    cells = paper_cells(definition_of("appendix-1"), runs_of(base, dcn, own))
    assert one(cells, dataset="ETTm1", setting="0.125", metric="mse", variant="MCN")["ours"] == 0.018


def test_headline_takes_the_averages_of_its_datasets(make):
    value, runs_of = make
    values = runs_of(
        value("ILI", "mse", 2.1, task="long_term_forecast", setting="avg"),
        value("ILI", "mse", 2.9, task="long_term_forecast", setting="avg", top=False),
        value("avg", "accuracy", 70.0, task="classification", top=False),
        value("Average", "owa", 0.86, task="short_term_forecast", state="partial"),
    )
    cells = paper_cells(definition_of("main-2"), values)
    ours = cells[cells["model"] == "SpecAR-Net"].set_index("task")["ours"].to_dict()
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
    assert [cell.text for cell in made("appendix-4", flagged=keys).cells if cell.flagged] == ["0.210"]


def test_records_that_come_with_the_project_are_in_their_tables(monkeypatch):
    monkeypatch.chdir(ROOT)
    cells, _ = paper_page(ledger_of(plan_of(load_config("config/cached.yaml"))), "appendix-5")
    cell = one(cells, dataset="JapaneseVowels", model="SpecAR-Net", label="specar")
    assert (cell["published"], f"{cell['ours']:.1f}", cell["seeds"]) == ("98.4", "97.1", 3)
    assert [name.rsplit("-", 2)[1] for name in cell["runs"]] == ["seed1", "seed2", "seed3"]


def columns(name, found):
    """Headings of the columns of our runs, each once."""
    table = made(name, found)
    return list(dict.fromkeys(c.headings[:3] for c in table.columns if c.own))


def test_columns_are_of_labels_with_requested_runs_of_the_table():
    found = ledger([run(96), run(192, top=True, model="specar-released")])
    assert columns("appendix-9", found) == [("SpecAR-Net", "", "our runs (specar)")]
    assert columns("appendix-10", found) == [("SpecAR-Net", "", "our runs (specar-released)")]
    assert columns("appendix-12", found) == []


MINE = {"module": "mine", "title": "A *small* network"}


def with_mine(published_as=None, **other):
    """Two seeds of SpecAR-Net and of a model of one's own, on the same cells."""
    models = {"mine": {**MINE, "published_as": published_as}}
    asked = [
        run(96, seed, model=label, top=top)
        for label in ("specar", "mine")
        for top in (False, True)
        for seed in (1, 2)
    ]
    done = [results(of, {"mse": 0.2 + of["seed"] / 10 + (of["model"] == "mine"), "mae": 0.5}) for of in asked]
    kept = [of for of in asked if of["model"] in other.get("labels", ("specar", "mine"))]
    return ledger(kept, *done, models=models)


def test_a_model_of_ones_own_stands_under_its_label_and_changes_no_other_column():
    alone, both = with_mine(labels=("specar",)), with_mine()
    assert columns("appendix-9", both)[1:] == [("mine", "", "our runs")]
    assert columns("appendix-10", both)[1:] == [
        ("mine, without TOP", "", "our runs"), ("mine, with TOP", "", "our runs")
    ]  # fmt: skip
    assert shown("appendix-9", both, "ETTh1", "96").text == "0.350"
    assert shown("appendix-9", both, "ETTh1", "96", "our runs").text == "1.350"
    for name in ("appendix-9", "appendix-10"):
        before, after = (paper_cells(definition_of(name), found) for found in (alone, both))
        pd.testing.assert_frame_equal(before, after[after["label"] != "mine"].reset_index(drop=True))
        own = after[after["label"] == "mine"]
        assert set(own["published"]) == {""}
        assert "SpecAR-Net" not in set(own["model"])
        notes = made(name, both).notes
        assert set(made(name, alone).notes) <= set(notes)
        assert any("mine: A *small* network" in note for note in notes)


def test_a_model_that_is_published_stands_beside_its_printed_column():
    for name in ("appendix-9", "appendix-10"):
        rows = paper_cells(definition_of(name), with_mine("DLinear"))
        cell = one(rows, dataset="ETTh1", setting="96", metric="mse", label="mine", model="DLinear")
        assert (cell["published"], cell["ours"], cell["top"]) == ("0.386", pytest.approx(1.35), "false")
    headings = [column.headings[:3] for column in made("appendix-9", with_mine("DLinear")).columns]
    place = headings.index(("DLinear", "", "published"))
    assert headings[place + 2] == ("DLinear", "", "our runs (mine)")
    assert ("mine, with TOP", "", "our runs") in columns("appendix-10", with_mine("DLinear"))


@pytest.mark.parametrize(
    ("name", "model", "column"),
    [
        *((f"main-{number}", "ETSformer", "ETSformer") for number in range(2, 7)),
        *((f"appendix-{number}", "ETSformer", "ETSformer") for number in range(5, 13)),
        ("main-3", "TimesNet", "TimesNet (Inception)"),
        ("appendix-6", "TimesNet", "TimesNet (Inception)"),
    ],
)
def test_every_table_has_runs_of_a_model_beside_its_printed_numbers(name, model, column):
    definition = definition_of(name)
    first = definition.rows[0]
    aggregates = source_of(first.task).aggregates
    datasets = parts_of(first.task, first.dataset) if first.dataset in aggregates else [first.dataset]
    settings = published(first.task).query("dataset in @datasets and setting != 'avg'")["setting"].unique()
    asked = [
        run(setting, task=first.task, dataset=dataset, model="mine")
        for dataset in datasets
        for setting in (settings if len(settings) else [""])
    ]
    entry = {"mine": {"module": "mine", "published_as": model}}
    done = (results(of, dict.fromkeys(first.metrics, 0.5)) for of in asked)
    found = ledger(asked, *done, task=first.task, models=entry)
    models = [column.headings[0] for column in made(name, found).columns]
    rows = paper_cells(definition, found)
    own = rows[rows["label"] == "mine"]
    assert set(own["model"]) == {column}
    assert column in models or definition.form == "model lines"
    printed = ["dataset", "setting", "metric", "model", "published", "mark", "mark_differs"]
    assert own["published"].ne("").any()
    before = paper_cells(definition)[printed]
    pd.testing.assert_frame_equal(rows.drop_duplicates(printed)[printed], before, check_index_type=False)


def test_a_label_that_is_the_name_of_a_printed_model_is_not_taken_for_it():
    asked = [run(96, model="TimesNet")]
    found = ledger(asked, results(asked[0], {"mse": 0.1}), models={"TimesNet": {"module": "mine"}})
    assert columns("appendix-9", found) == [("TimesNet (own)", "", "our runs")]


def test_models_of_ones_own_in_every_form_of_table(make):
    value, runs_of = make
    models = {"mine": MINE}
    found = runs_of(
        value("avg", "f1", 70.0, task="anomaly_detection", top=False, model="mine"),
        value("ETTm1", "mse", 0.5, setting="0.125", model="mine"),
        models=models,
    )
    lines = {line.names: line for block in made("appendix-6", found).blocks for line in block}
    assert lines["mine", "our runs"].cells[-1].text == "70.00"
    backbones = {line.names: line for block in made("appendix-3", found).blocks for line in block}
    assert ("MCN", "") in backbones
    assert ("mine", "our runs") in backbones
    assert ("mine, with TOP", "", "our runs") in columns("appendix-1", found)
    assert ("mine, without TOP", "", "our runs") in columns("main-2", found)


def test_tables_say_which_settings_are_not_the_authors(tmp_path):
    entry = {"task": "anomaly_detection", "datasets": ["MSL"], "models": ["specar"]}
    values = {
        "results": str(tmp_path / "results"),
        "cache": str(tmp_path / "cached"),
        "matrix": [{**entry, "training": {"batch_size": 16}}],
        "ablations": {"backbone": {"entries": [{**entry, "task_settings": {"train_stride": 50}}]}},
    }
    found = ledger_of(plan_of(parse_config(values)))
    notes = {name: " ".join(paper_page(found, name)[1].tables[0].notes) for name in ("main-3", "appendix-3")}
    assert all("MSL: training.batch_size 16 instead" in text for text in notes.values())
    assert "train_stride 50 instead" in notes["appendix-3"]
    assert "train_stride" not in notes["main-3"]


def test_a_printed_model_has_runs_here_or_it_is_said_why_not():
    run_here = {model.published_as for model in default_models().values()}
    printed = {name for task in TASK_INFO for name in published(task)["published_as"]}
    assert set(_PRINTED_ALONE) == printed - run_here
