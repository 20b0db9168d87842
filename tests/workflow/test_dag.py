"""Tiny real runs of the whole DAG through Snakemake."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from specar.cli import main
from specar.config import RunKey, load_config
from specar.data.registry import builtin_datasets
from specar.runs.store import plan_of, plan_of_values

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120


def numbers(path):
    record = json.loads(path.read_text())
    return {key: record[key] for key in ("metrics", "details", "training")}


def test_from_download_to_tables(workspace):
    matrix = [
        {"task": "long_term_forecast", "datasets": ["Small"], "models": ["specar"]},
        {"task": "imputation", "datasets": ["Small"], "top": [True]},
    ]
    workspace.configure(matrix=matrix, top=[False, True], run_models=["specar", "specar-released"])
    workspace.snakemake("tables")
    assert len(workspace.records()) == 4
    tables = workspace.folder / "results" / "tables"
    for task in ("long_term_forecast", "imputation"):
        for form in ("", "_averaged"):
            assert (tables / f"{task}{form}.md").stat().st_size > 0
            assert (tables / f"{task}{form}.tex").stat().st_size > 0
        table = pd.read_csv(tables / f"{task}.csv", float_precision="round_trip")
        assert {*RunKey._fields, "metric", "published", "ours", "state"} - {"seed"} <= set(table.columns)
        own = table[(table["dataset"] == "Small") & (table["setting"] != "avg")]
        assert len(own) == 4  # TOP or model, x metric
        assert (own["state"] == "done").all()
        assert own["published"].isna().all()
        for path in workspace.records():
            record = json.loads(path.read_text())
            row = own[(own["top"] == record["top"]) & (own["model"] == record["model"])]
            if record["task"] == task:
                assert sorted(row["ours"]) == sorted(record["metrics"].values())
        # of the paper's cells, which this matrix does not name, only the published numbers
        rest = table[table["dataset"] != "Small"]
        assert rest["published"].notna().any()
        assert rest["ours"].isna().all()

    again = workspace.snakemake("tables")
    assert "Nothing to be done" in again.stderr + again.stdout


def test_the_other_tasks_from_download_to_tables(workspace):
    of_task = {
        "short_term_forecast": "Small-M4",
        "classification": "Small-TS",
        "anomaly_detection": "Small-AD",
    }
    matrix = [{"task": task, "datasets": [dataset]} for task, dataset in of_task.items()]
    strict = {**matrix[-1], "protocol": "strict"}
    workspace.configure(matrix=[*matrix, strict], training={"epochs": 1, "batch_size": 16})
    workspace.snakemake("tables")
    results = workspace.folder / "results"
    records = [json.loads(path.read_text()) for path in workspace.records()]
    assert len(records) == 4
    floors = [json.loads(path.read_text()) for path in (results / "floors").glob("*/*.json")]
    assert sorted(floor["baseline"] for floor in floors) == sorted(
        ["last_value", "seasonal_naive", "naive2", "majority_class", *["random", "pca"] * 2]
    )
    for record in [*records, *floors]:
        assert record["config"]["task"] == record["task"]
        assert record["data"]["sha256"]
        assert record["provenance"]["versions"]["numpy"]
    for task, dataset in of_task.items():
        table = pd.read_csv(results / "tables" / f"{task}.csv", float_precision="round_trip")
        own = table[table["dataset"] == dataset].set_index(["protocol", "metric"])
        for record in records:
            if record["task"] == task:
                for metric, value in record["metrics"].items():
                    cell = own.loc[(record["protocol"], metric)]
                    scale = 1 if task == "short_term_forecast" else 100
                    assert cell["ours"] == pytest.approx(scale * value)
                    assert np.isfinite(cell["floor"])


def test_a_series_of_ones_own_needs_one_registry_entry(workspace, monkeypatch):
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    values = workspace.values
    own = {"Mine": {**values["datasets"]["Small"], "seasonality": 12}}
    workspace.values = {key: values[key] for key in ("seeds", "top", "run_models", "execution", "data")}
    workspace.configure(
        datasets=own,
        model=values["model"],
        training={"epochs": 1, "batch_size": 64},
        matrix=[
            {"task": "long_term_forecast", "datasets": ["Mine"], "horizons": [8]},
            {"task": "imputation", "datasets": ["Mine"], "mask_ratios": [0.25]},
        ],
    )
    runs = plan_of(load_config("config.yaml")).runs
    assert len(runs) == 2
    for command in (["fetch"], ["prepare"], *(["train", name] for name in runs), ["floors"], ["tables"]):
        assert main([*command, "--config", "config.yaml"]) == 0
    assert len(workspace.records()) == 2
    table = pd.read_csv(workspace.folder / "results" / "tables" / "imputation.csv")
    assert table.loc[table["dataset"] == "Mine", "state"].eq("done").sum() == 4  # with the average


def test_data_on_request_is_left_out_and_asked_for_says_how(workspace):
    restricted = {
        name: {**entry, "restricted": "ask the owner at owner.example"} if name == "Small-AD" else entry
        for name, entry in workspace.values["datasets"].items()
    }
    folder = workspace.folder / "mirror" / "small-ad"
    folder.rename(workspace.folder / "elsewhere")
    workspace.configure(datasets=restricted, matrix=[{"task": "anomaly_detection", "datasets": ["Small-AD"]}])
    done = workspace.snakemake(check=False)
    assert done.returncode != 0
    (line,) = {line for line in done.stderr.splitlines() if "ask the owner" in line}
    assert "train.npy" in line
    assert "results/data/raw/Small-AD" in line
    place = workspace.folder / "results" / "data" / "raw" / "Small-AD"
    place.parent.mkdir(parents=True, exist_ok=True)
    (workspace.folder / "elsewhere").rename(place)
    workspace.snakemake("data")
    assert (workspace.folder / "results" / "data" / "prepared" / "Small-AD" / "meta.json").exists()


def times(workspace, *patterns):
    """When files of the results were written."""
    results = workspace.folder / "results"
    return {path: path.stat().st_mtime_ns for pattern in patterns for path in results.glob(pattern)}


RECORDS = ("runs/*/metrics.json", "floors/*/*.json")


def test_only_new_runs_are_trained_and_a_deleted_array_is_prepared_again_for_them(trained):
    array = trained.folder / "results" / "data" / "prepared" / "Small" / "values.npy"
    array.unlink()
    before = times(trained, *RECORDS)
    assert len(before) == 4
    trained.configure(seeds=[1, 2, 3])
    trained.snakemake("tables")
    assert array.exists()
    assert len(trained.records()) == 3
    assert {path: time for path, time in times(trained, *RECORDS).items() if path in before} == before
    table = pd.read_csv(trained.folder / "results" / "tables" / "imputation.csv")
    own = table[(table["dataset"] == "Small") & (table["metric"] == "mse") & (table["setting"] == "0.25")]
    values = [numbers(path)["metrics"]["mse"] for path in trained.records()]
    assert own["seeds"].item() == 3
    assert own["ours"].item() == pytest.approx(np.mean(values))
    assert own["sd"].item() == pytest.approx(np.std(values, ddof=1))


def test_a_changed_series_is_fetched_prepared_and_trained_again(trained):
    first, second = trained.records()
    old = [json.loads(path.read_text()) for path in (first, second)]
    mirrored = trained.folder / "mirror" / "small" / "small.csv"
    lines = mirrored.read_text().splitlines()
    mirrored.write_text("\n".join([*lines[:-1], lines[-1].rsplit(",", 1)[0] + ",5.0"]) + "\n")
    trained.snakemake("tables")
    for path, before in zip((first, second), old, strict=True):
        new = json.loads(path.read_text())
        assert new["data"]["sha256"] != before["data"]["sha256"]
        assert new["metrics"] != before["metrics"]


def test_a_changed_registry_entry_is_prepared_and_trained_again(trained):
    entries = trained.values["datasets"]
    datasets = {**entries, "Small": {**entries["Small"], "seasonality": 12}}
    trained.configure(datasets=datasets, seeds=[1])
    trained.snakemake("tables")
    meta = json.loads((trained.folder / "results/data/prepared/Small/meta.json").read_text())
    assert meta["seasonality"] == 12
    assert len(trained.records()) == 3  # another run id
    assert "Nothing to be done" in trained.snakemake("tables").stderr


def test_a_damaged_copy_is_fetched_again(trained):
    raw = trained.folder / "results" / "data" / "raw" / "Small" / "small.csv"
    good = raw.read_bytes()
    raw.write_bytes(good[:100])
    (trained.folder / "results" / "data" / "prepared" / "Small" / "meta.json").unlink()
    trained.snakemake("data")
    assert raw.read_bytes() == good


def test_damage_is_mended_by_a_real_run_and_only_planned_by_a_dry_one(trained):
    array = trained.folder / "results" / "data" / "prepared" / "Small" / "values.npy"
    good, (first, second) = array.read_bytes(), trained.records()
    old, before = numbers(first), times(trained, "runs/*/metrics.json")
    array.write_bytes(good[:-7])
    first.write_text(first.read_text().replace('"seed": 1', '"seed": 5', 1))
    floor, *_ = (trained.folder / "results" / "floors").glob("*/mean.json")
    baseline = json.loads(floor.read_text())["metrics"]
    floor.write_text(floor.read_text().replace('"mse": ', '"mse": 1', 1))
    hurt = times(trained, "**/*")
    planned = trained.snakemake("tables", "-n")
    for rule in ("train", "floors"):
        assert re.search(rf"{rule}_imputation +1\n", planned.stdout + planned.stderr)
    assert "rule train_imputation" not in planned.stdout + planned.stderr  # counted, not described one by one
    assert "cost model" in planned.stdout + planned.stderr
    assert times(trained, "**/*") == hurt
    listed = trained.specar("runs", "--config", "config.yaml", "--state", "damaged").stdout
    assert re.search(rf"\ndamaged +{first.parent.name} +results/runs/.* its seed is 5, not 1; .*\n$", listed)
    done = trained.snakemake("tables")
    assert done.stderr.count("it is set aside and made again") == 2
    assert (first.with_name("metrics.json.damaged")).exists()
    assert (numbers(first), array.read_bytes()) == (old, good)
    assert json.loads(floor.read_text())["metrics"] == baseline
    assert times(trained, "runs/*/metrics.json")[second] == before[second]


def test_a_deleted_floor_is_made_again_and_nothing_is_trained(trained):
    floor, *_ = (trained.folder / "results" / "floors").glob("*/mean.json")
    before = times(trained, "runs/*/metrics.json")
    floor.unlink()
    trained.snakemake("tables")
    assert floor.exists()
    assert times(trained, "runs/*/metrics.json") == before


@pytest.mark.parametrize("gone", [("data",), ("data", "inputs")], ids=["data", "links too"])
def test_a_deleted_record_is_made_again_and_nothing_else(trained, gone):
    """Also the data, where that was deleted: it says the same."""
    first, _ = trained.records()
    old, before = numbers(first), times(trained, *RECORDS)
    for name in gone:
        shutil.rmtree(trained.folder / "results" / name)
    first.unlink()
    del before[first]
    trained.snakemake("tables")
    assert numbers(first) == old
    assert {path: time for path, time in times(trained, *RECORDS).items() if path in before} == before


def test_data_that_was_made_again_trains_nothing_anew(trained):
    before = times(trained, *RECORDS, "tables/*")
    shutil.rmtree(trained.folder / "results" / "data")
    trained.snakemake("data")
    assert "Nothing to be done" in trained.snakemake("imputation").stderr
    trained.snakemake("data", "--force")  # as after new code of the rule
    trained.snakemake("imputation")
    assert times(trained, *RECORDS, "tables/*") == before


def test_a_failing_run_does_not_stop_the_others_and_is_tried_again(failed):
    assert "lower training.learning_rate" in failed.said
    assert len(failed.records()) == 1
    # the tables are written all the same, from what is there
    table = pd.read_csv(failed.folder / "results" / "tables" / "imputation.csv")
    assert "partial" in set(table["state"])
    planned = failed.snakemake("tables", "-n")
    assert re.search(
        r"train_imputation +1\n", planned.stdout + planned.stderr
    )  # the missing run is not forgotten


def test_two_workflows_in_one_folder(untrained):
    workspace = untrained
    workspace.configure(training={"epochs": 2000, "batch_size": 8, "patience": 2000})
    first = workspace.start("imputation")
    deadline = time.monotonic() + 120
    while not list((workspace.folder / "results" / "runs").glob("*/checkpoint.pt")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    done = workspace.snakemake("imputation", check=False)
    assert done.returncode != 0
    assert "another snakemake works in results; wait for it to end" in done.stderr + done.stdout
    assert first.poll() is None
    workspace.kill(first)
    assert workspace.snakemake("data").returncode == 0  # a killed one holds nothing


def test_own_configuration_stands_alone(workspace):
    """A file of one's own is read over the defaults, as by the command line, not over config/config.yaml."""
    (workspace.folder / "config").mkdir()
    (workspace.folder / "config" / "config.yaml").write_text("seeds: [5, 6, 7]\nmodel: {dropout: 0.5}\n")
    done = workspace.snakemake("imputation", "-n", "--quiet", "host")
    planned = re.findall(r"output: results/runs/(\S+)/metrics.json", done.stdout + done.stderr)
    listed = workspace.specar("runs", "--ids", "--task", "imputation", "--config", "config.yaml").stdout
    assert len(planned) == 1
    assert planned == listed.split()


