"""The workflow in a folder of its own, on the small dataset from a mirror folder."""

import importlib.util
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from specar.base.locks import write_lock

ROOT = Path(__file__).parents[2]


def _cpu_seconds():
    """Of all processes that have ended: what else the machine does hardly changes it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture
def cpu_time():
    """Return a function that gives the CPU time of child processes since the test began, in seconds."""
    start = _cpu_seconds()
    return lambda: _cpu_seconds() - start


def _shared(name):
    spec = importlib.util.spec_from_file_location("specar_tests_conftest", ROOT / "tests" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


class Workspace:
    """A folder with a configuration, where commands are run as a user would."""

    def __init__(self, folder):
        self.folder = folder
        self.values = _shared("config_values")(data={"mirror": "mirror"})
        if (folder / "config.yaml").exists():  # a copy
            self.values = yaml.safe_load((folder / "config.yaml").read_text())
            return
        _shared("write_raw")(folder / "mirror")
        self.configure()

    def configure(self, **changes):
        self.values.update(changes)
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.values))

    def snakemake(self, *arguments, check=True):
        return self._run(self._snakemake(*arguments), check)

    def specar(self, *arguments, check=True):
        return self._run([sys.executable, "-m", "specar", *arguments], check)

    def start(self, *arguments):
        return self._start(self._snakemake(*arguments))

    def start_specar(self, *arguments):
        return self._start([sys.executable, "-m", "specar", *arguments])

    def _start(self, command):
        def heed_interrupts():  # a background job of a shell starts with SIGINT ignored
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        return subprocess.Popen(
            command, cwd=self.folder, env=self._environment(), start_new_session=True,
            preexec_fn=heed_interrupts,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @staticmethod
    def kill(process):
        """SIGKILL to it and all that it has started."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.2)

    def records(self):
        return sorted((self.folder / "results" / "runs").glob("*/metrics.json"))

    def _snakemake(self, *arguments):
        program = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        return [*program, "--configfile", "config.yaml", "--cores", "2", *arguments]

    def _environment(self):
        environment = {key: value for key, value in os.environ.items() if key != "SPECAR_MIRROR"}
        return {**environment, "PYTHONPATH": str(ROOT)}

    def _run(self, command, check):
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Return a function that makes a workspace once for all processes of the tests; nobody may change it.

    It begins as a copy of ``source``, if there is one.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name, fill, source=None):
        folder, done = base / name / "work", base / name / "done"
        with write_lock(base / name, f"makes {name}"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.parent.mkdir(parents=True, exist_ok=True)
                if source is None:
                    folder.mkdir()
                else:
                    copy_of(source, folder)
                fill(Workspace(folder))
                done.touch()
        return Workspace(folder)

    return make


def copy_of(workspace, folder):
    """A copy that Snakemake takes for the same, with all times."""
    shutil.copytree(workspace.folder, folder, symlinks=True)
    return Workspace(folder)


@pytest.fixture
def copied(tmp_path):
    """Return a function that copies a workspace for a test to change."""
    return lambda workspace: copy_of(workspace, tmp_path / "copy")


def _train_two(workspace):
    workspace.configure(matrix=[{"task": "imputation", "datasets": ["Small"]}], seeds=[1, 2])
    workspace.snakemake("imputation")


@pytest.fixture
def trained_once(made_once):
    """What ``trained`` copies; not to be changed."""
    return made_once("trained", _train_two)


@pytest.fixture
def trained(trained_once, copied):
    """A workspace of one's own where ``snakemake imputation`` has trained seeds 1 and 2."""
    return copied(trained_once)


def _without_results(workspace):
    for name in ("runs", "floors", "tables", "figures", "logs"):
        shutil.rmtree(workspace.folder / "results" / name)


@pytest.fixture
def untrained(trained):
    """The same with its data prepared, and no results yet."""
    _without_results(trained)
    return trained


SAID = "snakemake.txt"  # what it said


@pytest.fixture
def failed(made_once, trained_once, copied):
    """A workspace of one's own where ``snakemake imputation`` has trained seed 1, and failed on seed 2."""

    def fill(workspace):
        _without_results(workspace)
        entry = {"task": "imputation", "datasets": ["Small"], "seeds": [1]}
        broken = {**entry, "seeds": [2], "training": {"learning_rate": 1e30}}
        workspace.configure(matrix=[entry, broken])
        done = workspace.snakemake("imputation", "--retries", "1", check=False)
        assert done.returncode != 0
        (workspace.folder / SAID).write_text(done.stdout + done.stderr)

    workspace = copied(made_once("failed", fill, source=trained_once))
    workspace.said = (workspace.folder / SAID).read_text()
    return workspace


@pytest.fixture
def config_of():
    """Return the function that gives the values of a configuration of small datasets."""
    return _shared("config_values")
