"""Printed numbers in our keys and unit, and what is published of any model."""

import pytest

from specar.config.entries import printed_models
from specar.config.tasks import TASK_INFO
from specar.data.registry import builtin_datasets
from specar.paper.audit.printed import Paper
from specar.paper.audit.tables import unstated_top
from specar.paper.numbers import KEY, OURS, figure_numbers, printed_numbers
from specar.paper.published import PRINTED, published
from specar.paper.sources import source_of

TASKS = list(TASK_INFO)


def one(table, **where):
    rows = table
    for name, wanted in where.items():
        rows = rows[rows[name] == wanted]
    assert len(rows) == 1, where
    return rows.iloc[0]


@pytest.mark.parametrize("numbers", [printed_numbers(), figure_numbers()], ids=["tables", "figure"])
def test_names_are_those_of_our_runs(numbers):
    assert not numbers.duplicated(KEY).any()
    for task, rows in numbers.groupby("task"):
        known = {*builtin_datasets(), *source_of(task).aggregates}
        assert set(rows["dataset"]) <= known
        settings = set(rows["setting"]) - {"avg"}
        assert all(float(one) > 0 for one in settings) if TASK_INFO[task].setting else settings == {""}
        assert not (rows["top"] & (not TASK_INFO[task].top)).any()


def test_the_headline_has_dataset_and_setting():
    table = printed_numbers().query("source_table == 'main:2' and model == @OURS").set_index("task")
    assert table[["dataset", "setting"]].to_numpy().tolist() == [
        ["avg", ""], ["avg", ""], ["Average", ""], ["ILI", "avg"], ["ETTh1", "avg"]
    ]  # fmt: skip
    assert list(table["paper_dataset"]) == ["UEA avg", "avg", "M4 Average", "ILI avg", "ETTh1 avg"]


def test_numbers_are_percent_and_their_digits_stay():
    numbers = printed_numbers()
    names = {"dataset": "Heartbeat", "variant": "MCN", "metric": "accuracy"}
    fraction = one(numbers, source_table="appendix:2", **names)
    assert (fraction["number"], fraction["unit"]) == (100 * float(fraction["value"]), 100)
    percent = one(numbers, source_table="appendix:5", dataset="Heartbeat", model=OURS)
    assert percent["number"] == float(percent["value"]) == pytest.approx(fraction["number"], abs=0.06)
    assert one(figure_numbers(), dataset="PEMS-SF", variant="1")["number"] == 90.0


def test_unstated_top_is_what_the_audit_reads_it_as():
    numbers = printed_numbers()
    unstated = numbers[~numbers["stated_top"] & (numbers["model"] == OURS)].groupby("source_table")["top"]
    read = {found.source_table: found.implied == "with TOP" for found in unstated_top(Paper())}
    assert {table: set(top) for table, top in unstated} == {table: {top} for table, top in read.items()}
    assert read.keys() == {"main:2", "release:2", "appendix:1", "appendix:4"}


@pytest.mark.parametrize("task", TASKS)
def test_every_model_is_published_once(task):
    table = published(task)
    assert not table.duplicated(PRINTED).any()
    assert not table.loc[table["published_as"] != OURS, "top"].any()
    assert set(table.loc[table["published_as"] == OURS, "top"]) == (
        {False, True} if TASK_INFO[task].top else {False}
    )
    assert {name.partition(" (")[0] for name in table["published_as"]} <= set(printed_models())


def test_other_models_have_the_number_of_the_first_table_that_prints_it():
    imputation = published("imputation")
    # Tables 11 and 12 print 0.201 alike; the average of ETTm2 is in the second only.
    dlinear = {"published_as": "DLinear", "metric": "mse", "setting": "avg"}
    assert one(imputation, dataset="ETTh1", **dlinear)["published"] == "0.201"
    assert one(imputation, dataset="ETTm2", **dlinear)["published"] == "0.096"
    ours = imputation.query("published_as == @OURS and dataset == 'ETTm2' and setting == 'avg'")
    assert list(ours["top"].unique()) == [True]
    m4 = one(published("short_term_forecast"), published_as="DLinear", dataset="M4-Yearly", metric="smape")
    assert (
        m4["published"]
        == one(
            printed_numbers(), source_table="appendix:7", model="DLinear", dataset="M4-Yearly", metric="smape"
        )["value"]
    )
