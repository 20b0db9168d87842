"""The tidy table: what is computed from which runs, and what stays empty."""

from __future__ import annotations

import csv
import io
import itertools
import math
import statistics
import subprocess
import sys
from importlib.resources import files
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.config.tasks import TASK_INFO
from specar.outputs.names import table_files
from specar.outputs.write import as_csv
from specar.paper.published import main_paper_differences, published
from specar.paper.sources import SOURCES
from specar.tables.task import task_page

from .table_inputs import cell, floors, ledger, results, run, tidy

HORIZONS = [96, 192, 336, 720]
TASKS = list(SOURCES)
SETTINGS = {task: info.setting for task, info in TASK_INFO.items()}


def result(of: dict[str, Any], mse: float, mae: float = 0.5) -> list[dict[str, Any]]:
    return results(of, {"mse": mse, "mae": mae})


def eth1(table: pd.DataFrame, setting: float | str, **where: Any) -> pd.Series:
    where = {"dataset": "ETTh1", "top": False, "metric": "mse", "setting": str(setting), **where}
    return cell(table, **where)


def test_columns() -> None:
    assert ",".join(tidy([run(96)]).columns) == (
        "task,dataset,setting,model,top,protocol,metric,published_as,printed,published,released_log,"
        "ours,sd,seeds,asked,deviation,deviation_unit,floor,state,runs,failed,"
        "floor_last_value,floor_seasonal_naive"
    )


def test_mean_sd_and_deviation_by_hand() -> None:
    matrix = [run(96, seed) for seed in (1, 2, 3)]
    values = (0.40, 0.44, 0.51)
    naive = [
        floors(matrix[0], name, {"mse": 1 + i}) for i, name in enumerate(("seasonal_naive", "last_value"))
    ]
    done = [result(of, mse) for of, mse in zip(matrix, values, strict=True)]
    row = eth1(tidy(matrix, *done, floors=naive), 96)
    assert row.published == 0.442
    assert row.ours == pytest.approx(0.45)
    assert row.sd == pytest.approx(math.sqrt((0.05**2 + 0.01**2 + 0.06**2) / 2))
    assert row.deviation == pytest.approx(100 * 0.008 / 0.442)
    assert (row.deviation_unit, row.seeds, row.state) == ("percent", 3, "done")
    assert (row.floor, row.floor_last_value, row.floor_seasonal_naive) == (1, 2, 1)


def test_one_seed_has_no_sd() -> None:
    row = eth1(tidy([run(96)], result(run(96), 0.4)), 96)
    assert math.isnan(row.sd)
    assert row.ours == 0.4
    assert row.seeds == 1


def test_states_and_what_is_missing_stays_empty() -> None:
    matrix = [run(setting, seed) for setting in (96, 192, 336) for seed in (1, 2)]
    table = tidy(matrix, result(run(96, 1), 0.4), result(run(96, 2), 0.4), result(run(192, 2), 0.5))
    assert [eth1(table, setting).state for setting in HORIZONS] == [
        "done",
        "partial",
        "missing",
        "not requested",
    ]
    assert [eth1(table, setting).seeds for setting in HORIZONS] == [2, 1, 0, 0]
    assert eth1(table, 192).ours == 0.5
    for empty in (eth1(table, 336), eth1(table, 720), eth1(table, 96, top=True), eth1(table, "avg")):
        assert empty[["ours", "sd", "deviation", "floor"]].isna().all()
        assert not math.isnan(empty.published)


def test_a_metric_that_is_not_there_or_not_finite_is_not_done() -> None:
    mse, mae = result(run(96), 0.4)
    assert eth1(tidy([run(96)], [mse]), 96, metric="mae").state == "missing"
    assert eth1(tidy([run(96)], [mse, {**mae, "value": math.inf}]), 96, metric="mae").state == "missing"


def test_average_is_per_seed_first() -> None:
    matrix = [run(setting, seed) for setting in HORIZONS for seed in (1, 2)]
    values = [0.1, 0.5, 0.2, 0.6, 0.3, 0.7, 0.4, 1.0]
    done = [result(of, value) for of, value in zip(matrix, values, strict=True)]
    naive = [floors(of, "last_value", {"mse": x}) for of, x in zip(matrix[::2], (1, 2, 3, 5), strict=True)]
    row = eth1(tidy(matrix, *done, floors=naive), "avg")
    assert row.ours == pytest.approx((0.25 + 0.7) / 2)
    assert row.sd == pytest.approx(statistics.stdev([0.25, 0.7]))
    assert row.deviation == pytest.approx(100 * (0.475 - 0.498) / 0.498)
    assert (row.seeds, row.floor, row.state) == (2, 2.75, "done")


