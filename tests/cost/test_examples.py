"""Numbers of examples against tasks and records, and the load that follows from them."""

import json
from pathlib import Path

import pytest

from specar.config import RunConfig, expand, parse_config
from specar.cost.examples import Examples, examples_of, read_meta
from specar.cost.predict import FIXED_SECONDS, load_of, seconds_of
from specar.cost.rates import Rates
from specar.data.registry import builtin_datasets
from specar.models.shape import SeriesShape
from specar.models.specar.work import work

CACHED = sorted((Path(__file__).parents[2] / "results" / "cached").glob("*.json"))
# Any registry entry: that of prepared data does not count.
OTHER = builtin_datasets()["ILI"]
TASKS = ("long_term_forecast", "short_term_forecast", "imputation", "classification", "anomaly_detection")


@pytest.mark.parametrize("protocol", ["published", "strict"])
@pytest.mark.parametrize("name", TASKS)
def test_prepared_data_as_the_task_counts_it(name, protocol, make_run, make_small_task, prepared_folders):
    task = make_small_task(name, protocol=protocol)
    run = make_run(name, protocol=protocol)
    found = examples_of(run, OTHER, read_meta(prepared_folders / run.dataset))
    assert found.shape == task.shape
    # Classification holds out a share of each class, which is rounded.
    rounding = 2 if (name, protocol) == ("classification", "strict") else 0
    counts = [task.count(split) for split in ("train", "val", "test")]
    assert [found.train, found.val, found.test] == pytest.approx(counts, abs=rounding)


@pytest.mark.parametrize("path", CACHED, ids=lambda path: path.stem)
def test_registry_sizes_as_records_count_them(path):
    record = json.loads(path.read_text())
    run = RunConfig.model_validate(record["config"])
    found = examples_of(run, builtin_datasets()[run.dataset])
    assert {"train": found.train, "val": found.val, "test": found.test} == record["examples"]


def run_of(entry, **changes):
    matrix = [{"models": ["specar"], "top": [False], "seeds": [1], **entry}]
    (run,) = expand(parse_config({"matrix": matrix, **changes})).values()
    return run


def test_joined_series_add_up():
    def of(name):
        run = run_of({"task": "imputation", "datasets": [name], "mask_ratios": [0.25]})
        return examples_of(run, builtin_datasets()[name])

    parts = [of(name) for name in ("ETTm1", "ETTm2", "ETTh1", "ETTh2")]
    assert of("ETT-unified").train == sum(part.train for part in parts)
    assert of("ETT-unified").test == sum(part.test for part in parts)


def test_a_part_of_the_machines_has_its_share_of_the_rows():
    changes = {"datasets": {"SMD": {"machines": ["machine-1-1", "machine-3-2"]}}}
    entry = parse_config(changes).datasets["SMD"]
    run = run_of({"task": "anomaly_detection", "datasets": ["SMD"]}, **changes)
    assert examples_of(run, entry).train == round(708405 / 14) // 100  # its windows do not overlap


def test_unknown_sizes(make_run, tmp_path):
    run = make_run("imputation")
    nameless = builtin_datasets()["ILI"].model_copy(update={"sizes": None})
    (tmp_path / "meta.json").write_text("{}")
    assert read_meta(tmp_path) is None
    assert examples_of(run, nameless) is None


def test_load_of_a_run(make_run):
    run = make_run("anomaly_detection")  # 3 epochs of batches of 16
    examples = Examples(SeriesShape(3, 20, time_features=0), train=33, val=10, test=7, scored=33)
    needed = work(run.model.settings, examples.shape)
    load = load_of(run, examples, needed)
    assert load.steps == 3 * 3
    assert load.multiply_adds == 3 * (33 * needed.training + 10 * needed.forward) + 40 * needed.forward
    assert load.elements == needed.elements * (3 * (3 * 33 + 10) + 40)
    assert seconds_of(load, Rates(0, 0, 2, "known", "made up")) == 18 + FIXED_SECONDS
