"""Failed runs and records that come with the project, in every form of the tables."""

from __future__ import annotations

import io
import re
from typing import Any

import pandas as pd
import pytest

from specar.outputs.write import as_csv
from specar.results.run_states import MOST_FAILURES, listed_failures
from specar.tables.render import markdown, render
from specar.tables.task import task_page, terminal_table

from .page import Page
from .table_inputs import cell, ledger, results, run, tidy

TASK = "long_term_forecast"

REASON = "NotFinite: training loss became nan in epoch 3; lower training.learning_rate (attempt 2)"
HORIZONS = [96, 192, 336, 720]


def done(of: dict[str, Any]) -> list[dict[str, Any]]:
    return results(of, {"mse": 0.4 + of["seed"] / 100, "mae": 0.5})


def state(table: pd.DataFrame, setting: Any) -> str:
    where = {"dataset": "ETTh1", "setting": str(setting), "top": False, "metric": "mse"}
    return str(cell(table, **where)["state"])


def written(matrix: list[dict[str, Any]], rows: list[dict[str, Any]], **other: Any) -> dict[str, str]:
    """Texts of the files that have all cells, by suffix."""
    table, page = task_page(ledger(matrix, rows, **other), TASK)
    return {"csv": as_csv(table), **{suffix: render(page, suffix) for suffix in ("md", "tex", "html")}}


def test_a_cell_has_failed_only_where_no_seed_is_done() -> None:
    matrix = [run(horizon, seed) for horizon in HORIZONS for seed in (1, 2)]
    names = {(int(of["setting"]), of["seed"]): of["run_id"] for of in matrix}
    failed = {names[key]: REASON for key in ((96, 1), (192, 1), (336, 1), (336, 2))}
    rows = [done(of) for of in matrix if (of["setting"], of["seed"]) == ("96", 2)]
    table = tidy(matrix, *rows, failed=failed)
    assert [state(table, horizon) for horizon in HORIZONS] == ["partial", "failed", "failed", "missing"]
    assert state(table, "avg") == "partial"
    none_done = tidy(matrix, failed=failed)
    assert state(none_done, "avg") == state(none_done, 96) == "failed"
    assert [state(tidy(matrix), setting) for setting in (192, "avg")] == ["missing", "missing"]
    for empty in ("ours", "sd", "deviation"):
        assert table.loc[table["state"] == "failed", empty].isna().all()


def test_a_run_with_a_result_did_not_fail() -> None:
    matrix = [run(96)]
    failed = {matrix[0]["run_id"]: REASON}
    assert state(tidy(matrix, done(matrix[0]), failed=failed), 96) == "done"
    # of a run with one of its metrics only, the others are missing
    table = tidy(matrix, done(matrix[0])[:1], failed=failed)
    assert list(table.loc[(table["dataset"] == "ETTh1") & ~table["top"], "state"])[:2] == ["done", "missing"]
    assert state(tidy(matrix, failed={"run of another configuration": REASON}), 96) == "missing"


def test_failed_stands_in_every_form_and_reasons_below() -> None:
    matrix = [run(horizon, seed) for horizon in HORIZONS[:3] for seed in (1, 2)]
    rows = [row for of in (matrix[0], matrix[1], matrix[2]) for row in done(of)]
    failed = {matrix[i]["run_id"]: REASON for i in (0, 3, 4)}  # the first has a result by now
    texts = written(matrix, rows, failed=failed)
    table = pd.read_csv(io.StringIO(texts["csv"]), dtype={"setting": str})
    assert [state(table, horizon) for horizon in HORIZONS[:3]] == ["done", "partial", "failed"]
    assert re.search(r"\| +336 +\| +0\.527 +\| +failed +\| +\| +0\.498 +\| +failed +\| +\|", texts["md"])
    assert " & 336 & 0.527 & failed &  & 0.498 & failed & " in texts["tex"]
    (grid,) = Page(texts["html"]).grids
    (row,) = [row for row in grid.rows() if row[:2] == ["ETTh1", "336"]]
    assert row[2:5] == ["0.527", "failed", ""]
    (row,) = [row for row in grid.rows() if row[:2] == ["ETTh1", "192"]]
    assert row[3] == "0.410†"
    items = Page(texts["html"]).items
    plain = {".md": texts["md"].replace("`", ""), ".tex": texts["tex"].replace("\\_", "_")}
    for text in (plain[".md"], plain[".tex"], " ".join(items)):
        assert "failed: none of its runs done and at least one failed" in text
        assert "– run or floor requested, but not done yet (" in text.replace("--", "–")
        for i in (3, 4):
            assert f"{matrix[i]['run_id']}: {REASON}" in text
        assert f"{matrix[0]['run_id']}: " not in text
        assert text.count(matrix[4]["run_id"]) == 1


