"""The table of verdicts, of made-up runs, and the files of a judgement."""

import pandas as pd
import pytest

from specar.judge.files import judgement_files
from specar.judge.judgement import judge
from specar.judge.rules import INCONCLUSIVE, NOT_RUN, REPRODUCED, VERDICTS
from specar.judge.verdicts import summary, verdicts_of
from specar.judge.write import write_judgement
from specar.paper.published import published
from specar.results.compare import compare
from specar.results.inputs import runs_of
from specar.results.ledger import TaskResults
from specar.runs.store import plan_of_values

from ..tables.table_inputs import cell, results, run

TASK, SETTINGS = "long_term_forecast", (96, 192, 336, 720)


def verdicts(matrix, done, failed=None):
    inputs = (TASK, pd.DataFrame(done), pd.DataFrame(), matrix, failed)
    return verdicts_of(TaskResults(TASK, compare(*inputs), runs_of(*inputs), failed or {}))


@pytest.fixture(scope="module")
def table():
    """Three seeds of the four horizons of ETTh1: one run of 192 failed, two of 336 are missing."""
    matrix = [run(setting, seed) for setting in SETTINGS for seed in (1, 2, 3)]
    gone = [(192, 3), (336, 2), (336, 3)]
    done = []
    for one in matrix:
        if (one["setting"], one["seed"]) not in gone:
            done += results(one, {"mse": 0.4 + 0.0001 * one["seed"], "mae": 0.4})
    return verdicts(matrix, done, {run(192, 3)["run_id"]: "NotFinite: the loss became nan"})


def of_etth1(table, setting):
    return cell(table, dataset="ETTh1", setting=setting, top=False, metric="mse")


def test_rows(table):
    assert len(table) == len(published(TASK))
    row = of_etth1(table, "96")
    printed = float(row["published"])
    assert row["difference"] == pytest.approx(0.4002 - printed)
    assert row["deviation"] == pytest.approx(100 * (0.4002 - printed) / printed)
    assert row["margin"] == pytest.approx(0.03 * printed + 0.0005)
    assert row["runs"].split() == [run(96, seed)["run_id"] for seed in (1, 2, 3)]
    assert (row["seeds"], row["seeds_asked"], row["reason"]) == (3, 3, "")
    assert row["inside_margin"] == (row["verdict"] == REPRODUCED)


def test_what_is_missing_is_said(table):
    failed = f"failed: {run(192, 3)['run_id']}: NotFinite: the loss became nan"
    assert of_etth1(table, "192")["reason"] == f"2 of 3 runs done; {failed}"
    one = of_etth1(table, "336")
    assert one["verdict"] == INCONCLUSIVE
    assert one["reason"].startswith("1 seed, ")
    assert one["reason"].endswith("; 1 of 3 runs done")
    average = of_etth1(table, "avg")
    assert (average["verdict"], average["reason"]) == (NOT_RUN, f"9 of 12 runs done; {failed}")
    assert len(average["runs"].split()) == 9
    other = cell(table, dataset="ILI", setting="24", top=False, metric="mse")
    assert (other["verdict"], other["reason"], other["runs"]) == (NOT_RUN, "not asked for", "")


def test_averages_are_judged_by_the_averages_of_seeds():
    matrix = [run(setting, seed) for setting in SETTINGS for seed in (1, 2)]
    done = [row for one in matrix for row in results(one, {"mse": 0.4 + 0.01 * one["seed"], "mae": 1})]
    row = of_etth1(verdicts(matrix, done), "avg")
    assert row["reproduced"] == pytest.approx(0.415)
    assert len(row["runs"].split()) == 8


def test_other_protocols_are_not_compared():
    strict = verdicts([run(protocol="strict")], results(run(protocol="strict"), {"mse": 1, "mae": 1}))
    assert strict.empty
    assert list(summary(strict)) == ["task", "top", "architecture", "cells", *VERDICTS]


def test_summary(table):
    counts = summary(table).set_index("top")
    assert (counts[list(VERDICTS)].sum(axis=1) == counts["cells"]).all()
    assert counts.loc[True, NOT_RUN] == counts.loc[True, "cells"]
    assert counts.loc[False, INCONCLUSIVE] >= 2  # MSE and MAE of horizon 336


def test_files_of_a_plan_without_records(tmp_path):
    matrix = [{"task": "classification", "datasets": ["Handwriting"]}]
    plan = plan_of_values(
        {"results": str(tmp_path), "cache": str(tmp_path), "note": "A *note*.", "matrix": matrix}
    )
    judgement = judge(plan)
    assert (judgement.verdicts["verdict"] == NOT_RUN).all()
    written = write_judgement(judgement, plan.judgement)
    assert [path.name for path in written] == judgement_files()
    assert {path.name for path in plan.judgement.iterdir()} == set(judgement_files())
    text = (plan.judgement / "verdicts.md").read_text()
    assert r"A \*note\*." in text
    assert "0 of 22 published cells" in text
    back = pd.read_csv(plan.judgement / "verdicts.csv")
    assert list(back["dataset"]) == list(judgement.verdicts["dataset"])
    assert "cannot be judged" in (plan.judgement / "claims.md").read_text()
