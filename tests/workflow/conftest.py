"""The workflow in a folder of its own, on the small dataset from a mirror folder."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


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
        def heed_interrupts():  # a background job of a shell starts with SIGINT ignored
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        return subprocess.Popen(
            self._snakemake(*arguments), cwd=self.folder, env=self._environment(), start_new_session=True,
            preexec_fn=heed_interrupts,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @staticmethod
    def kill(process):
        """SIGKILL to Snakemake and all of its jobs."""
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
