"""Tables to draw, and the figures of them."""

import itertools

import numpy as np
import pandas as pd
import pytest

from specar.config.tasks import TASK_INFO
from specar.figures.comparison import draw
from specar.figures.request import Results
from specar.figures.style import figure_style
from specar.paper.published import published
from specar.paper.sources import SOURCES

from ..tables.table_inputs import M4, floors, results, run, tidy


def _settings(task):
    """Every published cell but the averages, without its metrics; of M4 also the parts of the averages."""
    table = published(task)
    table = table[(table["setting"] != "avg") & ~table["dataset"].isin(list(SOURCES[task].aggregates))]
    cells = list(table[["dataset", "setting", "top"]].drop_duplicates().itertuples(index=False, name=None))
    if task == "short_term_forecast":
        cells += itertools.product(
            (f"M4-{name}" for name in ("Weekly", "Daily", "Hourly")), ("",), (False, True)
        )
    return cells


@pytest.fixture
def inputs():
    """Return a function that gives the matrix and the rows of a task's runs, near the published results."""

    def make(task, seeds=(1,), architectures=("paper",), cells=None, protocol="published", noise=0.05):
        random = np.random.default_rng(0)
        printed = (
            published(task).set_index(["dataset", "setting", "top", "metric"])["published"].astype(float)
        )
        scale = 0.01 if SOURCES[task].metrics[0] in ("accuracy", "precision") else 1.0
        matrix, rows, naive = [], [], []
        axes = (_settings(task)[:cells], architectures, seeds)
        for (dataset, setting, top), architecture, seed in itertools.product(*axes):
            names = {"dataset": dataset, "top": top, "architecture": architecture, "protocol": protocol}
            of = run(setting, seed, task=task, **names)
            matrix.append(of)
            weight = M4.get(dataset.removeprefix("M4-"), 1)
            of_paper = {
                name: printed.get((dataset, setting, top, name), 1.0) for name in SOURCES[task].metrics
            }
            values = {name: scale * value * random.normal(1, noise) for name, value in of_paper.items()}
            rows += results(of, values, weight)
            if not top and seed == seeds[0] and architecture == architectures[0]:
                for name in TASK_INFO[task].baselines:
                    naive += floors(of, name, values, weight)
        return matrix, rows, naive

    return make


@pytest.fixture
def table(inputs):
    """Return a function that gives the tidy table of such runs."""

    def make(task, failed=None, **other):
        matrix, rows, naive = inputs(task, **other)
        return tidy(matrix, rows, task=task, floors=[naive], failed=failed)

    return make


@pytest.fixture
def written(inputs, tmp_path):
    """Return a function that writes the inputs of `write_figures` as files; gives their arguments."""

    def write(task, **other):
        matrix, rows, naive = inputs(task, **other)
        for name, content in (("collected", rows), ("floors", naive), ("matrix", matrix)):
            pd.DataFrame(content).to_csv(tmp_path / f"{name}.csv", index=False)
        return task, tmp_path / "collected.csv", tmp_path / "floors.csv", pd.DataFrame(matrix)

    return write


@pytest.fixture
def drawn():
    """Return a function that draws a tidy table."""

    def make(task, table, note=None, remarks=None):
        with figure_style():
            return draw(Results(task, table, note, remarks or {}))[0]

    return make
