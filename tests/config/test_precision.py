"""``training.precision: auto`` is decided by the table, for a task and model, and before a run has its id."""

from dataclasses import replace

import pytest

from specar.config import expand, parse_config, run_id
from specar.config import precision as module
from specar.config.precision import Comparison, automatic, read_table, table_text
from specar.config.tasks import TASK_INFO

ROW = Comparison(
    task="imputation", model="specar", where="ETTh1 0.25", changes={}, metric="mse", precision="bf16",
    seeds=[1, 2, 3], fp32=[1.0, 1.1, 1.2], other=[1.05, 1.1, 1.15], machine="a CPU", commit="abcdef0",
)  # fmt: skip
FURTHER = replace(ROW, metric="mae", other=[1.0, 1.1, 1.31])


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Return a function that puts rows into the table that decides."""

    def write(*rows):
        path = tmp_path / "precision.json"
        path.write_text(table_text(rows))
        monkeypatch.setattr(module, "files", lambda _: tmp_path)
        automatic.cache_clear()
        assert read_table() == list(rows)

    yield write
    automatic.cache_clear()


def run_of(precision, label="specar"):
    matrix = [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "top": [False]}]
    models = {"mine": {"module": "specar", "settings": {"architecture": "paper"}}}
    values = {"matrix": matrix, "seeds": [1], "run_models": [label], "models": models}
    (run,) = expand(parse_config({**values, "training": {"precision": precision}})).values()
    return run


def test_within_is_no_seed_changed_by_more_than_seeds_differ():
    assert ROW.between_seeds == pytest.approx(0.1)
    assert ROW.largest == pytest.approx(0.05)
    assert ROW.within
    assert FURTHER.largest == pytest.approx(0.11)
    assert not FURTHER.within
    two = replace(ROW, seeds=[1, 2], fp32=[1.0, 1.2], other=[1.0, 1.2])
    assert not two.within


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], "fp32"),
        ([ROW], "bf16"),
        ([ROW, FURTHER], "fp32"),
        ([ROW, replace(FURTHER, task="classification")], "bf16"),
        ([replace(ROW, model="specar-released")], "fp32"),
        ([replace(ROW, precision="tf32")], "fp32"),
    ],
)
def test_every_metric_of_the_task_and_model_decides(table, rows, found):
    table(*rows)
    assert automatic("imputation", "specar") == found
    # What a run is called says what is computed: as if its precision had been said.
    assert run_of("auto").training.precision == found
    assert run_id(run_of("auto")) == run_id(run_of(found))


def test_another_model_is_not_taken_for_one_of_the_table(table):
    table(ROW)
    assert run_of("auto", "mine").training.precision == "fp32"
    assert run_of("auto", "dlinear").training.precision == "fp32"


def test_the_table_that_comes_with_the_project():
    rows = read_table()
    assert {row.task for row in rows} <= set(TASK_INFO)
    assert {"classification", "anomaly_detection"} <= {row.task for row in rows}
    assert table_text(rows) == module.files("specar.config").joinpath("precision.json").read_text()
    for row in rows:
        assert len(row.fp32) == len(row.other) == len(row.seeds) >= 3
