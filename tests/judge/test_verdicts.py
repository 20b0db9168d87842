"""The table of verdicts, of made-up runs, and the files of a judgement."""

import pandas as pd
import pytest

from specar.judge.judgement import judge
from specar.judge.rules import EQUAL, NOT_RUN, UNDECIDED, VERDICTS, WORSE
from specar.judge.verdicts import summary, verdicts_of
from specar.outputs.names import judgement_files
from specar.outputs.write import write_judgement
from specar.paper.published import published
from specar.results.ledger import ledger_of
from specar.runs.store import plan_of_values

from .ledgers import OURS, ledger, one, run

TASK, SETTINGS = "long_term_forecast", ("96", "192", "336", "720")


def of_ours():
    table = published(TASK)
    return table[table["published_as"] == OURS]


@pytest.fixture(scope="module")
def table():
    """Three seeds of the four horizons of ETTh1: one run of 192 failed, two of 336 are missing."""
    rows, missing = [], [("192", 3), ("336", 2), ("336", 3)]
    for setting in SETTINGS:
        for seed in (1, 2, 3):
            gone = (setting, seed) in missing
            values = None if gone else {"mse": 0.4 + 0.0001 * seed, "mae": 0.4}
            rows += run("ETTh1", setting, seed, values, task=TASK, failed=(setting, seed) == ("192", 3))
    failed = {run("ETTh1", "192", 3, task=TASK)[0]["run_id"]: "NotFinite: the loss became nan"}
    return verdicts_of(ledger(rows, failed))


def of_etth1(table, setting):
    return one(table, dataset="ETTh1", setting=setting, top=False, metric="mse")


def test_rows(table):
    assert len(table) == len(of_ours())
    row = of_etth1(table, "96")
    printed = float(row["published"])
    assert row["difference"] == pytest.approx(0.4002 - printed)
    assert row["deviation"] == pytest.approx(100 * (0.4002 - printed) / printed)
    assert row["margin"] == pytest.approx(0.03 * printed)
    assert row["runs"].split() == [run("ETTh1", "96", seed, task=TASK)[0]["run_id"] for seed in (1, 2, 3)]
    assert (row["seeds"], row["seeds_asked"], row["reason"]) == (3, 3, "")
    assert row["inside_margin"] == (row["verdict"] == EQUAL)


def test_what_is_missing_is_said(table):
    failed = f"failed: {run('ETTh1', '192', 3, task=TASK)[0]['run_id']}: NotFinite: the loss became nan"
    row = of_etth1(table, "192")
    assert (row["verdict"], row["reason"]) == (
        UNDECIDED,
        f"2 seeds, outside the margin; 2 of 3 seeds done; {failed}",
    )
    single = of_etth1(table, "336")
    assert single["verdict"] == UNDECIDED
    assert single["reason"].startswith("1 seed, ")
    assert single["reason"].endswith("; 1 of 3 seeds done")
    average = of_etth1(table, "avg")
    assert average["verdict"] == NOT_RUN
    assert average["reason"] == f"not all of its parts are done, 9 runs of them; {failed}"
    assert len(average["runs"].split()) == 9
    other = one(table, dataset="ILI", setting="24", top=False, metric="mse")
    assert (other["verdict"], other["reason"], other["runs"]) == (NOT_RUN, "not asked for", "")


def test_averages_are_judged_by_the_averages_of_seeds():
    rows = []
    for setting in SETTINGS:
        for seed in (1, 2, 3):
            rows += run("ETTh1", setting, seed, {"mse": 0.4 + 0.01 * seed, "mae": 1}, task=TASK)
    row = of_etth1(verdicts_of(ledger(rows)), "avg")
    assert row["ours"] == pytest.approx(0.42)
    assert len(row["runs"].split()) == 12


