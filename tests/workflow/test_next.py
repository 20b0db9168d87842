"""Which runs are done next: the cheapest information first, within a budget of hours."""

import re
from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.cli import main
from specar.config import expand, load_config, parse_config, run_id
from specar.cost.rates import rates_of
from specar.results.order import in_order, priorities
from specar.runs.store import plan_of

MATRIX = [
    {"task": "long_term_forecast", "datasets": ["Exchange"], "horizons": [96, 720], "top": [True]},
    {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "top": [False]},
    {"task": "long_term_forecast", "datasets": ["Exchange"], "horizons": [96], "top": [True],
     "protocol": "strict"},
]  # fmt: skip


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Four cells without records; the last one is compared with no published number."""
    monkeypatch.chdir(tmp_path)
    values = {"matrix": MATRIX, "run_models": ["specar"], "cache": "records"}
    return plan_of(parse_config(values))


def names(runs, plan):
    return [(plan.runs[run.name].key[1:3], plan.runs[run.name].protocol, run.decides) for run in runs]


def test_one_seed_of_every_cell_before_the_second(plan):
    runs = in_order(plan, rates_of("AMD")).runs
    assert len(runs) == len(plan.runs) == 12
    first, second, third = runs[:4], runs[4:8], runs[8:]
    for wave, decides in ((first, "inside or outside the margin"), (second, "spread"), (third, "verdict")):
        assert {run.decides for run in wave} == {decides, "a number, none is published"}
        assert len({plan.runs[run.name].seed for run in wave}) == 1
        assert plan.runs[wave[-1].name].protocol == "strict"  # no verdict waits for it
        seconds = [run.seconds for run in wave[:-1]]
        assert seconds == sorted(seconds)


def test_a_cell_with_two_of_three_seeds_comes_first(plan, monkeypatch):
    dear = [name for name, run in plan.runs.items() if run.task == "imputation"]
    done = type("Done", (), {"is_done": True, "state": "done", "epoch": 0})
    missing = type("Missing", (), {"is_done": False, "state": "missing", "epoch": 0})
    monkeypatch.setattr(
        "specar.results.order.status_of", lambda _, name: done if name in dear[:2] else missing
    )
    first, *others = in_order(plan, rates_of()).runs
    assert (first.name, first.decides) == (dear[2], "verdict")
    assert len(others) == 9


def test_a_failed_run_is_not_counted_as_one_of_unknown_cost(plan, monkeypatch):
    failed = type("Failed", (), {"is_done": False, "state": "failed", "epoch": 0})
    monkeypatch.setattr("specar.results.order.status_of", lambda *_: failed)
    monkeypatch.setattr("specar.results.order.loads_of", lambda _: {})
    order = in_order(plan, rates_of())
    assert (order.unknown, order.failed) == (0, len(plan.runs))


def test_a_budget_is_kept_and_filled(plan):
    order = in_order(plan, rates_of())
    total = sum(run.seconds for run in order.runs) / 3600
    for hours in (0.001, total / 5, total / 2, total + 0.001):
        chosen = order.within(hours)
        used = sum(run.seconds for run in chosen) / 3600
        assert used <= hours
        left = [run.seconds / 3600 for run in order.runs if run not in chosen]
        assert not left or min(left) > hours - used  # no other one fits
    assert chosen == order.runs


def test_ids_do_not_depend_on_the_budget(plan):
    limited = plan.config.model_copy(update={"budget_hours": 1.0})
    assert list(expand(limited)) == list(plan.runs)
    assert all(run_id(run) == name for name, run in plan.runs.items())


def test_a_machine_is_found_by_a_part_of_its_name(plan):
    assert rates_of("h200").device == "H200"
    with pytest.raises(SpecarError, match="0 machines are called 'abacus'; known: H200"):
        rates_of("abacus")


def test_command(plan, capsys):
    Path("config.yaml").write_text("matrix: [{task: imputation, datasets: [ETTh1]}]\nseeds: [1]\n")
    assert main(["next", "--hours", "0.5", "--ids", "--config", "config.yaml"]) == 0
    ids = capsys.readouterr().out.split()
    assert ids
    assert main(["next", "--hours", "0.5", "--config", "config.yaml"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ids)
    assert f"{len(ids)} of 16 runs, 0.4" in text


def test_the_workflow_does_what_fits(workspace, monkeypatch, capsys):
    workspace.configure(matrix=[{"task": "imputation", "datasets": ["ETTh1"]}], seeds=[1, 2])
    monkeypatch.chdir(workspace.folder)
    assert main(["next", "--hours", "0.02", "--ids", "--config", "config.yaml"]) == 0
    ids = capsys.readouterr().out.split()
    assert 0 < len(ids) < 8
    planned = workspace.snakemake("-n", "tables", "--quiet", "host", "--config", "budget_hours=0.02").stdout
    found = re.findall("output: results/runs/(.*)/metrics.json", planned)  # a dry run lists in any order
    ranks = priorities(plan_of(load_config("config.yaml")))
    assert sorted(found, key=ranks.__getitem__, reverse=True) == ids
    assert "rule write_imputation" in planned
