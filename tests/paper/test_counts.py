"""Better, equal and worse, counted by hand and on the printed tables."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specar.paper.counts import Counts, count, face_to_face, margins
from specar.paper.numbers import OURS, printed_numbers


def series(*values):
    return pd.Series(list(values))


def test_direction_depends_on_the_metric():
    found = margins(
        series(0.2, 0.2, 90.0, 90.0), series(0.3, 0.1, 80.0, 95.0), series("mse", "mae", "f1", "accuracy")
    )
    assert list(found.round(6)) == [0.1, -0.1, 10, -5]


def test_missing_values_are_not_counted():
    counts = count(series(0.1, 0.0, -0.1, float("nan")))
    assert counts == Counts(1, 1, 1)
    assert not counts.everywhere


@pytest.mark.parametrize(
    ("counts", "everywhere"),
    [(Counts(3, 0, 0), True), (Counts(2, 1, 0), False), (Counts(2, 0, 1), False), (Counts(0, 0, 0), False)],
)
def test_what_a_claim_needs(counts, everywhere):
    assert counts.everywhere == everywhere


@given(st.lists(st.sampled_from([-0.001, 0.0, 0.001])))
def test_turning_the_sides_turns_the_counts(values):
    margin = pd.Series(values, dtype=float)
    there, back = count(margin), count(-margin)
    assert (there.better, there.equal, there.worse) == (back.worse, back.equal, back.better)
    assert there.total == len(values)


def test_main_table_4():
    """sMAPE 11.844 against TimesNet's 11.829; MASE and OWA are the best of the row."""
    numbers = printed_numbers()
    found = face_to_face(numbers[numbers["source_table"] == "main:4"], {"model": OURS})
    assert found.set_index("metric")["theirs"].to_dict() == {"smape": 11.829, "mase": 1.585, "owa": 0.851}
    assert count(found["margin"]) == Counts(2, 0, 1)


def test_sides_of_different_tables():
    numbers = printed_numbers()
    found = face_to_face(
        numbers[(numbers["task"] == "long_term_forecast") & (numbers["model"] == OURS)],
        {"source_table": "appendix:10", "top": True},
        {"source_table": "appendix:9", "top": False},
    )
    assert len(found) == 2 * 9 * 5
    row = found[(found["dataset"] == "ETTh2") & (found["setting"] == "96") & (found["metric"] == "mse")]
    assert row[["ours", "theirs", "margin"]].to_numpy().round(6).tolist() == [[0.352, 0.339, -0.013]]