def test_no_word_from_fewer_than_three_seeds():
    printed = of_ours().query("dataset == 'ETTh1' and setting == '96' and not top").set_index("metric")
    same = printed["published"].astype(float).to_dict()
    for values, word in ((same, EQUAL), ({name: 2 * value for name, value in same.items()}, WORSE)):
        two, three = (
            verdicts_of(
                ledger([row for seed in seeds for row in run("ETTh1", "96", seed, values, task=TASK)])
            )
            for seeds in ((1, 2), (1, 2, 3))
        )
        assert set(two["verdict"]) == {UNDECIDED, NOT_RUN}
        assert set(three["verdict"]) == {word, NOT_RUN}


def test_runs_that_have_not_converged_are_named():
    rows = [
        row for seed in (1, 2, 3) for row in run("ETTh1", "96", seed, {"mse": 0.4, "mae": 0.4}, task=TASK)
    ]
    names = frozenset({rows[0]["run_id"], "another"})
    reasons = verdicts_of(ledger(rows), names).query("seeds > 0")["reason"]
    assert list(reasons) == ["all seeds equal; not converged: 1 of 3 runs"] * 2


def test_a_precision_that_is_not_that_of_the_authors_is_named():
    cell = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "models": ["specar"]}
    reasons = []
    for precision in ("bf16", "fp32"):
        plan = plan_of_values({"matrix": [{**cell, "top": [False], "training": {"precision": precision}}]})
        rows = [
            row
            for name, seed in zip(plan.runs, (1, 2, 3), strict=True)
            for row in run("ETTh1", "0.25", seed, {"mse": 1, "mae": 1}, run_id=name)
        ]
        reasons += verdicts_of(ledger(rows, plan=plan)).query("seeds > 0")["reason"].to_list()
    assert reasons == ["all seeds equal; bf16: 3 of 3 runs"] * 2 + ["all seeds equal"] * 2


def test_other_protocols_are_not_compared():
    strict = verdicts_of(ledger(run("ETTh1", "96", 1, {"mse": 1, "mae": 1}, task=TASK, protocol="strict")))
    assert strict.empty
    assert list(summary(strict)) == ["task", "top", "model", "cells", *VERDICTS]


def test_models_are_compared_with_their_own_printed_name():
    """0.386 and 0.400 are what appendix Table 9 prints of DLinear on ETTh1 at 96 steps."""
    values = [0.386, 0.3861, 0.3859]
    rows = [
        row
        for name in ("DLinear", "")
        for seed, value in enumerate(values)
        for row in run(
            "ETTh1",
            "96",
            seed,
            {"mse": value, "mae": 0.4},
            task=TASK,
            model=name or "mine",
            published_as=name,
        )
    ]
    found = verdicts_of(ledger(rows))
    assert set(found["model"]) == {"DLinear"}
    row = of_etth1(found, "96")
    assert (row["published"], row["published_as"], row["verdict"]) == ("0.386", "DLinear", EQUAL)
    assert len(found) == (published(TASK)["published_as"] == "DLinear").sum()


def test_summary(table):
    counts = summary(table).set_index("top")
    assert (counts[list(VERDICTS)].sum(axis=1) == counts["cells"]).all()
    assert counts.loc[True, NOT_RUN] == counts.loc[True, "cells"]
    assert counts.loc[False, UNDECIDED] >= 4  # MSE and MAE of horizons 192 and 336


def test_files_of_a_plan_without_records(tmp_path):
    matrix = [{"task": "classification", "datasets": ["Handwriting"]}]
    plan = plan_of_values(
        {"results": str(tmp_path), "cache": str(tmp_path), "note": "A *note*.", "matrix": matrix}
    )
    judgement = judge(ledger_of(plan))
    assert (judgement.verdicts["verdict"] == NOT_RUN).all()
    written = write_judgement(judgement, plan.judgement)
    assert {path.name for path in written} == set(judgement_files())
    assert {path.name for path in plan.judgement.iterdir()} == set(judgement_files())
    text = (plan.judgement / "verdicts.md").read_text()
    assert r"A \*note\*." in text
    assert f"0 of {len(judgement.verdicts)} published cells" in text
    back = pd.read_csv(plan.judgement / "verdicts.csv")
    assert list(back["dataset"]) == list(judgement.verdicts["dataset"])
    assert "cannot be judged" in (plan.judgement / "claims.md").read_text()
