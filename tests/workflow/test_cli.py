"""The command line without the workflow."""

import csv
import io
import json
import re
import time

import pytest
import yaml

import specar
from specar.cli import _at_work, main


@pytest.fixture
def work(workspace, monkeypatch):
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    return workspace


def test_everything_step_by_step(work, capsys):
    config = ["--config", "config.yaml"]
    for command in (["fetch"], ["prepare"], ["plan", "--output", "plan.json"], ["runs"]):
        assert main([*command, *config]) == 0
    listed = capsys.readouterr().out
    names = [line.split()[1] for line in listed.splitlines() if line.startswith("missing")]
    assert len(names) == 2
    for name in names:
        assert main(["train", name, "--plan", "plan.json"]) == 0
    assert main(["floors", "--plan", "plan.json"]) == 0
    assert main(["tables", *config]) == 0
    capsys.readouterr()
    assert main(["show", *config]) == 0
    shown = capsys.readouterr().out
    forecast, imputed = (line.split() for line in shown.splitlines() if line.startswith("Small"))
    for cells, setting, numbers in ((forecast, "12", 2 + 4), (imputed, "0.25", 2 + 4)):
        assert cells[1] == setting
        assert len([float(cell) for cell in cells[2:]]) == numbers  # our runs, and the floors
    assert "results/tables" in shown
    assert main(["datasets", *config]) == 0
    state = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert state["Small"] == "prepared"
    assert state["Traffic"] == "missing"


def test_tables_of_what_is_there(work):
    assert main(["tables", "--config", "config.yaml"]) == 0
    text = (work.folder / "results" / "tables" / "imputation.csv").read_text()
    (row,) = [
        line
        for line in csv.DictReader(io.StringIO(text))
        if (line["dataset"], line["setting"], line["metric"]) == ("Small", "0.25", "mse")
    ]
    assert (row["model"], row["top"], row["protocol"]) == ("specar", "False", "published")
    assert (row["ours"], row["seeds"], row["state"]) == ("", "0", "missing")


def test_a_run_of_a_file(work):
    assert main(["fetch", "Small", "--config", "config.yaml"]) == 0
    assert main(["prepare", "Small", "--config", "config.yaml"]) == 0
    assert main(["plan", "--config", "config.yaml", "--output", "plan.json"]) == 0
    run = next(iter(json.loads((work.folder / "plan.json").read_text())["runs"].values()))
    (work.folder / "run.yaml").write_text(yaml.safe_dump({**run, "seed": 77}))
    assert main(["train", "run.yaml", "--config", "config.yaml"]) == 0
    (record,) = work.records()
    assert json.loads(record.read_text())["seed"] == 77


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "no-such-run", "--config", "config.yaml"], "no run 'no-such-run'"),
        (["train", "bad.yaml", "--config", "config.yaml"], "run bad.yaml: .*unknown key sead"),
        (["fetch", "Nowhere", "--config", "config.yaml"], "unknown dataset 'Nowhere'"),
        (["tables", "anomaly", "--config", "config.yaml"], "no runs of task 'anomaly'"),
        (["prepare", "Small", "--config", "nomirror.yaml"], "small.csv"),
        (["runs", "--config", "missing.yaml"], "cannot read config missing.yaml"),
        (["runs", "--plan", "config.yaml"], "not valid JSON"),
        (["runs", "--plan", "empty.json"], "not a plan of this version"),
    ],
)
def test_mistakes_are_one_line_and_status_1(work, capsys, arguments, message):
    (work.folder / "bad.yaml").write_text("sead: 1\ntask: imputation\n")
    (work.folder / "empty.json").write_text("{}")
    (work.folder / "nomirror.yaml").write_text(yaml.safe_dump({**work.values, "data": {}}))
    assert main(arguments) == 1
    error = capsys.readouterr().err.splitlines()
    assert len([line for line in error if line.startswith("specar: error: ")]) == 1
    assert re.search(message, error[-1]), error


def test_training_before_preparing_says_what_to_do(work, capsys):
    assert main(["plan", "--config", "config.yaml", "--output", "plan.json"]) == 0
    name = next(iter(json.loads((work.folder / "plan.json").read_text())["runs"]))
    assert main(["train", name, "--plan", "plan.json"]) == 1
    assert "prepare" in capsys.readouterr().err


def test_a_damaged_record_is_named(work, capsys):
    assert main(["plan", "--config", "config.yaml", "--output", "plan.json"]) == 0
    name = next(iter(json.loads((work.folder / "plan.json").read_text())["runs"]))
    record = work.folder / "results" / "runs" / name / "metrics.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"run_id": ')
    assert main(["tables", "--plan", "plan.json"]) == 0  # it costs its own cell
    table = (work.folder / "results" / "tables" / "long_term_forecast.md").read_text()
    assert f"{name}/metrics.json is not valid JSON" in table
    record.write_text(json.dumps({"run_id": name}))
    assert main(["runs", "--plan", "plan.json"]) == 0
    assert f"{name}/metrics.json is not the record of {name}: its task is None" in capsys.readouterr().out


def test_printed_configuration_and_schemas(capsys):
    for what in ("default", "schema", "registry-schema"):
        assert main(["config", what]) == 0
        text = capsys.readouterr().out
        assert yaml.safe_load(text)


@pytest.mark.parametrize("command", ["status", "report", "tables"])
def test_a_folder_that_is_no_project_is_said_to_be_none(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    assert main([command]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"specar: error: no config/config.yaml in {tmp_path}, which is no project of specar"
    )
    assert "--config FILE" in line
    assert not list(tmp_path.iterdir())


def test_the_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"specar {specar.__version__}\n"


def test_a_terminal_is_told_that_a_command_is_at_work(capfd, monkeypatch):
    monkeypatch.setattr("specar.cli._PULSE", 0.01)
    with _at_work("paper-figures"):
        time.sleep(0.05)
        print("found")
    out, told = capfd.readouterr()
    assert out == "found\n"
    assert re.match(r"\rspecar paper-figures: at work, 0 s\r.*\r\x1b\[K$", told)
