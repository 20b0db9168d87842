"""Ids of runs stay as they are when a setting is added."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from specar.base.later import Later, identity_of
from specar.config import Cell, RunConfig, cell_id, expand, load_config, run_id
from specar.config.settings import TaskSettings, TrainingConfig
from specar.models import spec_of
from specar.models.specar.config import SpecARConfig
from specar.runs.records import check_floor, check_record
from specar.runs.store import plan_of

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "results" / "cached"
RECORDS = sorted(CACHE.glob("*.json"))
FLOORS = sorted(CACHE.glob("floors/*/*.json"))


@pytest.fixture(scope="module")
def runs():
    """Every run of the default configuration."""
    return expand(load_config())


class LaterModel(SpecARConfig):
    gain: Annotated[float, Later(1.0)] = Field(1.0, gt=0)


class LaterRun(RunConfig):
    """A run as a version with one more setting would have it, and its model with one more."""

    note: Annotated[str | None, Later(None)] = None


def test_identity_leaves_out_what_older_runs_did_at_any_depth():
    class Inner(BaseModel):
        a: int = 1
        b: Annotated[int, Later(2)] = 2

    class Outer(BaseModel):
        inner: Inner = Inner()
        c: Annotated[bool, Later(False)] = False

    assert identity_of(Outer()) == {"inner": {"a": 1}}
    assert identity_of(Outer(inner=Inner(a=2), c=True)) == {"inner": {"a": 2}, "c": True}
    assert identity_of(Outer(inner=Inner(b=1))) == {"inner": {"a": 1, "b": 1}}
    assert Outer().model_dump() == {"inner": {"a": 1, "b": 2}, "c": False}  # a record says all


def with_gain(model, gain):
    return {**model, "settings": {**model["settings"], "gain": gain}}


def test_a_later_setting_only_changes_the_id_where_it_says_something_new(runs, monkeypatch):
    run, *_ = runs.values()
    values = run.model_dump(mode="json")
    name = run_id(run)
    later = replace(spec_of("specar"), config=LaterModel)
    monkeypatch.setattr("specar.config.schema.spec_of", lambda module: later)
    assert run_id(LaterRun.model_validate(values)) == name
    said = {**values, "note": None, "model": with_gain(values["model"], 1.0)}
    assert run_id(LaterRun.model_validate(said)) == name
    changed = [{**said, "note": "x"}, {**said, "model": with_gain(values["model"], 2.0)}]
    assert len({name, *(run_id(LaterRun.model_validate(values)) for values in changed)}) == 3


@pytest.mark.parametrize("schema", [Cell, RunConfig, SpecARConfig, TrainingConfig, TaskSettings])
def test_a_record_without_the_setting_gets_what_older_runs_did(schema):
    for name, field in schema.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Later):
                assert field.default == mark.value, name


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_records_that_come_with_the_project_keep_their_ids(path):
    check_record(path, path.stem)
    assert json.loads(path.read_text())["run_id"] == path.stem


@pytest.mark.parametrize("path", FLOORS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_floors_that_come_with_the_project_keep_their_ids(path):
    check_floor(path, path.parent.name)


def test_their_configuration_still_asks_for_them(monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = plan_of(load_config("config/cached.yaml"))
    asked = set(plan.runs).union(*(plan.ablation_runs(name) for name in plan.config.run_ablations))
    searches = [json.loads(path.read_text()) for path in plan.cache.glob("explain/*.json")]
    tried = {row["run"] for search in searches for row in search["rows"]}
    assert {path.stem for path in RECORDS} == plan.cached_runs <= asked | tried
    assert len(plan.cached_runs) >= 70


@pytest.mark.parametrize(
    ("run", "cell"),
    [
        ("long_term_forecast-ETTm1-96-specar-released-notop-published-seed1-428aaa7cb1", "17e9971ef1"),
        ("short_term_forecast-M4-Yearly-specar-released-notop-published-seed1-7535881ae1", "335015e218"),
        ("imputation-ETTm1-0.125-specar-released-notop-published-seed1-49e7c60440", "2dde0a9931"),
        (
            "classification-EthanolConcentration-specar-released-notop-published-seed1-686a42aef0",
            "483e0344b5",
        ),
        ("anomaly_detection-SMD-specar-released-notop-published-seed1-6a2834f207", "78ead773fe"),
    ],
)
def test_runs_of_every_task_keep_their_ids(runs, run, cell):
    assert cell_id(runs[run].cell).endswith(f"-{cell}")


def test_a_changed_copy_of_a_run_has_an_id_key_and_cell_of_its_own():
    runs = expand(load_config(ROOT / "config" / "demo.yaml"))
    name, run = next(iter(runs.items()))
    assert run_id(run) == name
    other = run.model_copy(update={"seed": run.seed + 1, "data": {**run.data, "seasonality": 7}})
    assert other.key == run.key._replace(seed=run.seed + 1)
    assert run_id(other) == run_id(type(run).model_validate(other.model_dump())) != name
    assert cell_id(other.cell) != cell_id(run.cell)