def test_without_failures_the_legend_says_nothing_of_them() -> None:
    texts = written([run(96)], [])
    for suffix in ("md", "tex", "html"):
        assert "not done yet (" in texts[suffix]
        assert "failed:" not in texts[suffix]
        assert "Failed runs" not in texts[suffix]


def test_failures_stand_below_the_table_of_their_model_and_protocol() -> None:
    kinds = [{"model": "specar"}, {"model": "specar-released"}, {"protocol": "strict"}]
    matrix = [run(96, **kind) for kind in kinds]
    texts = written(matrix, [], failed={matrix[1]["run_id"]: REASON})
    parts = texts["md"].split("\n## ")[1:]
    assert [REASON in part for part in parts] == ["model: specar-released" in part for part in parts]
    assert [" failed " in part for part in parts] == ["model: specar-released" in part for part in parts]


def test_ten_failures_and_how_many_more() -> None:
    matrix = [run(96, seed) for seed in range(13)]
    failed = {of["run_id"]: REASON for of in matrix}
    texts = written(matrix, [], failed=failed)
    items = Page(texts["html"]).items
    assert [REASON in item for item in items].count(True) == MOST_FAILURES
    assert "and 3 more" in items
    assert texts["md"].count(REASON) == 10
    assert "\n  - and 3 more\n" in texts["md"]
    assert "; and 3 more." in texts["tex"]
    shown = terminal_table(ledger(matrix, failed=failed), TASK)
    assert shown.count(REASON) == 10
    assert shown.endswith("\n  and 3 more")


def test_terminal_shows_failed_cells_and_reasons() -> None:
    matrix = [run(horizon) for horizon in HORIZONS]
    failed = {of["run_id"]: REASON for of in matrix[1:3]}
    text = terminal_table(ledger(matrix, done(matrix[0]), failed=failed), TASK)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "ETTh1 96 0.442 0.410 −7.2 0.441 0.500 +13.4 – – – –" in lines
    assert "192 0.490 failed 0.474 failed – – – –" in lines
    assert not [line for line in lines if line.startswith(("720", "avg"))]
    assert lines[-3:] == ["Failed runs:", *(f"{name}: {REASON}" for name in failed)]
    only = terminal_table(ledger(matrix, failed=failed), TASK)
    assert only.count(" failed") == 4 + 1  # MSE and MAE of two cells, and the legend
    assert "No run is done yet" not in only
    # where the averages over datasets have failed as well, they are left out
    other = [run("", task="classification", dataset="Heartbeat")]
    found = ledger(other, task="classification", failed={other[0]["run_id"]: REASON})
    shown = terminal_table(found, "classification")
    assert re.search(r"Heartbeat +\S+ +\S+ +failed", shown)
    assert not re.search(r"^ *avg", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("first\n  second\tthird", "first second third"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("Error: it stopped.", "Error: it stopped"),
    ],
)
def test_a_reason_is_one_printable_line(reason: str, shown: str) -> None:
    assert listed_failures({"a": reason}).shown == [("a", shown)]


def test_a_long_reason_keeps_its_end() -> None:
    ((_, shown),) = listed_failures({"a": "CUDA out of memory " * 40 + "(attempt 2)"}).shown
    assert len(shown) < 210
    assert shown.endswith("(attempt 2)")


def test_a_reason_may_hold_what_means_something_to_the_form() -> None:
    matrix = [run(96)]
    reason = "ValueError: <b> & 50 % of `x_1` in {a|b} is *bad*"
    texts = written(matrix, [], failed={matrix[0]["run_id"]: reason})
    assert r"\<b> & 50 % of \`x_1\` in {a|b} is \*bad*" in texts["md"].replace(r"bad\*", "bad*")
    words = r"\textless{}b\textgreater{} \& 50 \% of \`{}x\_1\`{} in \{a\textbar{}b\}"
    assert f"{words} is *bad*" in texts["tex"]
    assert any(reason in item for item in Page(texts["html"]).items)
    assert markdown("[a](b)") == r"\[a](b)"


def test_records_that_come_with_the_project_are_counted() -> None:
    matrix = [run(96, seed, model=name) for name in ("specar", "specar-released") for seed in (1, 2, 3)]
    rows = [row for of in matrix if of["seed"] != 3 for row in done(of)]
    names = [of["run_id"] for of in matrix]
    texts = written(matrix, rows, cached_runs=[names[0], names[2], "another"])
    of_paper, of_released = texts["md"].split("\n## ")[1:]
    note = "over 2 seeds; 1 of 2 runs from the records that come with the project."
    assert note in of_paper
    assert note in texts["tex"]
    assert any(note in item for item in Page(texts["html"]).items)
    assert "come with the project" not in of_released
    assert "Our runs: mean ± sample standard deviation over 2 seeds.\n" in of_released
    assert "come with the project" not in written(matrix, rows)["md"]
