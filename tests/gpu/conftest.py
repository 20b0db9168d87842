"""A temporary folder for the locks, and processes that hold a GPU."""

import json
import os
import signal
import subprocess
import sys

import pytest

from specar.base import slots
from specar.training import gpu
from specar.training.gpu import VISIBLE

# Leases when told to, says what it got, holds it for as long as it is told, and says from when to when.
HOLDER = """
import json, logging, os, sys, time
from specar.config import Execution
from specar.training.gpu import lease_gpu
from specar.base import slots
slots.POLL = 0.02
logging.basicConfig(level=logging.INFO, format="%(message)s")
print("ready", flush=True)
sys.stdin.readline()
slots = int(os.environ["SLOTS"]) if "SLOTS" in os.environ else None
lease = lease_gpu(Execution(**json.loads(sys.argv[1])), sys.argv[2], slots)
start = time.monotonic()
assert "torch" not in sys.modules
print(json.dumps({"id": lease.id, "device": lease.device, "how": lease.how,
                  "visible": os.environ["CUDA_VISIBLE_DEVICES"]}), flush=True)
child = os.fork() if "fork" in sys.argv else 1
if child == 0:
    time.sleep(60)
if "fork" in sys.argv:
    print(child, flush=True)
seconds = sys.stdin.readline()
time.sleep(float(seconds))
print(json.dumps([start, time.monotonic()]), flush=True)
"""


class Holder:
    """A process that leases a GPU; ``lease`` waits for what it got."""

    def __init__(self, folder, execution, *arguments, **environment):
        own = {key: value for key, value in os.environ.items() if key not in (VISIBLE, *gpu._JOB_VARIABLES)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, json.dumps(execution), "a run", *arguments],
            env={**own, "SPECAR_LOCKS": str(folder), **environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def line(self):
        return json.loads(self.process.stdout.readline())

    def begin(self):
        assert self.process.stdout.readline() == "ready\n"
        self.tell("")

    def lease(self):
        self.begin()
        return self.line()

    def tell(self, text):
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def end(self, seconds=0):
        """Let it end; returns what it wrote."""
        out, err = self.process.communicate(f"{seconds}\n", timeout=60)
        assert self.process.returncode == 0, err
        return out, err

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


@pytest.fixture
def hold(tmp_path):
    """Return a function that starts a process that leases a GPU when it is told to."""
    started = []

    def start(*arguments, jobs_per_gpu=1, gpus=(0, 1), **environment):
        execution = {"gpus": list(gpus), "jobs_per_gpu": jobs_per_gpu}
        started.append(Holder(tmp_path, execution, *arguments, **environment))
        return started[-1]

    yield start
    for holder in started:
        holder.close()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Let this process lease in a temporary folder, from a clean environment; gives that folder."""
    monkeypatch.setenv("SPECAR_LOCKS", str(tmp_path))
    monkeypatch.setattr(gpu, "_leased", [])
    monkeypatch.setattr(slots, "_held", set())
    for name in (VISIBLE, "CUDA_DEVICE_ORDER", *gpu._JOB_VARIABLES):
        monkeypatch.setenv(name, "")  # so that it is as before at the end
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))  # without an nvidia-smi
    yield tmp_path
    for descriptor in slots._held:
        os.close(descriptor)
