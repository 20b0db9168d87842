"""Tiny real runs of the whole DAG through Snakemake."""

import json
import os
import random
import shutil
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from specar.data.registry import builtin_datasets
from specar.plan import Plan
from specar.tables.compare import columns

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120


def numbers(path):
    record = json.loads(path.read_text())
    return {key: record[key] for key in ("metrics", "details", "training")}


def test_from_download_to_tables(workspace):
    workspace.configure(top=[False, True], architectures=["paper", "released"])
    workspace.snakemake()
    assert len(workspace.records()) == 8
    tables = workspace.folder / "results" / "tables"
    for task in ("long_term_forecast", "imputation"):
        for form in ("", "_averaged"):
            assert (tables / f"{task}{form}.md").stat().st_size > 0
            assert (tables / f"{task}{form}.tex").stat().st_size > 0
        table = pd.read_csv(tables / f"{task}.csv", float_precision="round_trip")
        assert list(table.columns) == list(columns(task))
        own = table[(table["dataset"] == "Small") & (table["setting"] != "avg")]
        assert len(own) == 8  # TOP x architecture x metric
        assert (own["state"] == "done").all()
        assert own["published"].isna().all()
        for path in workspace.records():
            record = json.loads(path.read_text())
            row = own[(own["top"] == record["top"]) & (own["architecture"] == record["architecture"])]
            if record["task"] == task:
                assert sorted(row["reproduced"]) == sorted(record["metrics"].values())
        # of the paper's cells, which this matrix does not name, only the published numbers
        rest = table[table["dataset"] != "Small"]
        assert rest["published"].notna().any()
        assert rest["reproduced"].isna().all()

    again = workspace.snakemake()
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
    workspace.snakemake()
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
                    assert cell["reproduced"] == pytest.approx(scale * value)
                    assert np.isfinite(cell["floor"])
    # A floor that was deleted is made again, and nothing is trained.
    before = {path: path.stat().st_mtime_ns for path in workspace.records()}
    next((results / "floors").glob("short*/naive2.json")).unlink()
    workspace.snakemake()
    assert {path: path.stat().st_mtime_ns for path in workspace.records()} == before
    assert next((results / "floors").glob("short*/naive2.json")).exists()


def test_a_series_of_ones_own_needs_one_registry_entry(workspace):
    values = workspace.values
    own = {"Mine": {**values["datasets"]["Small"], "seasonality": 12}}
    workspace.values = {key: values[key] for key in ("seeds", "top", "architectures", "execution", "data")}
    workspace.configure(
        datasets=own,
        model=values["model"],
        training={"epochs": 1, "batch_size": 64},
        matrix=[
            {"task": "long_term_forecast", "datasets": ["Mine"], "horizons": [8]},
            {"task": "imputation", "datasets": ["Mine"], "mask_ratios": [0.25]},
        ],
    )
    workspace.snakemake()
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
    workspace.snakemake()
    assert len(workspace.records()) == 1


def test_only_new_runs_are_trained(workspace):
    workspace.snakemake("imputation")
    (first,) = workspace.records()
    before = first.stat().st_mtime_ns
    workspace.configure(seeds=[1, 2])
    workspace.snakemake("imputation")
    assert len(workspace.records()) == 2
    assert first.stat().st_mtime_ns == before
    table = pd.read_csv(workspace.folder / "results" / "tables" / "imputation.csv")
    own = table[(table["dataset"] == "Small") & (table["metric"] == "mse") & (table["setting"] == "0.25")]
    values = [numbers(path)["metrics"]["mse"] for path in workspace.records()]
    assert own["seeds"].item() == 2
    assert own["reproduced"].item() == pytest.approx(sum(values) / 2)
    assert own["sd"].item() == pytest.approx(abs(values[0] - values[1]) / 2**0.5)


def test_a_changed_series_is_fetched_prepared_and_trained_again(workspace):
    workspace.snakemake("imputation")
    (first,) = workspace.records()
    old = json.loads(first.read_text())
    mirrored = workspace.folder / "mirror" / "small" / "small.csv"
    lines = mirrored.read_text().splitlines()
    time.sleep(1.1)
    mirrored.write_text("\n".join([*lines[:-1], lines[-1].rsplit(",", 1)[0] + ",5.0"]) + "\n")
    workspace.snakemake("imputation")  # the very same command
    new = json.loads(first.read_text())
    assert new["data"]["sha256"] != old["data"]["sha256"]
    assert new["metrics"] != old["metrics"]


