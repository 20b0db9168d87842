"""Saturated cells of made-up runs, and the ranks without them."""

import pytest

from specar.judge.ranks import rank_table, rankings
from specar.judge.saturation import PLACE, saturation
from specar.judge.verdicts import CONTRADICTED, COPIED, RERUN, rivals_of, verdicts_of

from .ledgers import ledger, one, run

TASK = "long_term_forecast"
DLINEAR = {"model": "dlinear", "published_as": "DLinear"}


def runs_of(mse, spread, dataset="Exchange", setting="96", **named):
    """Three seeds of one cell; its floor is 0.081."""
    return [
        {**row, "floor_last_value": 0.081 if row["metric"] == "mse" else 0.19}
        for seed in (1, 2, 3)
        for row in run(
            dataset, setting, seed, {"mse": mse + spread * (seed - 2), "mae": 0.3}, task=TASK, **named
        )
    ]


def exchange(rows, metric="mse"):
    return one(saturation(ledger(rows).cells), task=TASK, dataset="Exchange", setting="96", metric=metric)


def test_a_cell_is_one_line():
    ours = [*runs_of(0.109, 0.002, top=True), *runs_of(0.13, 0.001)]
    row = exchange([*ours, *runs_of(0.083, 0.0001, **DLINEAR)])
    assert (row["floor"], row["linear"], row["linear_origin"]) == (0.081, pytest.approx(0.083), "re-run")
    assert (row["best_printed"], row["best_printed_of"]) == (0.085, "ETSformer")
    assert (row["ours"], row["sd"]) == pytest.approx((0.109, 0.002))
    assert row["ours_of"] == "specar with TOP"
    assert (row["best"], row["best_of"]) == (0.085, "ETSformer")
    assert row["lead"] == pytest.approx(0.081 - 0.085)
    assert row["saturated"]


@pytest.mark.parametrize(("mse", "spread", "saturated"), [(0.07, 0.001, False), (0.0805, 0.001, True)])
def test_the_lead_has_to_be_more_than_the_spread(mse, spread, saturated):
    row = exchange(runs_of(mse, spread))
    assert row["lead"] == pytest.approx(0.081 - mse)
    assert row["saturated"] == saturated


def test_without_runs_the_printed_linear_model_is_to_beat():
    table = saturation(ledger(runs_of(0.109, 0.002)).cells)
    row = one(table, task=TASK, dataset="Traffic", setting="192", metric="mse")
    assert (row["linear"], row["linear_origin"], row["best_printed_of"]) == (0.598, "printed", "DLinear")
    assert row["best_of"] != "DLinear"
    assert row["lead"] < 0
    assert row["saturated"]
    assert row[["floor", "ours"]].isna().all()
    assert not table.duplicated(PLACE).any()


def test_higher_is_better_of_accuracy():
    rows = run("Handwriting", "", 1, {"accuracy": 90.0}, task="classification")
    row = one(saturation(ledger(rows).cells), dataset="Handwriting", metric="accuracy")
    assert (row["linear"], row["best"], row["best_of"]) == (27.0, 90.0, "specar")
    assert (row["lead"], row["saturated"]) == (63.0, False)


def test_ranks_without_saturated_cells():
    spread = runs_of(0.9, 0.1, setting="720")  # a lead is nothing where seeds differ that much
    made = ledger([*runs_of(0.109, 0.002), *spread])
    table, verdicts = saturation(made.cells), verdicts_of(made)
    left = rankings(verdicts, table[table["saturated"]])
    ranks = rank_table([*rankings(verdicts), *left])
    sizes = ranks[ranks["metric"] == "mse"].groupby(["cells", "source_table"])["datasets"].first()
    saturated = table[(table["task"] == TASK) & (table["metric"] == "mse") & table["saturated"]]
    gone = saturated.groupby("dataset")["setting"].nunique() == 4
    assert sizes["all", "appendix:9"] == 9
    assert sizes["not saturated", "appendix:9"] == 9 - gone.sum() < 9
    nothing = rankings(verdicts, table)
    assert nothing == []


def test_states_of_the_printed_numbers_of_other_models():
    near, far = runs_of(0.088, 0.0001, **DLINEAR), runs_of(0.3, 0.001, setting="192", **DLINEAR)
    few = runs_of(0.9, 0.001, setting="336", **DLINEAR)[:2]
    rows = rivals_of(verdicts_of(ledger([*near, *far, *few, *runs_of(0.1, 0.001)])))
    mse = rows[(rows["dataset"] == "Exchange") & (rows["metric"] == "mse")]
    states = mse[mse["published_as"] == "DLinear"].set_index("setting")[["state", "verdict"]]
    assert tuple(states.loc["96"]) == (RERUN, "equal")
    assert tuple(states.loc["192"]) == (CONTRADICTED, "worse")
    assert tuple(states.loc["336"]) == (RERUN, "undecided")  # of one seed nothing is contradicted
    assert tuple(states.loc["720"]) == (COPIED, "not run")
    assert set(mse.loc[mse["published_as"] == "TimesNet", "state"]) == {COPIED}
    assert "SpecAR-Net" not in set(rows["published_as"])
