"""The benchmark of precisions compares pairs of records, and the page shows the table that decides."""

from dataclasses import replace
from pathlib import Path

import pytest

from specar.config.precision import read_table

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import precision

    return precision


def record(seed, precision, mse):
    return {
        **{"task": "imputation", "model": "specar", "dataset": "ETTh2", "setting": 0.25, "seed": seed},
        "config": {"training": {"precision": precision}},
        "metrics": {"mse": mse, "mae": 2 * mse},
        "provenance": {
            "device": {"name": "A CPU"},
            "versions": {"torch": "2.13"},
            "git": {"commit": "0123456789"},
        },
    }


def test_records_are_compared_seed_by_seed(module):
    base, other = (
        [record(seed, name, mse) for seed, mse in enumerate(values, start=1)]
        for name, values in (("fp32", [1.0, 1.2, 1.4]), ("bf16", [1.1, 1.2, 1.4]))
    )
    first, second = module.comparisons(base, other)
    assert (first.where, first.metric, first.precision, first.seeds) == (
        "ETTh2 0.25",
        "mse",
        "bf16",
        [1, 2, 3],
    )
    assert first.changes == {}
    assert (first.between_seeds, first.largest) == pytest.approx((0.2, 0.1))
    assert second.other == [2.2, 2.4, 2.8]
    assert "within" in module.line_of(first)
    with pytest.raises(SystemExit, match="different seeds"):
        module.comparisons(base[:2], other)


def test_new_comparisons_replace_those_of_the_same_task(module):
    (row, *_) = old = read_table()
    new = replace(row, seeds=[4, 5, 6])
    kept = [one for one in old if one.task != row.task]
    assert module.merged(old, [new]) == sorted([*kept, new], key=lambda one: (one.task, one.model))


def test_the_page_shows_the_table(module):
    page = module.PAGE.read_text("utf-8")
    assert module.with_table(page, read_table()) == page, "benchmarks/precision.py --write writes it anew"
