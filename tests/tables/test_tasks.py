"""Aggregates, units and metrics of the tasks whose lines are datasets, by hand."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pandas as pd
import pytest

from specar.paper.published import printed_datasets, released_log
from specar.paper.sources import SOURCES, metrics_of

from .table_inputs import M4, cell, floors, results, run, tidy

STRICT_ONLY = [
    "raw_precision",
    "raw_recall",
    "raw_f1",
    "best_f1",
    "auc_roc",
    "auc_pr",
    "pa_k_auc",
    "vus_pr",
    "vus_pr_tsb_ad",
    "pa_f1",
]


def m4(name: str, **other: Any) -> dict[str, Any]:
    return run("", **{"task": "short_term_forecast", "dataset": f"M4-{name}", **other})


def m4_results(of: dict[str, Any], smape: float, mase: float) -> list[dict[str, Any]]:
    # The recorded OWA is not what the aggregates are made of.
    return results(of, {"smape": smape, "mase": mase, "owa": 9.0}, M4[of["dataset"].removeprefix("M4-")])


def naive2(of: dict[str, Any], smape: float, mase: float) -> list[dict[str, Any]]:
    values = {"smape": smape, "mase": mase, "owa": 1.0}
    return floors(of, "naive2", values, M4[of["dataset"].removeprefix("M4-")])


def m4_cell(table: pd.DataFrame, dataset: str, metric: str) -> pd.Series:
    return cell(table, dataset=dataset, metric=metric, top=False)


def test_m4_others_are_weighted_by_series() -> None:
    matrix = [m4(name) for name in ("Weekly", "Daily", "Hourly")]
    done = [m4_results(of, *values) for of, values in zip(matrix, ((8, 2), (3, 3), (12, 1)), strict=True)]
    naive = [naive2(of, *values) for of, values in zip(matrix, ((9, 2.5), (3, 3.2), (18, 2)), strict=True)]
    table = tidy(matrix, *done, task="short_term_forecast", floors=naive)
    smape = (359 * 8 + 4227 * 3 + 414 * 12) / 5000
    mase = (359 * 2 + 4227 * 3 + 414 * 1) / 5000
    naive_smape = (359 * 9 + 4227 * 3 + 414 * 18) / 5000
    naive_mase = (359 * 2.5 + 4227 * 3.2 + 414 * 2) / 5000
    found = {metric: m4_cell(table, "Others", metric) for metric in ("smape", "mase", "owa")}
    assert found["smape"].ours == pytest.approx(smape)
    assert found["mase"].ours == pytest.approx(mase)
    assert found["owa"].ours == pytest.approx((smape / naive_smape + mase / naive_mase) / 2)
    assert found["smape"].floor_naive2 == pytest.approx(naive_smape)
    assert found["owa"].floor_naive2 == pytest.approx(1)
    assert found["smape"].published == 4.872
    assert found["smape"].deviation == pytest.approx(100 * (smape - 4.872) / 4.872)
    assert m4_cell(table, "Average", "smape").state == "not requested"
    assert m4_cell(table, "M4-Weekly", "owa").ours == 9.0
    assert math.isnan(m4_cell(table, "M4-Weekly", "owa").published)


def test_m4_average_of_all_six_and_spread_over_seeds() -> None:
    matrix = [m4(name, seed=seed) for name in M4 for seed in (1, 2)]
    done = [m4_results(of, 10.0 + of["seed"], 2.0 * of["seed"]) for of in matrix]
    table = tidy(
        matrix,
        *done,
        task="short_term_forecast",
        floors=[naive2(of, 20, 4) for of in matrix if of["seed"] == 1],
    )
    smape, owa = (m4_cell(table, "Average", metric) for metric in ("smape", "owa"))
    assert (smape.ours, smape.seeds, smape.published) == (pytest.approx(11.5), 2, 11.991)
    per_seed = [(11 / 20 + 2 / 4) / 2, (12 / 20 + 4 / 4) / 2]
    assert owa.ours == pytest.approx(statistics.fmean(per_seed))
    assert owa.sd == pytest.approx(statistics.stdev(per_seed))


def test_m4_owa_of_another_baseline_and_without_naive2() -> None:
    matrix = [m4(name) for name in ("Weekly", "Daily", "Hourly")]
    done = [m4_results(of, 6, 3) for of in matrix]
    last = [floors(of, "last_value", {"smape": 8, "mase": 6, "owa": 7}, 100) for of in matrix]
    table = tidy(
        matrix, *done, task="short_term_forecast", floors=[*last, *(naive2(of, 4, 2) for of in matrix)]
    )
    assert m4_cell(table, "Others", "owa").floor_last_value == pytest.approx((8 / 4 + 6 / 2) / 2)
    assert m4_cell(table, "Others", "owa").floor == pytest.approx(1)
    absent = tidy(matrix, *done, task="short_term_forecast", floors=last)
    assert m4_cell(absent, "Others", "smape").state == "done"
    assert m4_cell(absent, "Others", "owa").state == "partial"
    assert math.isnan(m4_cell(absent, "Others", "owa").ours)


def test_m4_aggregate_needs_every_part_and_seed() -> None:
    matrix = [m4(name, seed=seed) for name in ("Weekly", "Daily", "Hourly") for seed in (1, 2)]
    table = tidy(matrix, *(m4_results(of, 6, 3) for of in matrix[1:]), task="short_term_forecast")
    row = m4_cell(table, "Others", "smape")
    assert (row.state, row.seeds) == ("partial", 0)
    assert m4_cell(table, "M4-Weekly", "smape").state == "partial"


def test_m4_order() -> None:
    table = tidy([m4("Hourly"), m4("Daily"), m4("Mine")], task="short_term_forecast")
    names = ["Yearly", "Quarterly", "Monthly", "Daily", "Hourly"]
    assert list(table["dataset"].unique()) == [
        *(f"M4-{name}" for name in names),
        "Others",
        "Average",
        "M4-Mine",
    ]
    assert set(table["setting"]) == {""}


def uea(name: str, **other: Any) -> dict[str, Any]:
    return run("", **{"task": "classification", "dataset": name, **other})


def test_classification_in_percent_with_the_average_of_ten() -> None:
    names = printed_datasets("classification")
    assert len(names) == 10
    matrix = [uea(name) for name in names]
    done = [results(of, {"accuracy": i / 10, "macro_f1": 0.5}) for i, of in enumerate(matrix)]
    naive = [floors(of, "majority_class", {"accuracy": 0.25, "macro_f1": 0.125}) for of in matrix]
    table = tidy(matrix, *done, task="classification", floors=naive)
    average = cell(table, dataset="avg", metric="accuracy")
    assert average.ours == pytest.approx(45)
    assert (average.published, average.deviation_unit) == (74.7, "points")
    assert average.deviation == pytest.approx(45 - 74.7)
    assert average.released_log == pytest.approx(70.1, abs=0.05)
    assert average.floor_majority_class == average.floor == 25
    assert cell(table, dataset="avg", metric="macro_f1").ours == 50
    assert math.isnan(cell(table, dataset="avg", metric="macro_f1").published)
    assert cell(table, dataset="PEMS-SF", metric="accuracy").deviation == pytest.approx(50 - 90.2)
    some = tidy(matrix[1:], *done[1:], task="classification")
    assert cell(some, dataset="avg", metric="accuracy").state == "not requested"
    assert cell(some, dataset="EthanolConcentration", metric="accuracy").state == "not requested"


def test_released_log_is_the_authors() -> None:
    log = released_log("classification").set_index("dataset")["released_log"]
    assert log["Heartbeat"] == pytest.approx(76.58536585)
    assert len(log) == 11
    assert released_log("imputation").empty


def smd(name: str = "SMD", **other: Any) -> dict[str, Any]:
    return run("", **{"task": "anomaly_detection", "dataset": name, **other})


def test_anomaly_detection_published() -> None:
    names = printed_datasets("anomaly_detection")
    matrix = [smd(name, seed=seed) for name in names for seed in (1, 2)]
    done = [results(of, {"precision": 0.9, "recall": 0.8, "f1": 0.8 + of["seed"] / 100}) for of in matrix]
    naive = [
        row
        for of in matrix[::2]
        for row in (floors(of, "random", {"f1": 0.91}), floors(of, "pca", {"f1": 0.7}))
    ]
    table = tidy(matrix, *done, task="anomaly_detection", floors=naive)
    row = cell(table, dataset="avg", metric="f1")
    assert (row.published, row.ours, row.seeds) == (86.45, pytest.approx(81.5), 2)
    assert row.deviation == pytest.approx(81.5 - 86.45)
    # The best floor of a metric of which more is better is the highest.
    assert (row.floor, row.floor_random, row.floor_pca) == tuple(map(pytest.approx, (91, 91, 70)))
    assert math.isnan(cell(table, dataset="avg", metric="precision").published)
    assert cell(table, dataset="avg", metric="precision").ours == pytest.approx(90)
    assert list(table["metric"].unique()) == ["precision", "recall", "f1"]


def test_anomaly_detection_strict_has_nothing_published() -> None:
    matrix = [smd(protocol="strict"), smd(protocol="published")]
    table = tidy(
        matrix,
        results(matrix[0], {"raw_f1": 0.5}),
        results(matrix[1], {"f1": 0.75}),
        task="anomaly_detection",
    )
    strict = table[table["protocol"] == "strict"]
    assert list(strict["metric"].unique()) == STRICT_ONLY
    assert strict["published"].isna().all()
    assert set(strict["dataset"]) == {"SMD", "avg"}
    assert cell(strict, dataset="SMD", metric="raw_f1").ours == 50
    assert cell(table, dataset="SMD", metric="f1").deviation == pytest.approx(75 - 86.55)


def test_a_dataset_that_is_not_requested_leaves_the_average_empty() -> None:
    names = [name for name in printed_datasets("anomaly_detection") if name != "SWaT"]
    matrix = [smd(name) for name in names]
    table = tidy(matrix, *(results(of, {"f1": 0.9}) for of in matrix), task="anomaly_detection")
    swat, average = (cell(table, dataset=name, metric="f1") for name in ("SWaT", "avg"))
    assert swat.state == average.state == "not requested"
    assert (swat.published, average.published) == (93.42, 86.45)
    assert math.isnan(average.ours)


@pytest.mark.parametrize("task", SOURCES)
def test_a_task_reports_its_metrics(task: str) -> None:
    table = tidy([run(0.5, task=task, dataset="mine", protocol="strict")], task=task)
    own = table[table["dataset"] == "mine"]
    assert list(own["metric"].unique()) == list(metrics_of(task, "strict"))
    assert (table["seeds"] == 0).all()
