"""What holds for every task: batch size, floors, disjoint splits, nothing learnt from the test part."""

import numpy as np
import pandas as pd
import pytest
import torch

from specar.config.tasks import TASK_INFO
from specar.models import build_model

TASKS = tuple(TASK_INFO)
PROTOCOLS = ("published", "strict")


def model_of(run, task):
    torch.manual_seed(0)
    return build_model(run.model.module, run.model.settings, task.shape).eval()


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_metrics_do_not_depend_on_the_evaluation_batch_size(make_small_task, make_run, name, protocol):
    results = []
    for size in (1, 7, 1000):
        task = make_small_task(name, size, protocol=protocol)
        model = model_of(make_run(name, protocol=protocol), task)
        with torch.inference_mode():
            floors = {baseline: floor.metrics for baseline, floor in task.floors().items()}
            results.append((task.test(model).metrics, task.validate(model, 1), floors))
    for metrics, val, floors in results[1:]:
        assert metrics == pytest.approx(results[0][0], rel=1e-4)
        assert val == pytest.approx(results[0][1], rel=1e-4)
        assert {b: pytest.approx(m, rel=1e-9) for b, m in floors.items()} == results[0][2]


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_floors_are_those_of_the_task_with_the_same_metrics(make_small_task, make_run, name, protocol):
    task = make_small_task(name, protocol=protocol)
    floors = task.floors()
    assert tuple(floors) == TASK_INFO[name].baselines
    with torch.inference_mode():
        metrics = task.test(model_of(make_run(name, protocol=protocol), task)).metrics
    for floor in floors.values():
        assert list(floor.metrics) == list(metrics)
        assert all(np.isfinite(value) for value in floor.metrics.values())


def edit_csv(path, rows):
    frame = pd.read_csv(path)
    frame.loc[rows, frame.columns[1:]] = 7 - 3 * frame.loc[rows, frame.columns[1:]]
    frame.to_csv(path, index=False)


def edit_m4(path, edit):
    header, *lines = path.read_text().splitlines()
    edited = []
    for line in lines:
        name, *values = (cell for cell in line.split(",") if cell not in ("", '""'))
        edited.append(",".join([name, *map(str, edit([float(value) for value in values]))]))
    path.write_text("\n".join([header, *edited]) + "\n")


def edit_ts(path, cases=None, longer=False):
    *header, data = path.read_text().partition("@data\n")
    lines = data.splitlines()
    for number in range(len(lines)) if cases is None else cases:
        *channels, label = lines[number].split(":")
        values = [[5 - 3 * float(value) for value in channel.split(",")] for channel in channels]
        values = [channel + channel[:4] if longer else channel for channel in values]
        lines[number] = ":".join([*(",".join(map(str, channel)) for channel in values), label])
    path.write_text("".join(header) + "\n".join(lines) + "\n")


def edit_npy(path, rows):
    values = np.load(path)
    values[rows] = 7 - 3 * values[rows]
    np.save(path, values)


def change_test(raw):
    edit_csv(raw / "small" / "small.csv", slice(240, None))
    edit_m4(raw / "small-m4" / "Test" / "Small-test.csv", lambda values: [3 * value for value in values])
    edit_ts(raw / "small-ts" / "Small_TEST.ts", longer=True)
    edit_npy(raw / "small-ad" / "test.npy", slice(None))


def seen_in_training(task, model):
    """Losses of all training examples, which tell any change of a training value."""
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        examples = torch.arange(task.count("train")).split(1)
        batches = [task.draw(index, generator) for index in examples]
        return np.array([task.loss(model, batch)[0].item() for batch in batches])


@pytest.mark.parametrize("name", TASKS)
def test_strict_nothing_of_the_test_part_enters_training_or_selection(
    make_small_task, make_run, prepare_small, name
):
    model, results = None, []
    for change in (None, change_test):
        task = make_small_task(name, prepared=prepare_small(change), protocol="strict")
        model = model or model_of(make_run(name, protocol="strict"), task)
        with torch.inference_mode():
            results.append((seen_in_training(task, model), task.validate(model, 1), task.test(model).metrics))
    (train, val, test), (other_train, other_val, other_test) = results
    assert np.array_equal(train, other_train)
    assert val == other_val
    assert test != other_test  # the change is one that would be seen


def change_selection(cases):
    def change(raw):
        edit_csv(raw / "small" / "small.csv", slice(210, 239))
        edit_m4(
            raw / "small-m4" / "Train" / "Small-train.csv",
            lambda values: values[:-4] + [3 * value for value in values[-4:]],
        )
        edit_ts(raw / "small-ts" / "Small_TRAIN.ts", cases)
        edit_npy(raw / "small-ad" / "train.npy", slice(320, None))

    return change


@pytest.mark.parametrize("name", TASKS)
def test_strict_the_selection_part_is_not_trained_on(make_small_task, make_run, prepare_small, name):
    held_out = make_small_task("classification", protocol="strict").cases["val"]
    model, results = None, []
    for change in (None, change_selection(held_out)):
        task = make_small_task(name, prepared=prepare_small(change), protocol="strict")
        model = model or model_of(make_run(name, protocol="strict"), task)
        with torch.inference_mode():
            val = task.validate(model, 1)
        if name == "classification":  # accuracy is too coarse to tell a change
            val = task.parts["train"][0][torch.as_tensor(held_out)].sum().item()
        results.append((seen_in_training(task, model), val))
    (train, val), (other_train, other_val) = results
    # The prepared arrays are scaled by the whole train file, and then again: the same up to rounding.
    np.testing.assert_allclose(train, other_train, rtol=1e-3, atol=1e-5)
    assert val != pytest.approx(other_val, rel=1e-2)


@pytest.mark.parametrize("name", ["short_term_forecast", "classification", "anomaly_detection"])
def test_published_selects_on_the_test_part_as_the_authors_do(make_small_task, make_run, name):
    task = make_small_task(name, protocol="published")
    model = model_of(make_run(name), task)
    with torch.inference_mode():
        val, test = task.validate(model, 1), task.test(model).metrics
    if name == "anomaly_detection":
        assert task.count("val") == task.count("test")
    else:
        assert val[task.selection] == pytest.approx(test[task.selection], rel=1e-12)
