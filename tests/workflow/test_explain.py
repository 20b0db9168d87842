"""A search for what a published number was made with, on runs of a second."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from specar.cli import main
from specar.config import load_config, run_id
from specar.judge.explain import find_run, grid_of, is_explained, matching, nearest, published_of
from specar.report.context import Context
from specar.report.sections.explain import explanations
from specar.runs.store import plan_of

HOURS = str(2.5 * 5.1 / 3600)  # two runs, of which each is said to take 5 s to start


@pytest.fixture
def plan(trained, monkeypatch):
    monkeypatch.chdir(trained.folder)
    return plan_of(load_config("config.yaml"))


def test_the_grid_is_around_the_experiment(plan):
    run = find_run(plan, ["imputation", "Small", "notop"])
    assert run.seed == 1
    grid = grid_of(run)
    assert run_id(grid[0].run) == run_id(run)
    assert [trial.changes for trial in grid] == sorted(trial.changes for trial in grid)
    assert len({run_id(trial.run) for trial in grid}) == len(grid) == 27
    for trial, factor in zip(grid[1:3], (10, 0.1), strict=True):
        assert trial.run.training.learning_rate == pytest.approx(factor * run.training.learning_rate)
        assert trial.run.model == run.model
    windows = {(trial.run.model.settings.window_length, trial.run.model.settings.n_fft) for trial in grid}
    assert len({length for length, _ in windows}) == 3
    assert all(n_fft in (None, length) for length, n_fft in windows)


def test_the_published_number_of_a_cell():
    plan = plan_of(load_config())
    run = find_run(plan, ["long_term_forecast", "Exchange", "96", "specar-released", "top"])
    assert published_of(plan, run) == {"mse": "0.109", "mae": "0.238"}
    assert any(trial.words == "learning rate 0.0001 (×10)" for trial in grid_of(run))


def test_a_cause_is_found_and_shown(plan, monkeypatch, capsys):
    cell = ["explain", "imputation", "Small", "--config", "config.yaml", "--hours", HOURS]
    printed = {"mse": "9.999"}
    monkeypatch.setattr("specar.judge.explain.published_of", lambda plan, run: printed)
    before = set(plan.records.iterdir())
    assert main([*cell, "--dry-run"]) == 0
    assert "2 to be run, 0.00 h by " in capsys.readouterr().out
    assert set(plan.records.iterdir()) == before
    assert main(cell) == 0
    assert "No setting is inside the margin" in capsys.readouterr().out
    (file,) = plan.explain.glob("*.json")
    rows = pd.DataFrame(json.loads(file.read_text())["rows"])
    assert list(rows["changes"]) == [0, 1, 1]
    assert len(set(plan.records.iterdir()) - before) == 2
    # the number that ten times the rate gives is explained by it, and nothing further is tried
    (number,) = rows.loc[rows["setting"].str.contains("×10"), "ours"]
    printed["mse"] = f"{number:.4f}"
    assert main([*cell[:-1], "1"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"Inside the margin in every metric: .*learning rate 0.01 \(×10\)", text)
    assert len(pd.read_csv(file.with_suffix(".csv"))) < 8
    section = explanations(Context(plan))
    assert "learning rate 0.01 (×10)" in section.body
    assert "chooses nothing by a test score" in section.body
    # what the project brings is shown as well
    shipping = replace(plan, config=plan.config.model_copy(update={"cache": str(Path("cache").absolute())}))
    Path("cache/explain").mkdir(parents=True)
    file.rename(Path("cache/explain", file.name))
    assert not explanations(Context(plan)).entries
    assert explanations(Context(shipping)).body == section.body


def test_what_matches_and_what_is_nearest():
    columns = ["setting", "changes", "metric", "published", "ours", "inside_margin"]
    values = [
        ("a", 0, "mse", "0.100", 0.150, False),
        ("a", 0, "mae", "0.200", 0.201, True),
        ("b", 1, "mse", "0.100", 0.101, True),
        ("b", 1, "mae", "0.200", 0.230, False),
    ]
    rows = pd.DataFrame(values, columns=columns)
    assert (matching(rows), nearest(rows)) == ([], "b")
    rows.loc[3, ["ours", "inside_margin"]] = (0.199, True)
    assert matching(rows) == ["b"]
    assert is_explained(rows, 2)
    assert not is_explained(rows, 1)
