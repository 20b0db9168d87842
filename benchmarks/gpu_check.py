"""Whatever only a GPU can tell, by one command and into one JSON (``make gpu-check``; 8 minutes at most).

    python benchmarks/gpu_check.py [--device auto] [--minutes 7.5] [--output results/benchmarks/gpu.json]
    python benchmarks/gpu_check.py --take gpu.json

It needs the package and torch, and no network. A part says what of it could not be done, and why: without a
GPU most of it. Ends with 1 where the device computes something else than the authors' code.

- golden: outputs and gradients beside those of the authors' code
- tests: those that need a GPU
- speed: steps in fp32, beside the plain structure
- steps: of launch-bound models, one operation after the other, as a CUDA graph, and compiled
- throughput: of several runs on one GPU
- precisions: steps in bf16 and tf32
- rates: fitted to ``speed``, and put into ``specar/cost/measured.json`` in place of what is assumed of GPUs;
  ``--take`` only does that, with the JSON of another machine
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import torch
from settings import SETTINGS
from speed import HEAD, line_of

from specar.base.files import write_json, write_text
from specar.config.schema import DEFAULT_MODELS
from specar.config.settings import Execution
from specar.cost.rates import fit
from specar.models.released import from_released, released_parameters
from specar.runs.provenance import git_state, now, versions
from specar.training.device import configure, device_name, has_bf16

ROOT, HERE = Path(__file__).parents[1], Path(__file__).parent
MEASURED = ROOT / "specar" / "cost" / "measured.json"
BOUND = 1e-4  # of relative differences from the authors' code in fp32
CELLS = [name for name, one in SETTINGS.items() if not one.models]
LAUNCH_BOUND = ("exchange", "etth1")
_MOST = 100.0  # seconds for the steps of a process: compiling may take longer than it can pay
# Of a row of the benchmark, what rates are fitted to.
KEPT = (
    *("setting", "task", "model", "precision", "batch_size", "step_seconds", "training_multiply_adds"),
    *("forward_multiply_adds", "elements", "evaluation_seconds_per_example", "device", "threads", "torch"),
)


@dataclass
class Part:
    """What a part found, and what of it could not be done, with the reason."""

    found: Any = None
    not_done: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Check:
    """The parts on one device, within a time."""

    def __init__(self, device: torch.device, minutes: float, threads: int) -> None:
        self.device, self.threads, self.end = device, threads, time.monotonic() + 60 * minutes
        self.gpu = device.type == "cuda"
        self.parts: dict[str, Part] = {}

    def left(self) -> float:
        """Seconds that are left."""
        return self.end - time.monotonic()

    def golden(self, part: Part) -> None:
        """Largest relative differences of outputs and gradients, by case."""
        paths = sorted((ROOT / "tests" / "golden").glob("*.npz"))
        part.found = {path.stem: differences(path, self.device) for path in paths}

    def tests(self, part: Part) -> None:
        """How the tests that need a GPU end."""
        marked = [path for path in (ROOT / "tests").rglob("test_*.py") if "mark.gpu" in path.read_text()]
        if not self.gpu:
            part.not_done["tests"] = "no GPU: they would be skipped"
        elif find_spec("pytest") is None:
            part.not_done["tests"] = "pytest is not installed"
        else:
            options = ["-q", "-m", "gpu", "-p", "no:cacheprovider"]
            done = self._python([sys.executable, "-m", "pytest", *options, *map(str, marked)])
            part.found = {"passed": done.returncode == 0, "output": done.stdout[-2000:]}

    def speed(self, part: Part) -> None:
        """Rows of the benchmark in fp32; rates are fitted to them."""
        wanted = [(name, model, "fp32") for model in DEFAULT_MODELS for name in CELLS]
        self._rows(part, wanted if self.gpu else [("exchange", "specar", "fp32")], keep=200 * self.gpu)
        if not self.gpu:
            part.not_done["other settings"] = "no GPU: 'make bench' measures a CPU"

    def precisions(self, part: Part) -> None:
        """Rows of the benchmark in bf16 and tf32."""
        wanted = [(name, "specar", precision) for precision in ("bf16", "tf32") for name in CELLS]
        if not self.gpu:
            wanted = [("exchange", "specar", "bf16")] if has_bf16(self.device) else []
            part.not_done["tf32"] = "needs a GPU"
            if not wanted:
                part.not_done["bf16"] = "this processor has no bf16 units"
        self._rows(part, wanted)

    def steps(self, part: Part) -> None:
        """Steps of launch-bound models in three ways; what compiling takes is in the first steps."""
        part.found = {}
        if not self.gpu:
            part.not_done["graphs, compile"] = "no GPU, whose operations they would start faster"
        for name in LAUNCH_BOUND if self.gpu else ():
            for mode in ("eager", "graphs", "compile"):
                with self._noted(part, f"{name} {mode}"):
                    ((ready, done),) = self._at_once(1, name, mode)
                    milliseconds = 1e3 * done["seconds"] / done["steps"]
                    part.found[f"{name} {mode}"] = {**ready, "step_milliseconds": milliseconds}
                    if mode == "graphs":  # the same dropout, so the same losses
                        pairs = zip(ready["losses"], part.found[f"{name} eager"]["losses"], strict=True)
                        part.found[f"{name} graphs"]["largest_difference"] = max(abs(a - b) for a, b in pairs)

    def throughput(self, part: Part) -> None:
        """Steps per second of several runs at once, all together."""
        part.found = {}
        for mode in ("eager", "graphs") if self.gpu else ("eager",):
            for number in (1, 2, 4, 8) if self.gpu else (1, 2):
                with self._noted(part, f"{number} {mode}"):
                    all_done = self._at_once(number, "exchange", mode)
                    part.found[f"{number} {mode}"] = sum(one["steps"] / one["seconds"] for _, one in all_done)

    def rates(self, part: Part) -> None:
        """Rates by the rows in fp32; they take the place of what is assumed of GPUs."""
        if not self.gpu:
            part.not_done["rates"] = "no GPU: those of a CPU are fitted to what 'make bench' writes"
        elif len(rows := self.parts["speed"].found) < 6:
            part.not_done["rates"] = f"only {len(rows)} settings were measured"
        else:
            part.found = asdict(fit(rows, "measured"))

    def do(self, name: str) -> Part:
        """A part, whatever becomes of it."""
        part, start = Part(), time.monotonic()
        with self._noted(part, name):
            getattr(self, name)(part)
        part.seconds = round(time.monotonic() - start, 1)
        self.parts[name] = part
        return part

    def _rows(self, part: Part, wanted: list[tuple[str, str, str]], keep: float = 0.0) -> None:
        """Measure settings for as long as there is time, but for what is kept for the parts that follow."""
        part.found = []
        for name, model, precision in wanted:
            with self._noted(part, f"{name} {model} {precision}"):
                if self.left() < keep:
                    raise TimeoutError("no time is left for it")
                seconds = "2" if self.gpu else "0.3"
                done = self._python(self._command("measure.py", name, model, precision, "--seconds", seconds))
                if done.returncode:
                    raise RuntimeError(last_line(done.stderr))
                part.found.append(json.loads(done.stdout))

    def _at_once(self, number: int, name: str, mode: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """What so many processes say when they are ready, and of their steps; one that hangs is ended."""
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = self._command("steps.py", name, mode, "--seconds", "3" if self.gpu else "0.5")
        running = [subprocess.Popen(command, text=True, **self._where, **options) for _ in range(number)]
        most = min(max(self.left(), 1), _MOST)
        ends = [Timer(most, process.kill) for process in running]
        try:
            for timer in ends:
                timer.start()
            ready = [process.stdout.readline() for process in running if process.stdout]
            for process in running:
                with suppress(BrokenPipeError):  # of one that failed
                    print(file=process.stdin, flush=True)
            said = [process.communicate() for process in running]
        finally:
            for process, timer in zip(running, ends, strict=True):
                timer.cancel()
                process.kill()
        for process, (_, errors) in zip(running, said, strict=True):
            if process.returncode:
                ended = f"ended after {most:.0f} s: {last_line(errors)}"
                raise RuntimeError(last_line(errors) if process.returncode > 0 else ended)
        return [(json.loads(first), json.loads(out)) for first, (out, _) in zip(ready, said, strict=True)]

    def _python(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        most = max(self.left(), 1)
        return subprocess.run(command, capture_output=True, text=True, timeout=most, **self._where)

    def _command(self, script: str, *arguments: str) -> list[str]:
        own = ["--threads", str(self.threads), "--device", self.device.type]
        return [sys.executable, str(HERE / script), *arguments, *own]

    @property
    def _where(self) -> dict[str, Any]:
        threads = {"OMP_NUM_THREADS": str(self.threads)}
        return {"cwd": ROOT, "env": {**os.environ, "PYTHONPATH": str(ROOT), **threads}}

    @contextmanager
    def _noted(self, part: Part, what: str) -> Iterator[None]:
        """Note why something could not be done, and go on with the next."""
        try:
            yield
        except subprocess.TimeoutExpired:
            part.not_done[what] = "the time was up"
        except Exception as error:  # whatever it is, the other parts can still be done
            part.not_done[what] = f"{type(error).__name__}: {error}"[:500]


def differences(path: Path, device: torch.device) -> dict[str, float]:
    """Largest relative differences of the output, and of the gradients, from those of the authors' code.

    A gradient that vanishes but for rounding is compared with a tenth of the largest.
    """
    arrays = dict(np.load(path))
    of = {
        kind: {name: value for name, value in arrays.items() if name.startswith(f"{kind}/")}
        for kind in ("config", "weight", "grad_of_loss")
    }
    model = from_released(of["weight"], of["config"]).to(device)
    given = {name: torch.from_numpy(v).to(device) for name, v in arrays.items() if "/" not in name and v.ndim}
    out = model(
        given["x"],
        time_features=given.get("time_features"),
        observed_mask=given.get("mask"),
        padding_mask=given.get("padding_mask"),
    )
    out.output.square().mean().backward()
    gradients = {name.partition("/")[2]: torch.from_numpy(v) for name, v in of["grad_of_loss"].items()}
    parameters = released_parameters(model, list(gradients))
    largest = max(float(value.norm()) for value in gradients.values())
    worst = 0.0
    for name, value in gradients.items():
        size = float(value.norm())
        error = float((parameters[name].grad.cpu() - value).norm())
        worst = max(worst, error / (size if size > 1e-4 * largest else 0.1 * largest))
    error = float((out.output.detach() - given["output"]).norm() / given["output"].norm())
    return {"output": error, "gradients": worst}


def last_line(text: str) -> str:
    """What a process that failed says at last."""
    return (text.strip().splitlines() or ["ended without a word, as by the end of the time"])[-1]


def take(report: dict[str, Any]) -> None:
    """Put the rows of a GPU into the file of what was measured, in place of earlier ones of the same."""
    rows = [{key: row[key] for key in KEPT} for row in report["parts"]["speed"]["found"]]
    if report["parts"]["rates"]["found"] is None:
        raise SystemExit(f"no rates to take: {report['parts']['rates']['not_done']}")
    found = {"commit": str(report["git"]["commit"])[:7], "date": report["started"][:10]}
    known = json.loads(MEASURED.read_text(encoding="utf-8"))
    kept = [one for one in known if one["rows"][0]["device"] != rows[0]["device"]]
    write_text(MEASURED, machines_text([{"type": "cuda", **found, "rows": rows}, *kept]))
    print(f"written to {MEASURED}: 'specar cost' prints the table for docs/speed.md")


def machines_text(machines: list[dict[str, Any]]) -> str:
    """Machines as JSON, a row of the benchmark per line."""
    texts = []
    for one in machines:
        head = "".join(
            f"  {json.dumps(key)}: {json.dumps(one[key])},\n" for key in ("type", "commit", "date")
        )
        rows = ",\n".join(f"    {json.dumps(row)}" for row in one["rows"])
        texts.append(f'{{\n{head}  "rows": [\n{rows}\n  ]\n}}')
    return f"[{', '.join(texts)}]\n"


def main() -> None:
    """Do the parts one after the other, say what came of each, and write all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int, default=Execution().threads)
    parser.add_argument("--minutes", type=float, default=7.5)
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "benchmarks" / "gpu.json")
    parser.add_argument("--take", type=Path, metavar="JSON", help="of a GPU elsewhere: take its rates")
    options = parser.parse_args()
    if options.take:
        take(json.loads(options.take.read_text(encoding="utf-8")))
        return
    device = configure(Execution(device=options.device, threads=options.threads), "fp32")
    check = Check(device, options.minutes, options.threads)
    report: dict[str, Any] = {
        **{"started": now(), "device": device_name(device), "type": device.type},
        **{"cuda": torch.version.cuda, "git": git_state(), "versions": versions(), "parts": {}},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    print(f"{report['device']}, torch {torch.__version__}")
    for name in ("golden", "tests", "speed", "steps", "throughput", "precisions", "rates"):
        part = check.do(name)
        report["parts"][name] = asdict(part)
        write_json(options.output, report)
        print(f"{name}: {summary(name, part)} ({part.seconds:.0f} s)", flush=True)
        for what, why in part.not_done.items():
            print(f"  not done: {what}: {why}")
    print(f"written to {options.output}")
    if report["parts"]["rates"]["found"] is not None:
        take(report)
    golden = check.parts["golden"]
    errors = [error for case in (golden.found or {}).values() for error in case.values()]
    if golden.not_done or not max(errors) < BOUND:
        raise SystemExit(f"golden vectors: differences of more than {BOUND:g} from the authors' code")


def summary(name: str, part: Part) -> str:
    """What a part found, in a few words."""
    if not part.found:
        return "nothing"
    match name:
        case "golden":
            largest = max(max(one.values()) for one in part.found.values())
            return f"{len(part.found)} cases, largest difference {largest:.1e}"
        case "speed" | "precisions":
            return "\n  " + "\n  ".join([HEAD, *map(line_of, part.found)])
        case "throughput":
            return ", ".join(f"{what}: {rate:.0f} steps/s" for what, rate in part.found.items())
        case "steps":
            return ", ".join(f"{what} {one['step_milliseconds']:.2f} ms" for what, one in part.found.items())
    return json.dumps(part.found)


if __name__ == "__main__":
    main()
