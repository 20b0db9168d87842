"""Records that are verified: whole ones, edited ones, and those of another machine."""

import json
import shutil
from types import SimpleNamespace

import pytest

from specar.base.errors import SpecarError
from specar.cli import main
from specar.config import load_config, parse_config
from specar.cost.sample import sample
from specar.runs.records import sealed
from specar.runs.store import plan_of
from specar.runs.verify import DIFFERENT, SAME, WITHIN, Found, compared, find_record, verify

CONFIG = ("--config", "config.yaml")


@pytest.fixture
def records(trained, monkeypatch):
    monkeypatch.chdir(trained.folder)
    return trained.records()


def test_records_trained_anew(records, capsys):
    first, second = records
    assert main(["verify", first.parent.name, *CONFIG]) == 0
    assert capsys.readouterr().out.startswith(f"same bytes: {first.parent.name}: mse ")
    # other numbers under a new hash: told from those that training gives
    changed = json.loads(second.read_text())
    changed["metrics"]["mse"] *= 2
    second.write_text(json.dumps(sealed(changed)))
    assert main(["verify", str(second), *CONFIG]) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"different: {second.parent.name}: mse {changed['metrics']['mse']!r}, now ")
    assert "1 of 1 records differ" in said.err


def test_an_edited_record_is_found_before_anything_is_trained(records, capsys, monkeypatch):
    monkeypatch.setattr("specar.runs.train.train", None)
    edited = records[1]
    record = json.loads(edited.read_text())
    record["metrics"]["mse"] += 0.01
    edited.write_text(json.dumps(record))
    assert main(["verify", records[0].parent.name, edited.parent.name, *CONFIG]) == 1
    assert f"{edited.parent.name}/metrics.json was edited" in capsys.readouterr().err


def test_a_run_without_a_record_is_said(tmp_path):
    plan = plan_of(parse_config({"results": str(tmp_path)}))
    with pytest.raises(SpecarError, match="no record of a run no-such-run"):
        find_record(plan, "no-such-run")


def test_words():
    record = {"run_id": "one", "metrics": {"mse": 0.5, "mae": 0.4}}
    assert compared(record, record, []).word == SAME
    other = {"run_id": "one", "metrics": {"mse": 0.51, "mae": 0.4}}
    assert compared(record, other, []).word == DIFFERENT
    assert compared(record, other, [{"mse": 0.48, "mae": 0.4}]).word == WITHIN
    assert compared(record, other, [{"mse": 0.509, "mae": 0.3}]).word == DIFFERENT


def test_the_sample_is_drawn_anew_each_month(records):
    cache = records[0].parents[2] / "cached"
    cache.mkdir()
    for path in records:
        shutil.copy(path, cache / f"{path.parent.name}.json")
    plan = plan_of(load_config(*CONFIG[1:]))
    months = [f"2026-{month:02}" for month in range(1, 13)]
    assert all(len(sample(plan, month)) == 1 for month in months)
    assert {sample(plan, month)[0] for month in months} == {path.parent.name for path in records}
    assert sample(plan, months[0]) == sample(plan, months[0])


@pytest.mark.parametrize(("said", "mixes"), [({}, False), ({"mix_first": True}, True)])
def test_a_record_is_made_again_in_the_order_of_sums_that_it_had(said, mixes, monkeypatch, tmp_path):
    """A record that does not name the order is of the time when planes were always convolved."""
    seen = []

    def train(run, data, folder, execution, lease):
        seen.append(execution)
        return {"metrics": {"mse": 1.0}}

    meta = SimpleNamespace(meta={"prepared_sha256": "same"})
    monkeypatch.setattr("specar.runs.verify.PreparedData.load", lambda folder: meta)
    monkeypatch.setattr("specar.runs.train.train", train)
    plan = plan_of(parse_config({"results": str(tmp_path)}))
    run = next(iter(plan.runs.values()))
    record = {
        **{"run_id": "one", "metrics": {"mse": 1.0}, "data": {"prepared_sha256": "same"}},
        "provenance": {"execution": {"threads": 1, **said}},
    }
    assert verify(plan, Found(tmp_path, run, record)).word == SAME
    assert [(one.mix_first, one.threads) for one in seen] == [(mixes, 1)]
