"""Plans with made-up records in a temporary folder, near the published results: for drawing only."""

import zlib

import numpy as np
import pytest

from specar.base.files import write_json
from specar.config import parse_config
from specar.figures.style import figure_style
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.published import published
from specar.paper.sources import metrics_of
from specar.results.ledger import ledger_of
from specar.results.rows import setting_label
from specar.runs.records import describe, sealed
from specar.runs.status import STATUS
from specar.runs.store import plan_of

M4 = {"Yearly": 23000, "Quarterly": 24000, "Monthly": 48000, "Weekly": 359, "Daily": 4227, "Hourly": 414}
PROVENANCE = {
    "git": {"commit": None, "modified": None}, "device": {"name": "none"}, "versions": {}, "finished": "",
    "wall_seconds": 1.0, "peak_memory_bytes": 0,
}  # fmt: skip
MINE = """
from pydantic import BaseModel

class Config(BaseModel):
    top: bool = False

def build(config, shape):
    from torch import nn

    return nn.Linear(shape.seq_len, 7)
"""
LINEAR = "def build(config, shape):\n    from torch import nn\n\n    return nn.Linear(shape.seq_len, 5)\n"
BROKEN = "def build(config, shape):\n    raise RuntimeError('no such layer')\n"


def _printed(task):
    table = published(task)
    keys = ["published_as", "dataset", "setting", "top", "metric"]
    return table.set_index(keys)["published"].astype(float).to_dict()


def _metrics(run, name, printed, change):
    """Within a few percent of what is printed, or of a number of its size."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    setting = "" if run.setting is None else setting_label(run.setting)
    values = {}
    for metric in metrics_of(run.task, run.protocol):
        other = 50.0 if METRICS[metric].percent else 1.0
        value = printed.get((OURS, run.dataset, setting, run.model.top, metric), other)
        values[metric] = value / METRICS[metric].scale * (1 + 0.01 * random.normal() + change(run))
    return values


def record_of(run, metrics, **more):
    """A record of a run as it is left, with these metrics."""
    total = 1000 + 10 * getattr(run.model.settings, "d_model", 1)
    record = {
        "format": 3, **describe(run), "config": run.model_dump(mode="json"), "metrics": metrics, "parts": {},
        "details": {}, "data": {"sha256": {}, "prepared_sha256": {}}, "provenance": PROVENANCE,
        "examples": {"train": 1, "val": 1, "test": M4.get(run.dataset.removeprefix("M4-"), 1)},
        "training": {"epochs": 5, "best_epoch": 3}, "parameters": {"total": total, "used": total - 100},
    }  # fmt: skip
    return sealed({**record, **more})


def finish(plan, name, metrics, **more):
    """Leave the record of a run of the plan."""
    write_json(plan.own_record_file(name), record_of(plan.runs[name], metrics, **more))


def fail(plan, name):
    """Leave what a failed attempt leaves."""
    attempt = {"state": "failed", "error": {"class": "SpecarError", "message": "out of memory"}}
    write_json(plan.records / name / STATUS, {"attempts": [attempt]})


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Return a function as of `planner`."""
    return planner(tmp_path, monkeypatch)


def planner(tmp_path, monkeypatch):
    """Return a function that makes a plan with records of the runs that ``done`` chooses.

    ``change`` says by what share the results of a run differ from the printed ones.
    """
    for module, text in (("figure_mine", MINE), ("figure_linear", LINEAR), ("figure_broken", BROKEN)):
        (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(values, done=lambda run: True, change=lambda run: 0.0):
        folder = tmp_path / f"plan{len(made)}"
        given = {"results": str(folder), "use_cache": False, "data": {"dir": str(folder / "data")}}
        made.append(plan_of(parse_config({**given, **values})))
        printed = {task: _printed(task) for task in made[-1].tasks}
        for name, run in made[-1].runs.items():
            if done(run):
                finish(made[-1], name, _metrics(run, name, printed[run.task], change))
        return made[-1]

    return make


@pytest.fixture
def drawn():
    """Return a function that draws a module's figure of a plan."""

    def make(module, plan, *arguments):
        with figure_style():
            return module.draw(ledger_of(plan), *arguments)

    return make