def test_a_changed_registry_entry_is_prepared_and_trained_again(workspace):
    workspace.snakemake("imputation")
    entries = workspace.values["datasets"]
    datasets = {**entries, "Small": {**entries["Small"], "seasonality": 12}}
    workspace.configure(datasets=datasets)
    workspace.snakemake("imputation")
    meta = json.loads((workspace.folder / "results/data/prepared/Small/meta.json").read_text())
    assert meta["seasonality"] == 12
    assert len(workspace.records()) == 2  # another run id
    assert "Nothing to be done" in workspace.snakemake("imputation").stderr


def test_a_damaged_copy_is_fetched_again(workspace):
    workspace.snakemake("data")
    raw = workspace.folder / "results" / "data" / "raw" / "Small" / "small.csv"
    good = raw.read_bytes()
    raw.write_bytes(good[:100])
    (workspace.folder / "results" / "data" / "prepared" / "Small" / "meta.json").unlink()
    workspace.snakemake("data")
    assert raw.read_bytes() == good


def test_a_deleted_array_is_prepared_again_for_a_run_that_needs_it(workspace):
    workspace.snakemake("imputation")
    array = workspace.folder / "results" / "data" / "prepared" / "Small" / "values.npy"
    array.unlink()
    workspace.configure(seeds=[1, 2])
    workspace.snakemake("imputation")
    assert array.exists()
    assert len(workspace.records()) == 2


def test_a_deleted_record_is_made_again_and_nothing_else(workspace):
    workspace.configure(seeds=[1, 2])
    workspace.snakemake("imputation")
    first, second = workspace.records()
    old, kept = numbers(first), second.stat().st_mtime_ns
    first.unlink()
    workspace.snakemake("imputation")
    assert numbers(first) == old
    assert second.stat().st_mtime_ns == kept


def test_data_that_was_deleted_and_made_again_trains_nothing_anew(workspace):
    workspace.configure(seeds=[1, 2])
    workspace.snakemake("imputation")
    first, second = workspace.records()
    floors = sorted((workspace.folder / "results" / "floors").glob("*/*.json"))
    kept = [path.stat().st_mtime_ns for path in (second, *floors)]
    shutil.rmtree(workspace.folder / "results" / "data")
    first.unlink()
    workspace.snakemake("imputation")
    assert first.exists()
    assert [path.stat().st_mtime_ns for path in (second, *floors)] == kept


def test_a_failing_run_does_not_stop_the_others_and_is_tried_again(workspace):
    entry = {"task": "imputation", "datasets": ["Small"]}
    broken = {**entry, "seeds": [2], "training": {"learning_rate": 1e30}}
    workspace.configure(matrix=[entry, broken])
    done = workspace.snakemake(check=False)
    assert done.returncode != 0
    assert "lower training.learning_rate" in done.stderr + done.stdout
    assert len(workspace.records()) == 1
    # the tables are written all the same, from what is there
    table = pd.read_csv(workspace.folder / "results" / "tables" / "imputation.csv")
    assert "partial" in set(table["state"])
    assert workspace.snakemake(check=False).returncode != 0  # the missing run is not forgotten


def test_two_workflows_in_one_folder(workspace):
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
    workspace.snakemake("imputation")
    listed = workspace.specar("runs", "--config", "config.yaml").stdout.splitlines()
    assert [line.split()[0] for line in listed if "imputation" in line] == ["done"]


def test_killed_and_run_again_gives_the_same_numbers(workspace):
    entry = {"task": "imputation", "datasets": ["Small"]}
    workspace.configure(matrix=[entry], training={"epochs": 40, "batch_size": 8, "patience": 40})
    process = workspace.start()
    runs = workspace.folder / "results" / "runs"
    deadline = time.monotonic() + 120
    while not list(runs.glob("*/checkpoint.pt")):
        assert process.poll() is None, "the workflow ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workspace.kill(process)
    assert not workspace.records()
    workspace.snakemake()  # the very same command
    (log,) = (workspace.folder / "results" / "logs" / "train").iterdir()
    assert "resuming after epoch" in log.read_text()
    interrupted = numbers(workspace.records()[0])
    for path in runs.glob("*/*"):
        path.unlink()
    workspace.snakemake("--forceall")
    assert numbers(workspace.records()[0]) == interrupted


