"""Records that come with the project: taken while the workflow is planned, so that only others train."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from specar.cli import main
from specar.config import load_config
from specar.runs import cached
from specar.runs.records import content_hash
from specar.runs.store import plan_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def finished(made_once, trained_once, copied):
    """A workspace with two runs done and added to the cache, all else removed."""
    names = [path.parent.name for path in trained_once.records()]

    def fill(workspace):
        workspace.specar("cache", "add", *names, "--config", "config.yaml")
        for name in ("runs", "floors", "tables", "figures", "data", "inputs"):
            shutil.rmtree(workspace.folder / "results" / name)
        shutil.rmtree(workspace.folder / ".snakemake")

    workspace = copied(made_once("cached", fill, source=trained_once))
    workspace.before = (trained_once.folder / "results/tables/imputation.csv").read_bytes()
    workspace.names = names
    return workspace


def without_data(workspace):
    (workspace.folder / "mirror").rename(workspace.folder / "away")


def test_tables_and_figures_need_neither_training_nor_data(finished, cpu_time):
    without_data(finished)
    finished.snakemake("tables", "figures")
    assert cpu_time() < 60
    results = finished.folder / "results"
    assert not (results / "runs").exists()
    assert not (results / "data").exists()
    assert (results / "tables" / "imputation.csv").read_bytes() == finished.before
    assert list((results / "figures").glob("*.png"))
    assert "2 of 2 runs" in (results / "tables" / "imputation.md").read_text()
    again = finished.snakemake("tables", "figures")
    assert "Nothing to be done" in again.stderr


def test_a_deleted_record_is_trained_and_no_other(finished):
    finished.snakemake("tables")
    gone = finished.names[0]
    (finished.folder / "results" / "cached" / f"{gone}.json").unlink()
    finished.snakemake("tables")
    assert [path.parent.name for path in finished.records()] == [gone]
    table = (finished.folder / "results" / "tables" / "imputation.csv").read_bytes()
    assert table == finished.before  # the same configuration and seed on the same machine


def test_without_the_cache_all_is_trained(finished):
    finished.configure(use_cache=False)
    planned = [finished.snakemake("tables", "-n", "--quiet", "host")]
    finished.configure(use_cache=True)
    planned.append(finished.snakemake("tables", "-n", "--quiet", "host"))
    without, with_cache = (done.stdout + done.stderr for done in planned)
    for name in finished.names:
        assert f"output: results/runs/{name}/metrics.json" in without
    assert "rule write_imputation" in with_cache
    assert "output: results/runs" not in with_cache


def test_only_the_cache_trains_nothing(finished):
    without_data(finished)
    (finished.folder / "results" / "cached" / f"{finished.names[0]}.json").unlink()
    finished.snakemake("tables", "--config", "use_cache=only")
    assert not finished.records()
    table = pd.read_csv(finished.folder / "results" / "tables" / "imputation.csv")
    own = table[(table["dataset"] == "Small") & (table["setting"] == "0.25")]
    assert set(own["state"]) == {"partial"}
    assert set(own["seeds"]) == {1}


def test_a_cached_record_that_was_changed_is_refused(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished.folder)
    path = finished.folder / "results" / "cached" / f"{finished.names[0]}.json"
    record = json.loads(path.read_text())
    record["config"]["training"]["learning_rate"] = 0.5
    path.write_text(json.dumps(record))
    assert main(["cache", "check", "--config", "config.yaml"]) == 1
    assert "was edited: its content is not that of its sha256" in capsys.readouterr().err
    record["sha256"] = content_hash(record)
    path.write_text(json.dumps(record))
    assert main(["cache", "check", "--config", "config.yaml"]) == 1
    assert "the present code calls its configuration imputation-Small" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda record: record["config"]["model"]["settings"].update(dropout=0.3),
            "was edited: its content is not that of its sha256",
        ),
        (lambda record: record["config"].update(format=1), "was edited"),
        (lambda record: record["metrics"].update(mse=float("nan")), "NaN is no number"),
        (lambda record: record.pop("metrics"), "is damaged: metrics: Field required"),
        (lambda record: record.update(run_id="another"), "is not the record of"),
    ],
)
def test_only_records_of_the_present_code_are_added(trained, monkeypatch, capsys, change, message):
    monkeypatch.chdir(trained.folder)
    path, _ = trained.records()
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    assert main(["cache", "add", path.parent.name, "--config", "config.yaml"]) == 1
    assert message in capsys.readouterr().err
    assert not list((trained.folder / "results").glob("cached/*.json"))


def test_unfinished_and_unknown_runs_are_not_added(workspace, monkeypatch, capsys):
    monkeypatch.chdir(workspace.folder)
    name = next(iter(plan_of(load_config("config.yaml")).runs))
    for given, message in ((name, "is not done"), ("nothing", "no run 'nothing'")):
        assert main(["cache", "add", given, "--config", "config.yaml"]) == 1
        assert message in capsys.readouterr().err


def test_what_the_project_ships_can_be_made_again(monkeypatch):
    """Cached records are of runs, and cached floors of cells, that shipped configurations ask for."""
    monkeypatch.chdir(ROOT)
    plan = plan_of(load_config("config/cached.yaml"))
    assert cached.check(plan) == (len(list(plan.cache.rglob("*.json"))), 0)
