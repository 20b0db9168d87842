"""Examples and epochs that runs leave, made again from weights, and shipped with the cache."""

import json
import shutil

import pytest
import yaml

from specar.cli import main
from specar.config import Execution, load_config, run_id
from specar.runs import cached
from specar.runs.examples import read_examples
from specar.runs.records import read_record, sealed
from specar.runs.store import plan_of
from specar.runs.train import train
from specar.training.progress import read_history

from ..conftest import config_values

EXECUTION = Execution(device="cpu", threads=1, keep_weights=True)
TASK = "long_term_forecast"


@pytest.fixture(scope="module")
def finished(prepared_folders, tmp_path_factory):
    """Folder with a configuration of one run, its prepared data and its results."""
    folder = tmp_path_factory.mktemp("finished")
    values = config_values(
        matrix=[{"task": TASK, "datasets": ["Small"]}],
        results=str(folder / "results"),
        cache=str(folder / "cached"),
        data={"dir": str(prepared_folders.parent)},
        execution=EXECUTION.model_dump(mode="json"),
    )
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    plan = plan_of(load_config(folder / "config.yaml"))
    ((name, run),) = plan.runs.items()
    train(run, plan.prepared / "Small", plan.records / name, EXECUTION)
    return folder


@pytest.fixture
def place(finished, tmp_path):
    """A copy of it with its plan, the run's id and folder, and a function that runs a command."""
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    text = (folder / "config.yaml").read_text().replace(str(finished), str(folder))
    (folder / "config.yaml").write_text(text)
    plan = plan_of(load_config(folder / "config.yaml"))
    (name,) = plan.runs
    return plan, name, plan.records / name, lambda *words: main([*words, "--config", f"{folder}/config.yaml"])


def test_a_run_leaves_its_epochs_and_examples(place):
    plan, name, folder, _ = place
    record = json.loads((folder / "metrics.json").read_text())
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert record["history"] == lines == read_history(folder / "history.jsonl")
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert set(lines[0]) >= {"train_loss", "val", "seconds"}
    content = read_examples(plan.examples_file(name), name)
    assert (content["task"], content["dataset"], content["seed"]) == (TASK, "Small", 1)
    assert content["data"]["prepared_sha256"] == record["data"]["prepared_sha256"]
    assert "\n" not in json.dumps(content["examples"])
    assert len((folder / "examples.json").read_text().splitlines()) == len(content) + 2


def test_examples_made_again_are_the_same_and_change_nothing_else(place):
    _, name, folder, command = place
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "examples.json").unlink()
    assert command("examples", name) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "weights.pt").unlink(), "execution.keep_weights"),
        (lambda folder: (folder / "weights.pt").write_bytes(b"PK half"), "does not fit the model"),
        (lambda folder: (folder / "metrics.json").unlink(), "is not done"),
        (lambda folder: edit(folder / "metrics.json", "data", prepared_sha256={}), "other prepared data"),
    ],
)
def test_what_examples_need_is_said_in_a_line(place, capsys, change, message):
    _, name, folder, command = place
    change(folder)
    assert command("examples", name) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def edit(path, key, **values):
    content = json.loads(path.read_text())
    content[key].update(values)
    path.write_text(json.dumps(sealed(content) if path.name == "metrics.json" else content))


def test_the_cache_takes_examples_and_epochs_along(place):
    plan, name, folder, command = place
    history = json.loads((folder / "metrics.json").read_text())["history"]
    assert command("cache", "add", name) == 0
    shutil.rmtree(folder)
    plan = plan_of(plan.config)
    assert plan.cached_runs == {name}
    assert read_record(plan.record_file(name), plan.run(name))["history"] == history
    assert plan.examples_file(name) == plan.cached_examples_file(name)
    assert read_examples(plan.examples_file(name), name)["examples"]
    assert cached.check(plan) == (2, 0)


def test_examples_in_the_cache_belong_to_a_record_and_its_data(place, capsys):
    plan, name, _, command = place
    assert command("cache", "add", name) == 0
    path = plan.cached_examples_file(name)
    edit(path, "data", prepared_sha256={})
    assert command("cache", "check") == 1
    assert "from other data" in capsys.readouterr().err
    path.rename(path.with_name("other.json"))
    assert command("cache", "check") == 1
    assert "belongs to no record" in capsys.readouterr().err


def test_a_record_added_again_without_examples_loses_the_old_ones(place, caplog):
    plan, name, folder, command = place
    assert command("cache", "add", name) == 0
    (folder / "examples.json").unlink()
    assert command("cache", "add", name) == 0
    assert "has no examples" in caplog.text
    assert not plan.cached_examples_file(name).exists()


def test_records_without_epochs_or_examples_stay_valid(place):
    plan, name, folder, _ = place
    for file in ("history.jsonl", "examples.json"):
        (folder / file).unlink()
    record = json.loads((folder / "metrics.json").read_text())
    del record["history"]
    (folder / "metrics.json").write_text(json.dumps(sealed(record)))
    assert read_record(plan.record_file(name), plan.run(name)) == sealed(record)
    assert read_history(folder / "history.jsonl") == []
    assert read_examples(plan.examples_file(name), name) is None


def test_interrupted_or_not_the_examples_are_the_same(prepared_folders, make_run, tmp_path, monkeypatch):
    run = make_run(TASK)
    data = prepared_folders / run.dataset
    train(run, data, tmp_path / "whole", EXECUTION)

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("specar.runs.train.write_examples", fail)
        with pytest.raises(KeyboardInterrupt):
            train(run, data, tmp_path / "parts", EXECUTION)
    assert not (tmp_path / "parts" / "metrics.json").exists()
    train(run, data, tmp_path / "parts", EXECUTION)
    first, second = ((tmp_path / part / "examples.json").read_bytes() for part in ("whole", "parts"))
    assert first == second
    assert run_id(run).encode() in first