def test_killed_at_five_moments_ends_like_an_undisturbed_run(workspace, tmp_path_factory):
    workspace.configure(training={"epochs": 12, "batch_size": 8, "patience": 12})
    calm = type(workspace)(tmp_path_factory.mktemp("calm"))
    calm.configure(training=workspace.values["training"])
    calm.snakemake()
    moments = random.Random(7)
    for _ in range(5):
        process = workspace.start()
        time.sleep(moments.uniform(0.5, 6))
        workspace.kill(process)
    workspace.snakemake()
    results = workspace.folder / "results"
    assert [path.parent.name for path in workspace.records()] == [path.parent.name for path in calm.records()]
    for path, undisturbed in zip(workspace.records(), calm.records(), strict=True):
        assert numbers(path) == numbers(undisturbed)
    for path in (calm.folder / "results" / "tables").iterdir():
        assert (results / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
    assert not list(results.rglob("*.part"))
    assert {path.name for path in results.glob("runs/*/*")} == {"metrics.json", "history.jsonl"}


def test_the_plan_follows_what_the_package_brings(monkeypatch):
    values = {"matrix": [{"task": "imputation", "datasets": ["ETTh1"]}]}
    before = Plan.of(values).digest
    changed = builtin_datasets()
    changed = {**changed, "ETTh1": changed["ETTh1"].model_copy(update={"seasonality": 12})}
    monkeypatch.setattr("specar.config.load.builtin_datasets", lambda: changed)
    assert Plan.of({**values, "datasets": {}}).digest != before


def test_the_named_targets_are_there(workspace):
    listed = workspace.snakemake("--list-rules").stdout
    assert {"all", "data", "tables", "long_term_forecast", "imputation"} <= set(listed.split())
    workspace.snakemake("data")
    assert (workspace.folder / "results" / "data" / "prepared" / "Small" / "meta.json").exists()
    assert not workspace.records()


def test_the_plan_of_the_paper_in_full_takes_seconds():
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 30  # 3 s where nothing else runs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrx": []}, "unknown key matrx"),
        ({"matrix": [{"task": "imputation", "mask_ratios": [1.2]}]}, "less than 1, got 1.2"),
        ({"matrix": [{"task": "imputation", "datasets": ["Nowhere"]}]}, "unknown dataset 'Nowhere'"),
        (
            {"matrix": [{"task": "long_term_forecast", "datasets": ["ETTh1"], "horizons": [97]}]},
            "97 is not in",
        ),
    ],
)
def test_a_bad_configuration_stops_before_anything_is_done(workspace, change, message):
    workspace.configure(**change)
    done = workspace.snakemake(check=False)
    assert done.returncode != 0
    assert sum(message in line for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not (workspace.folder / "results").exists()


def damage(path, text):
    path.write_text(text(path.read_text()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "\n".join(line.rsplit(",", 1)[0] for line in text.splitlines()), "small.csv.*2.*3"),
        (lambda text: text.replace("date", "day", 1), "small.csv.*date"),
        (lambda text: "\n".join([*text.splitlines()[:50], "2020-01-03 01:00:00,0.1,,0.2"]), "small.csv.*row"),
        (lambda text: text[: len(text) // 8], "small.csv"),
    ],
    ids=["column missing", "no dates", "value missing", "truncated"],
)
def test_a_damaged_series_is_one_clear_line(workspace, change, message):
    damage(workspace.folder / "mirror" / "small" / "small.csv", change)
    done = workspace.snakemake(check=False)
    assert done.returncode != 0
    logs = (workspace.folder / "results" / "logs" / "prepare" / "Small.log").read_text().splitlines()
    errors = [line for line in logs if "error" in line]
    assert len(errors) == 1
    assert pd.Series(errors).str.contains(f"^specar: error: .*{message}").all(), errors
    assert errors[0] in done.stderr + done.stdout
    prepared = workspace.folder / "results" / "data" / "prepared" / "Small"
    assert not prepared.exists() or not list(prepared.iterdir())
