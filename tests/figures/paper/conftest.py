"""Plans with made-up records in a temporary folder: near the published results, for drawing only."""

import numpy as np
import pytest

from specar.base.files import write_json
from specar.config import parse_config
from specar.figures.plan_request import PaperResults
from specar.figures.style import figure_style
from specar.paper.metrics import METRICS
from specar.paper.published import published
from specar.paper.sources import metrics_of
from specar.results.inputs import setting_label
from specar.runs.records import describe
from specar.runs.store import plan_of

M4 = {"Yearly": 23000, "Quarterly": 24000, "Monthly": 48000, "Weekly": 359, "Daily": 4227, "Hourly": 414}


def _printed(task):
    table = published(task)
    keys = table[["dataset", "setting", "top", "metric"]].itertuples(index=False, name=None)
    return dict(zip(keys, table["published"].astype(float), strict=True))


def _metrics(run, printed, random, shift):
    setting = describe(run)["setting"]
    cell = (run.dataset, "" if setting is None else setting_label(setting), run.model.top)
    values = {}
    for name in metrics_of(run.task, run.protocol):
        value = printed.get((*cell, name), 50.0 if METRICS[name].percent else 1.0)
        values[name] = value / METRICS[name].scale * (1 + 0.01 * random.normal() + shift(run))
    return values


@pytest.fixture
def plan(tmp_path):
    """Return a function that makes a plan with records of the runs that ``done`` chooses."""

    def make(values, done=lambda run: True, shift=lambda run: 0.0):
        values = {"results": str(tmp_path / "results"), "use_cache": False, **values}
        made = plan_of(parse_config(values))
        random = np.random.default_rng(0)
        printed = {task: _printed(task) for task in made.tasks}
        for name, run in made.runs.items():
            if done(run):
                examples = {"test": M4.get(run.dataset.removeprefix("M4-"), 1)}
                rest = {"details": {}, "examples": examples, "data": {}, "provenance": {}}
                parameters = {
                    "parameters": {"total": 1000 * run.model.d_model, "used": 900 * run.model.d_model}
                }
                metrics = _metrics(run, printed[run.task], random, shift)
                record = {**describe(run), "metrics": metrics, **rest, **parameters}
                write_json(made.own_record_file(name), record)
        return made

    return make


@pytest.fixture
def drawn():
    """Return a function that draws a module's figure of a plan."""

    def make(module, plan, *arguments):
        with figure_style():
            return module.draw(PaperResults(plan), *arguments)

    return make
