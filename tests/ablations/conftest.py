"""A plan with a small ablation, and records of its runs that say what a test wants."""

import json
from pathlib import Path

import pytest

from specar.config import parse_config
from specar.runs.records import describe, sealed
from specar.runs.store import plan_of

TEMPLATE = json.loads(
    next(
        (Path(__file__).parents[2] / "results" / "cached").glob("classification-*-specar-*.json")
    ).read_text()
)

SMALL = {
    "title": "Depth",
    "question": "Does depth help?",
    "axis": "number of blocks",
    "entries": [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "models": ["specar"]}],
    "levels": {"1": {"model": {"e_layers": 1}}, "2": {}, "3": {"model": {"e_layers": 3}}},
}


def plan_with(folder, **changes):
    """A plan whose matrix is one run and whose results are in ``folder``."""
    values = {
        "results": str(folder / "results"),
        "cache": str(folder / "cached"),
        "matrix": [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}],
        "run_models": ["specar"],
        "top": [False],
        "seeds": [1, 2],
        "ablations": {"depth": SMALL},
    }
    return plan_of(parse_config({**values, **changes}))


def write_record(plan, run_id, metrics, **more):
    """A record with what the tables read."""
    run = plan.run(run_id)
    record = {**TEMPLATE, **describe(run), "metrics": metrics, "config": run.model_dump(mode="json"), **more}
    path = plan.own_record_file(run_id)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(sealed(record)))


@pytest.fixture
def plan(tmp_path):
    return plan_with(tmp_path)


@pytest.fixture
def write():
    return write_record