def test_floors_need_no_run_and_averages_of_floors_all_cells() -> None:
    matrix = [run(setting) for setting in HORIZONS]
    naive = [
        *(floors(of, "last_value", {"mse": 2.0}) for of in matrix),
        *(floors(of, "seasonal_naive", {"mse": 1.0}) for of in matrix[:3]),
        floors(run(96, dataset="Weather"), "last_value", {"mse": 9.0}),
    ]
    table = tidy(matrix, floors=naive)
    row, average = eth1(table, 96), eth1(table, "avg")
    assert (row.state, row.floor, row.floor_last_value, row.floor_seasonal_naive) == ("missing", 1, 2, 1)
    assert (average.floor, average.floor_last_value) == (2, 2)
    assert math.isnan(average.floor_seasonal_naive)
    assert math.isnan(eth1(table, 96, metric="mae").floor)
    assert table.loc[table["dataset"] == "Weather", "floor"].isna().all()


@pytest.mark.parametrize(
    ("asked", "done", "state"),
    [
        (HORIZONS, [], "missing"),
        (HORIZONS, [96, 192, 336], "partial"),
        (HORIZONS, HORIZONS, "done"),
        ([96], [96], "not requested"),  # an average over one horizon would be another quantity
    ],
)
def test_average_needs_all_published_settings(asked: list[int], done: list[int], state: str) -> None:
    table = tidy([run(setting) for setting in asked], *(result(run(setting), 0.4) for setting in done))
    row = eth1(table, "avg")
    assert row.state == state
    assert math.isnan(row.ours) == (state != "done")
    assert row.seeds == (1 if state == "done" else 0)


def test_average_of_different_seeds_is_not_made() -> None:
    matrix = [run(96, 1), run(96, 2), *(run(setting, 1) for setting in HORIZONS[1:])]
    row = eth1(tidy(matrix, *(result(of, 0.4) for of in matrix)), "avg")
    assert (row.state, row.seeds) == ("not requested", 0)
    assert math.isnan(row.ours)


def test_average_leaves_out_settings_that_the_paper_does_not_average() -> None:
    matrix = [run(setting) for setting in [48, *HORIZONS]]
    results = [result(of, 9.0 if of["setting"] == "48" else 0.4) for of in matrix]
    table = tidy(matrix, *results)
    assert eth1(table, "avg").ours == pytest.approx(0.4)
    assert eth1(table, 48).ours == 9.0
    assert math.isnan(eth1(table, 48).published)


def test_own_dataset_is_averaged_over_the_matrix() -> None:
    matrix = [run(setting, dataset=name) for name in ("mine", "Another") for setting in (24, 48)]
    table = tidy(matrix, *(result(of, int(of["setting"]) / 100) for of in matrix if of["dataset"] == "mine"))
    row = eth1(table, "avg", dataset="mine")
    assert (row.ours, row.state) == (pytest.approx(0.36), "done")
    assert math.isnan(row.published)
    assert math.isnan(row.deviation)
    assert eth1(table, "avg", dataset="Another").state == "missing"
    assert set(table.loc[table["dataset"] == "mine", "top"]) == {False}


@pytest.mark.parametrize("task", TASKS)
def test_every_published_cell_is_there_once(task: str) -> None:
    expected = printed(task)
    table = tidy([run(0.5, task=task, dataset="mine")], task=task)
    known = table[table["published"].notna()]
    found = {(row.dataset, row.setting, row.top, row.metric): row.published for row in known.itertuples()}
    assert len(found) == len(known) == len(expected)
    assert found == {key: float(text) for key, text in expected.items()}


@pytest.mark.parametrize("task", TASKS)
def test_published_keeps_the_printed_digits(task: str) -> None:
    ours = published(task).query("published_as == 'SpecAR-Net'")
    rows = {(row.dataset, row.setting, row.top, row.metric): row.published for row in ours.itertuples()}
    assert rows == printed(task)


def printed(task: str) -> dict[tuple[str, str, bool, str], str]:
    """The appendix's SpecAR-Net cells, read without the code under test."""
    text = files("specar.paper").joinpath("published", f"{task}.csv").read_text(encoding="utf-8")
    cells = {}
    for row in csv.DictReader(io.StringIO(text)):
        dataset = row.get("dataset") or row["subset"]
        if "subset" in row and dataset.endswith("ly"):
            dataset = f"M4-{dataset}"
        setting = row.get("horizon") or row.get("mask_ratio") or ""
        if row["model"] == "SpecAR-Net" and row["source_table"].startswith("appendix:"):
            cells[dataset, setting, row.get("top") == "true", row["metric"]] = row["value"]
    return cells


def test_the_average_that_the_paper_does_not_print_stays_empty() -> None:
    ratios = [0.125, 0.25, 0.375, 0.5]
    matrix = [
        run(ratio, task="imputation", dataset="ETTm2", top=top) for ratio in ratios for top in (False, True)
    ]
    table = tidy(matrix, *(result(of, 0.02) for of in matrix), task="imputation")
    without, with_top = (eth1(table, "avg", dataset="ETTm2", top=top) for top in (False, True))
    assert (without.ours, without.state) == (pytest.approx(0.02), "done")
    assert math.isnan(without.published)
    assert math.isnan(without.deviation)
    assert with_top.published == 0.021


