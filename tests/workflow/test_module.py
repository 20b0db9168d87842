"""The workflow from elsewhere, without hooks and as a module: jobs get the plan of their configuration."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from specar.base.errors import SpecarError
from specar.config import load_config, parse_config
from specar.runs.store import plan_of, read_plan, write_plan

ROOT = Path(__file__).parents[2]
OUTER = """
configfile: "specar.yaml"
module specar:
    snakefile: "{root}/Snakefile"
    config: config{name}
    {prefix}
use rule * from specar as specar_*
rule mine:
    default_target: True
    input: "{results}/tables/long_term_forecast.csv"
    output: "mine.txt"
    shell: "head -1 {{input}} > {{output}}"
"""


def small_values(**changes):
    """One run that trains in a second."""
    own = {
        "title": "small", "licence": "none", "source": "made by the tests", "folder": "small",
        "files": [{"name": "small.csv"}], "splits": {"train": 0.7, "val": 0.1, "test": 0.2},
        "seasonality": 24,
    }  # fmt: skip
    return {
        "datasets": {"Small": own},
        "data": {"mirror": "mirror"},
        "matrix": [{"task": "long_term_forecast", "datasets": ["Small"], "horizons": [12]}],
        "run_models": ["specar"],
        "seeds": [1],
        "top": [False],
        "experiments": {"long_term_forecast": {"any": {"seq_len": 24}}},
        "model": {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 1, "window_length": 4},
        "training": {"epochs": 1, "batch_size": 32},
        "execution": {"device": "cpu", "threads": 1},
        **changes,
    }


class Elsewhere:
    """A folder outside of the project with a mirror and a configuration."""

    def __init__(self, folder, shared):
        self.folder = folder
        shared("write_series")(folder / "mirror" / "small" / "small.csv", rows=120)
        self.configure()

    def configure(self, **changes):
        (self.folder / "specar.yaml").write_text(yaml.safe_dump(small_values(**changes)))

    def run(self, *arguments, check=True):
        environment = {name: value for name, value in os.environ.items() if name != "SPECAR_MIRROR"}
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def snakemake(self, *arguments, **options):
        return self.run("snakemake", "--cores", "1", *arguments, **options)

    def own(self, *arguments, **options):
        snakefile = ("--snakefile", str(ROOT / "Snakefile"))
        return self.snakemake(*arguments, *snakefile, "--configfile", "specar.yaml", **options)

    def plans(self, results="results"):
        return sorted((self.folder / results / "plans").glob("*"))


@pytest.fixture
def elsewhere(tmp_path):
    from importlib.util import module_from_spec, spec_from_file_location

    found = spec_from_file_location("specar_tests_shared", ROOT / "tests" / "conftest.py")
    shared = module_from_spec(found)
    found.loader.exec_module(shared)
    return Elsewhere(tmp_path, lambda name: getattr(shared, name))


@pytest.mark.parametrize(
    ("prefix", "results", "name"),
    [("", "results", ""), ('prefix: "inner"', "inner/results", '["specar"]')],
)
def test_a_module_of_another_workflow(elsewhere, prefix, results, name):
    text = OUTER.format(root=ROOT, prefix=prefix, results=results, name=name)
    (elsewhere.folder / "Snakefile").write_text(text)
    if name:
        (elsewhere.folder / "specar.yaml").write_text(yaml.safe_dump({"specar": small_values(), "other": 1}))
    elsewhere.snakemake()
    assert (elsewhere.folder / "mine.txt").read_text().startswith("task,")
    assert list((elsewhere.folder / results / "runs").glob("*/metrics.json"))
    assert {path.name for path in elsewhere.folder.iterdir()} <= {
        ".snakemake", "Snakefile", "inner", "mine.txt", "mirror", "results", "specar.yaml",
    }  # fmt: skip
    if prefix:
        assert not (elsewhere.folder / "results").exists()
    assert "Nothing to be done" in elsewhere.snakemake().stderr


def test_without_hooks_and_two_configurations_in_one_folder(elsewhere):
    elsewhere.own("tables", "--no-hooks", "--until", "train_long_term_forecast")
    (first,) = elsewhere.plans()
    record = next((elsewhere.folder / "results" / "runs").glob("*/metrics.json"))
    trained = record.stat().st_mtime_ns
    elsewhere.configure(seeds=[1, 2])
    elsewhere.own("tables", "--no-hooks", "--until", "train_long_term_forecast")
    assert first in elsewhere.plans()
    assert len(elsewhere.plans()) == 2
    assert record.stat().st_mtime_ns == trained  # another plan is no reason to train again
    assert len(list((elsewhere.folder / "results" / "runs").glob("*/metrics.json"))) == 2
    assert [name.split("-")[-2] for name in json.loads(first.read_text())["runs"]] == ["seed1"]


def test_looking_writes_no_plan(elsewhere):
    for options in (["-n"], ["--lint"], ["--summary"], ["--dag"], ["--list-rules"]):
        elsewhere.own("tables", *options, check=False)
    assert not elsewhere.plans()


def test_a_job_in_a_process_of_its_own_takes_the_plan_and_leaves_it_alone(elsewhere):
    elsewhere.own("data")
    (plan,) = elsewhere.plans()
    before = plan.stat()
    job = ("--mode", "remote", "--nolock", "--force", "--local-groupid", "local", "--allowed-rules", "fetch")
    target = ("--target-jobs", "fetch:dataset=Small")
    elsewhere.own(*job, *target)
    assert plan.stat().st_mtime_ns == before.st_mtime_ns
    plan.unlink()
    done = elsewhere.own(*job, *target, check=False)
    assert done.returncode != 0
    assert not plan.exists()
    log = (elsewhere.folder / "results" / "logs" / "fetch" / "Small.log").read_text()
    assert log.splitlines() == [f"specar: error: cannot read {plan.relative_to(elsewhere.folder)}: "
                                "No such file or directory"]  # fmt: skip


def test_another_workflow_at_work_is_said_also_without_hooks(elsewhere):
    from specar.base.locks import write_lock

    (elsewhere.folder / "results").mkdir()
    with write_lock(elsewhere.folder / "results" / "x", "is another"):
        lock = elsewhere.folder / "results" / ".x.lock"
        os.link(lock, elsewhere.folder / "results" / ".lock")
        done = elsewhere.own("data", "--no-hooks", check=False)
    assert done.returncode != 0
    assert "another snakemake works in results; wait for it to end" in done.stdout + done.stderr


def test_an_edited_plan_is_refused(tmp_path):
    path = tmp_path / "plan.json"
    write_plan(plan_of(parse_config(small_values())), path)
    path.write_text(path.read_text().replace('"epochs": 1', '"epochs": 2'))
    with pytest.raises(SpecarError, match=r"plan\.json was edited"):
        read_plan(path)


# Records and data that come with the project


def test_shipped_records_are_found_from_elsewhere(elsewhere):
    """`snakemake -s path/Snakefile` in an empty folder: tables with numbers, and nothing is trained."""
    config = ROOT / "config" / "cached.yaml"
    snakefile = ("--snakefile", str(ROOT / "Snakefile"), "--configfile", str(config))
    planned = elsewhere.snakemake("tables", *snakefile, "-n")
    assert "train_" not in planned.stdout + planned.stderr
    table = "results/from-cache/tables/classification.csv"
    elsewhere.snakemake(table, *snakefile, "--config", "use_cache=only")
    rows = (elsewhere.folder / table).read_text().splitlines()
    assert any("done" in row or "partial" in row for row in rows)


def test_a_missing_cache_with_only_is_an_error(elsewhere, monkeypatch):
    monkeypatch.chdir(elsewhere.folder)
    with pytest.raises(
        SpecarError, match=r"use_cache is only, and nowhere is not there \(looked for in .* and in"
    ):
        plan_of(parse_config(small_values(use_cache="only", cache="nowhere")))


def test_the_demo_data_is_found_from_elsewhere(elsewhere, monkeypatch):
    monkeypatch.chdir(elsewhere.folder)
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    plan = plan_of(load_config(ROOT / "config" / "demo.yaml"))
    assert plan.mirror == str(ROOT / "config" / "demo-data")
    (elsewhere.folder / "config" / "demo-data").mkdir(parents=True)
    assert plan.mirror == "config/demo-data"  # one's own comes first


def test_where_a_mirror_was_looked_for_is_said(elsewhere):
    elsewhere.configure(data={"mirror": "no-mirror"})
    done = elsewhere.run("specar", "fetch", "--config", "specar.yaml", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "specar: error: data mirror no-mirror is not a folder "
        f"(looked for in {elsewhere.folder} and in {ROOT}); "
    )


def test_records_are_never_added_to_those_of_the_project_from_elsewhere(elsewhere):
    elsewhere.own("tables", "--until", "train_long_term_forecast")
    (record,) = (elsewhere.folder / "results" / "runs").glob("*/metrics.json")
    name = record.parent.name
    elsewhere.run("specar", "cache", "add", name, "--config", "specar.yaml")
    assert (elsewhere.folder / "results" / "cached" / f"{name}.json").read_bytes() == record.read_bytes()
    assert not list((ROOT / "results" / "cached").rglob(f"*{name}*"))


def test_every_configuration_has_a_plan_of_its_own():
    one, same, other = (parse_config(small_values(seeds=seeds)) for seeds in ([1], [1], [2]))
    files = [plan_of(config).file for config in (one, same, other)]
    assert files[0] == files[1] != files[2]
