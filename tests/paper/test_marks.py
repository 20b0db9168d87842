"""Best and second best cells."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.paper.definitions import DEFINITIONS
from specar.tables.paper_cells import paper_cells, with_marks

LISTED = Path(__file__).parents[3] / "shared" / "paper" / "inconsistencies.csv"


def row(numbers, metric="mse", colours=None):
    names = {"task": "imputation", "dataset": "ETTh1", "setting": "0.25", "metric": metric}
    marks = colours or [""] * len(numbers)
    return pd.DataFrame(
        [{**names, "number": n, "printed_mark": m} for n, m in zip(numbers, marks, strict=True)]
    )


def marks(*arguments, **other):
    return list(with_marks(row(*arguments, **other))["mark"])


def test_lower_errors_and_higher_scores_are_better():
    assert marks([0.3, 0.1, 0.2]) == ["", "first", "second"]
    assert marks([70.0, 90.0, 80.0], metric="accuracy") == ["", "first", "second"]


def test_equal_numbers_share_a_mark_and_the_next_number_is_second():
    assert marks([0.1, 0.1, 0.2, 0.2, 0.3]) == ["first", "first", "second", "second", ""]


def test_what_is_not_printed_has_no_mark():
    assert marks([float("nan"), 0.2, float("nan"), 0.1]) == ["", "second", "", "first"]


def test_colours_are_compared_only_where_a_row_has_any_and_only_those_in_use():
    plain = with_marks(row([0.1, 0.2]))
    assert not plain["mark_differs"].any()
    both = with_marks(row([0.1, 0.2, 0.3], colours=["second", "first", ""]))
    assert list(both["mark_differs"]) == [True, True, False]
    only_first = with_marks(row([0.1, 0.2, 0.3], colours=["first", "", ""]))
    assert list(only_first["mark"]) == ["first", "second", ""]
    assert not only_first["mark_differs"].any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5).map(lambda n: n / 10), min_size=1, max_size=8), st.booleans())
def test_marks_are_the_two_best_distinct_numbers(numbers, higher):
    best = sorted(set(numbers), reverse=higher)
    wanted = dict(zip(best, ("first", "second"), strict=False))
    assert marks(numbers, metric="f1" if higher else "mae") == [wanted.get(n, "") for n in numbers]


@pytest.mark.skipif(not LISTED.exists(), reason="the list of known faults is not there")
def test_colours_differ_where_they_are_known_to():
    with LISTED.open(encoding="utf-8", newline="") as file:
        known = {
            (item["table"], item["row"], item["column"].split(" / ")[0])
            for item in csv.DictReader(file)
            if item["kind"] == "mark" and item["table"].startswith("appendix")
        }
    found = set()
    for definition in DEFINITIONS.values():
        cells = paper_cells(definition)
        for cell in cells[cells["mark_differs"]].itertuples():
            names = (str(cell.dataset).removeprefix("M4-"), str(cell.setting))  # as the paper calls them
            place = " / ".join(filter(None, names))
            found.add((definition.source_table, place, str(cell.metric)))
    assert found == known
