"""SLURM clusters on this machine, and the workflow on them as a user would run it."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "cluster.sh"

LOCAL = ("--cores", "2", "--workflow-profile", "none")
# The profile as it is, but for waiting times that suit short jobs.
QUICK = ("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "20")
SLURM = ("--workflow-profile", "slurm", *QUICK)
# As a profile of the user's; the default one of the workflow is then merged into it.
MERGED = ("--profile", str(ROOT / "workflow" / "profiles" / "slurm"), *QUICK)


def _shared(name):
    spec = importlib.util.spec_from_file_location("specar_tests_conftest", ROOT / "tests" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def say(*lines):
    """Print what was seen, for who reads the output of the tests."""
    print("", *lines, sep="\n    ", flush=True)


class Cluster:
    """A running cluster: its commands, and what they say."""

    def __init__(self, folder):
        self.folder = folder

    def environment(self, **changes):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SPECAR_")}
        path = f"{self.folder / 'bin'}:{kept['PATH']}"
        return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), **changes}

    def ask(self, *command):
        done = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    def job(self, number):
        """All that scontrol says about a job."""
        return dict(re.findall(r"(\S+?)=(\S+)", self.ask("scontrol", "--details", "show", "job", number)))

    def running(self):
        return self.ask("squeue", "-h", "-t", "R", "-o", "%A").split()

    def accounts(self, *numbers):
        """State, requested memory and elapsed time of jobs, arrays by member, from the accounting."""
        fields = "JobID,State,ReqMem,Elapsed"
        text = self.ask("sacct", "-X", "-n", "-P", f"--format={fields}", "-j", ",".join(numbers))
        table = {line.split("|")[0]: line.split("|")[1:] for line in text.splitlines()}
        say("sacct:", *(" ".join([number, *values]) for number, values in table.items()))
        return table


class Workspace:
    """A folder with a configuration, where Snakemake is run with the profile."""

    LOCAL, MERGED = LOCAL, MERGED
    say = staticmethod(say)

    def __init__(self, folder, cluster, configuration="config.yaml"):
        self.folder, self.cluster, self.configuration = folder, cluster, configuration

    def start(self, *arguments, profile=SLURM, **environment):
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]
        command += ["--configfile", self.configuration, *profile]
        with (self.folder / "snakemake.log").open("w") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.cluster.environment(**environment), stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def snakemake(self, *arguments, status=0, **options):
        process = self.start(*arguments, **options)
        try:
            assert process.wait(timeout=900) == status, self.log()
        finally:
            process.kill()
        return self.log()

    def log(self):
        return (self.folder / "snakemake.log").read_text()

    def submissions(self):
        """SLURM's ids of the submissions of every rule, and how many jobs there are in each."""
        pattern = r"Jobs? ([\d, ]+) ha(?:s|ve) been submitted .*SLURM jobid (\d+) \(logs?: \S+/rule_(\w+)/"
        found = {}
        for jobs, number, rule in re.findall(pattern, self.log()):
            found.setdefault(rule, {})[number] = len(jobs.split(","))
        return found

    @staticmethod
    def wait_for(condition, what, seconds=240):
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, f"waited {seconds} s for {what}"
            time.sleep(0.2)
        return found

    def runs(self):
        """Ids of the runs of the configuration."""
        command = [sys.executable, "-m", "specar", "runs", "--ids", "--config", self.configuration]
        environment = self.cluster.environment()
        return subprocess.check_output(command, cwd=self.folder, env=environment, text=True).split()

    def file(self, run, name="metrics.json"):
        return self.folder / "results" / "runs" / run / name

    @staticmethod
    def numbers(path):
        """What must not depend on where and in how many pieces a run was trained."""
        record = json.loads(path.read_text())
        return {key: record[key] for key in ("metrics", "details", "training")}

    def attempts(self, run):
        """What the attempts at a run have left so far."""
        try:
            return json.loads(self.file(run, "status.json").read_text())["attempts"]
        except FileNotFoundError:  # none yet, or the run has ended in a record
            return []

    def epochs(self, run):
        path = self.file(run, "history.jsonl")
        return len(path.read_text().splitlines()) if path.exists() else 0


def _started(*kind):
    folder = Path(tempfile.mkdtemp(prefix="specar-slurm-", dir="/tmp"))
    try:
        subprocess.run([SCRIPT, "start", folder, *kind], check=True)
        yield Cluster(folder)
    finally:
        subprocess.run([SCRIPT, "stop", folder], check=True)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster():
    """Two nodes, with accounting."""
    yield from _started()


@pytest.fixture(scope="session")
def plain_cluster():
    """Two nodes, without accounting and so without sacct."""
    yield from _started("plain")


@pytest.fixture(scope="session")
def make_workspace(tmp_path_factory):
    """Return a function that makes a folder with the small datasets, prepared, and a configuration."""

    def make(cluster, **changes):
        folder = tmp_path_factory.mktemp("workspace")
        values = _shared("config_values")(**changes, data={"mirror": "mirror"})
        (folder / "config.yaml").write_text(yaml.safe_dump(values))
        _shared("write_raw")(folder / "mirror")
        workspace = Workspace(folder, cluster)
        workspace.snakemake("data", profile=LOCAL)
        return workspace

    return make


@pytest.fixture(scope="session")
def demo(tmp_path_factory, cluster):
    """Return a function that makes a folder in which the demonstration runs."""

    def make():
        folder = tmp_path_factory.mktemp("demo")
        (folder / "config").symlink_to(ROOT / "config")
        return Workspace(folder, cluster, "config/demo.yaml")

    return make