def test_the_one_average_that_the_main_paper_prints_differently() -> None:
    assert main_paper_differences("long_term_forecast").empty
    (row,) = main_paper_differences("imputation").itertuples()
    assert (row.dataset, row.metric, row.published, row.main) == ("ETTm1", "mae", "0.106", "0.105")


def test_order() -> None:
    matrix = [
        run(96, dataset=name, model=model)
        for name in ("Zoo", "ILI", "Apes")
        for model in ("specar-released", "specar")
    ]
    table = tidy(matrix)
    assert list(table["dataset"].unique()) == [
        "ETTm1", "ETTm2", "ETTh1", "ETTh2", "Electricity", "Traffic", "Weather", "Exchange", "ILI",
        "Zoo", "Apes",
    ]  # fmt: skip
    ili = table[table["dataset"] == "ILI"]
    assert list(ili["setting"].unique()) == ["24", "36", "48", "60", "96", "avg"]
    keys = ["top", "model", "metric"]
    assert ili.loc[ili["setting"] == "24", keys].to_numpy().tolist() == [
        list(key) for key in itertools.product((False, True), ("specar-released", "specar"), ("mse", "mae"))
    ]


def test_models_and_protocols_are_kept_apart() -> None:
    kinds: list[dict[str, Any]] = [{"protocol": name} for name in ("published", "strict")]
    matrix = [run(96, **kind) for kind in kinds]
    table = tidy(matrix, *(result(of, value) for of, value in zip(matrix, (0.4, 0.6), strict=True)))
    assert [eth1(table, 96, **kind).ours for kind in kinds] == [0.4, 0.6]
    assert not (table["model"] == "specar-released").any()


def test_results_of_other_tasks_are_left_out() -> None:
    other_task = run(0.5, task="imputation")
    assert tidy([run(96), other_task], result(other_task, 0.1))["ours"].isna().all()


@settings(deadline=None, max_examples=15)
@given(st.sets(st.tuples(st.sampled_from(HORIZONS), st.integers(1, 3), st.booleans())))
def test_any_part_of_the_matrix_done(done: set[tuple[int, int, bool]]) -> None:
    matrix = [run(h, seed, top=top) for h in HORIZONS for seed in (1, 2, 3) for top in (False, True)]
    finished = [of for of in matrix if (int(of["setting"]), of["seed"], of["top"]) in done]
    table = tidy(matrix, *(result(of, 0.3 + of["seed"] / 10) for of in finished))
    assert len(table) == len(tidy(matrix))
    has_result = table["seeds"] > 0
    assert (table["ours"].notna() == has_result).all()
    assert (table["sd"].notna() == (table["seeds"] > 1)).all()
    assert table.loc[has_result, "ours"].between(0.4, 0.6).all()
    cells = table[(table["dataset"] == "ETTh1") & (table["setting"] != "avg") & (table["metric"] == "mse")]
    assert cells["seeds"].sum() == len(done)
    for top in (False, True):
        number = sum(part == top for _, _, part in done)
        expected = {0: "missing", 12: "done"}.get(number, "partial")
        assert eth1(table, "avg", top=top).state == expected


@settings(deadline=None, max_examples=8)
@given(
    st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=5),
    st.sampled_from([96, 96.0, "96", "96.0"]),
)
def test_csv_keeps_full_precision(values: list[float], horizon: Any) -> None:
    matrix = [run(horizon, seed) for seed, _ in enumerate(values)]
    done = [result(of, value) for of, value in zip(matrix, values, strict=True)]
    rows, _ = task_page(ledger(matrix, *done), "long_term_forecast")
    text = as_csv(rows)
    read = pd.read_csv(io.StringIO(text), dtype={"setting": str}, float_precision="round_trip")
    row = eth1(read, 96)
    assert row.ours == pytest.approx(statistics.fmean(values), rel=1e-14)
    assert row.deviation == 100 * (row.ours - 0.442) / 0.442
    assert (row.seeds, row.state) == (len(values), "done")
    assert row.runs.split() == [of["run_id"] for of in matrix]
    assert "nan" not in text.lower()


@pytest.mark.parametrize("task", TASKS)
def test_averages_are_those_of_the_whole_table(task: str) -> None:
    found = ledger([run(96 if SETTINGS[task] else "", task=task)], task=task)
    full, page = task_page(found, task)
    assert full["ours"].isna().all()
    assert full["published"].notna().any()
    assert [len(page.tables), page.title] == [1, f"{SOURCES[task].title}: published and our runs"]
    if SETTINGS[task]:
        averaged, _ = task_page(found, task, averaged=True)
        assert set(averaged["setting"]) == {"avg"}
        assert averaged.equals(full[full["setting"] == "avg"])


def test_averages_over_settings_have_files_of_their_own() -> None:
    suffixes = ("csv", "md", "tex", "html")
    assert table_files("imputation")[4:] == [f"imputation_averaged.{suffix}" for suffix in suffixes]
    assert table_files("classification") == [f"classification.{suffix}" for suffix in suffixes]


def test_file_names_are_known_without_heavy_imports() -> None:
    code = "import sys, specar.outputs.names; print({'pandas', 'numpy', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