def test_killed_in_training_and_run_again_gives_the_same_numbers(untrained, monkeypatch):
    monkeypatch.chdir(untrained.folder)
    untrained.configure(seeds=[1], training={"epochs": 40, "batch_size": 8, "patience": 40})
    (name,) = plan_of(load_config("config.yaml")).runs
    target = f"results/runs/{name}/metrics.json"
    process = untrained.start(target)
    folder = untrained.folder / "results" / "runs" / name
    deadline = time.monotonic() + 120
    while not (folder / "checkpoint.pt").exists():
        assert process.poll() is None, "the workflow ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    untrained.kill(process)
    assert not untrained.records()
    untrained.snakemake(target)  # the very same command
    (log,) = (untrained.folder / "results" / "logs" / "train").iterdir()
    assert "resuming after epoch" in log.read_text()
    interrupted = numbers(folder / "metrics.json")
    for path in folder.iterdir():
        path.unlink()
    assert main(["train", name, "--config", "config.yaml"]) == 0
    assert numbers(folder / "metrics.json") == interrupted


def test_killed_at_random_moments_ends_like_an_undisturbed_run(trained_once, workspace):
    workspace.configure(**{key: trained_once.values[key] for key in ("matrix", "seeds")})
    moments = random.Random(7)
    for _ in range(4):
        process = workspace.start("tables")
        time.sleep(moments.uniform(0.5, 8))
        workspace.kill(process)
    workspace.snakemake("tables")
    results, calm = (each.folder / "results" for each in (workspace, trained_once))
    names = [path.parent.name for path in trained_once.records()]
    assert [path.parent.name for path in workspace.records()] == names
    for name in names:
        killed, undisturbed = (folder / "runs" / name / "metrics.json" for folder in (results, calm))
        assert numbers(killed) == numbers(undisturbed)
    for path in (calm / "tables").iterdir():
        assert (results / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
    assert not list(results.rglob("*.part"))
    assert {path.name for path in results.glob("runs/*/*")} == {
        "metrics.json",
        "history.jsonl",
        "examples.json",
    }


def test_the_plan_follows_what_the_package_brings(monkeypatch):
    values = {"matrix": [{"task": "imputation", "datasets": ["ETTh1"]}]}
    before = plan_of_values(values).digest
    changed = builtin_datasets()
    changed = {**changed, "ETTh1": changed["ETTh1"].model_copy(update={"seasonality": 12})}
    monkeypatch.setattr("specar.config.load.builtin_datasets", lambda: changed)
    assert plan_of_values({**values, "datasets": {}}).digest != before


def test_the_named_targets_are_there(workspace):
    listed = workspace.snakemake("--list-rules").stdout
    told = dict(line.split(" (", 1) for line in listed.splitlines())  # each with what it is for
    assert {"all", "data", "tables", "long_term_forecast", "imputation"} <= set(told)


def test_the_plan_of_the_paper_in_full_takes_seconds(cpu_time):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len((done.stdout + done.stderr).splitlines()) < 120
    assert "cost model" in done.stdout + done.stderr
    assert cpu_time() < 10  # 3 s where nothing else runs


def test_a_bad_configuration_stops_before_anything_is_done(workspace):
    workspace.configure(matrx=[])
    done = workspace.snakemake(check=False)
    assert done.returncode != 0
    assert sum("unknown key matrx" in line for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not (workspace.folder / "results").exists()


DAMAGES = {
    "column missing": (
        lambda text: "\n".join(line.rsplit(",", 1)[0] for line in text.splitlines()),
        "small.csv.*2.*3",
    ),
    "no dates": (lambda text: text.replace("date", "day", 1), "small.csv.*date"),
    "value missing": (
        lambda text: "\n".join([*text.splitlines()[:50], "2020-01-03 01:00:00,0.1,,0.2"]),
        "small.csv.*row",
    ),
    "truncated": (lambda text: text[: len(text) // 8], "small.csv"),
}


def damage(workspace, kind):
    """Damage the series; returns what the one line about it has to look like."""
    change, message = DAMAGES[kind]
    path = workspace.folder / "mirror" / "small" / "small.csv"
    path.write_text(change(path.read_text()))
    return f"^specar: error: .*{message}"


def not_prepared(workspace):
    folder = workspace.folder / "results" / "data" / "prepared" / "Small"
    return not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_series_is_one_clear_line(workspace, monkeypatch, capsys, kind):
    expected = damage(workspace, kind)
    monkeypatch.chdir(workspace.folder)
    assert main(["prepare", "Small", "--config", "config.yaml"]) == 1
    (error,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert re.search(expected, error)
    assert not_prepared(workspace)


def test_a_workflow_says_what_is_wrong_with_a_damaged_series(workspace):
    expected = damage(workspace, "value missing")
    done = workspace.snakemake("data", check=False)
    assert done.returncode != 0
    log = (workspace.folder / "results" / "logs" / "prepare" / "Small.log").read_text()
    (error,) = [line for line in log.splitlines() if "error" in line]
    assert re.search(expected, error)
    assert error in done.stderr + done.stdout
    assert not_prepared(workspace)
    # no run has been tried: there is nothing that tables could say
    assert not (workspace.folder / "results" / "tables").exists()
