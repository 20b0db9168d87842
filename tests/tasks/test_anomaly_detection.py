"""Anomaly detection: windows, scores, thresholds, protocols."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score
from torch import nn

from specar.base.errors import SpecarError
from specar.metrics.anomaly import point_adjust
from specar.models.base import ModelOutput


class Half(nn.Module):
    """Reconstructs half of everything, so that the error is known."""

    def forward(self, x):
        return ModelOutput(x / 2, None)


def strided(task, **settings):
    return task("anomaly_detection", experiments={
        "anomaly_detection": {"Small-AD": {"seq_len": 20, "task_settings": {"anomaly_ratio": 5, **settings}}}
    })  # fmt: skip


def test_published_windows_overlap_and_scores_are_flattened(make_small_task):
    task = make_small_task("anomaly_detection")
    assert [task.count(split) for split in ("train", "val", "test")] == [381, 381, 381]
    metrics, details, _ = task.test(Half())
    x = {part: np.array(getattr(task.data, part)) for part in ("train", "test")}
    scores = {part: np.concatenate([((v / 2) ** 2).mean(axis=1)[i : i + 20] for i in range(381)])
              for part, v in x.items()}  # fmt: skip
    labels = np.concatenate([np.array(task.data.labels)[i : i + 20] for i in range(381)])
    threshold = np.percentile(np.concatenate([scores["train"], scores["test"]]), 95)
    assert details["threshold"] == pytest.approx(threshold, rel=1e-5)
    assert details["points"] == 381 * 20
    predicted = point_adjust(scores["test"] > threshold, labels)
    expected = precision_recall_fscore_support(labels, predicted, average="binary")[:3]
    assert [metrics[name] for name in ("precision", "recall", "f1")] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("stride", [1, 7, 20, 33])
def test_strides_of_the_published_windows(make_small_task, stride):
    task = strided(make_small_task, train_stride=stride)
    assert task.cell.task_settings.test_stride == stride  # follows the training stride
    assert task.count("train") == task.count("test") == (400 - 20) // stride + 1


def test_published_val_may_be_the_end_of_the_training_part(make_small_task):
    task = strided(make_small_task, train_stride=20, val_from="train")
    assert task.count("val") == (80 - 20) // 20 + 1
    assert task.first_rows["val"][0] == 320
    assert task.first_rows["train"][-1] == 380  # which is trained on as well


def test_strict_windows_reach_every_test_row_once_and_scores_are_their_means(make_small_task):
    task = make_small_task("anomaly_detection", protocol="strict", experiments={
        "anomaly_detection": {"Small-AD": {"seq_len": 30, "task_settings": {"anomaly_ratio": 5}}}
    })  # fmt: skip
    assert task.cell.task_settings.test_stride == 30
    rows = np.concatenate([np.arange(first, first + 30) for first in task.first_rows["test"].tolist()])
    assert set(rows.tolist()) == set(range(400))
    assert len(rows) == 14 * 30  # the last window reaches back
    metrics, details, _ = task.test(Half())
    assert details["points"] == 400
    scores = ((task.parts["test"].numpy() / 2) ** 2).mean(axis=1)
    labels = np.array(task.data.labels)
    assert metrics["auc_roc"] == pytest.approx(roc_auc_score(labels, scores), rel=1e-6)
    held_out = ((task.parts["train"].numpy()[320:] / 2) ** 2).mean(axis=1)
    threshold = np.percentile(held_out, 95)
    assert details["threshold"] == pytest.approx(threshold, rel=1e-5)
    expected = precision_recall_fscore_support(labels, scores > threshold, average="binary")[:3]
    assert [metrics[f"raw_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(expected)


def test_three_sigma_takes_the_threshold_from_the_held_out_scores_alone(make_small_task):
    def changed(**settings):
        small = {"Small-AD": {"seq_len": 20, "task_settings": settings}}
        return make_small_task(
            "anomaly_detection", protocol="strict", experiments={"anomaly_detection": small}
        )

    tasks = [changed(anomaly_ratio=ratio, threshold="three_sigma") for ratio in (5, 0.5)]
    found = [task.test(Half()) for task in tasks]
    held_out = ((tasks[0].parts["train"].numpy()[320:] / 2) ** 2).mean(axis=1)
    threshold = held_out.mean() + 3 * np.sqrt(((held_out - held_out.mean()) ** 2).mean())
    assert found[0].details["threshold"] == pytest.approx(threshold, rel=1e-5)
    assert found[0] == found[1]
    assert tasks[0].cell == tasks[1].cell  # the ratio says nothing
    ratio = changed(anomaly_ratio=5).test(Half())
    changed_by_it = {name for name, value in ratio.metrics.items() if value != found[0].metrics[name]}
    assert "raw_f1" in changed_by_it <= {"raw_precision", "raw_recall", "raw_f1", "pa_k_auc", "pa_f1"}


def test_three_sigma_is_of_strict(make_small_task):
    with pytest.raises(SpecarError, match=r"task_settings\.threshold is for protocol strict"):
        strided(make_small_task, threshold="three_sigma")


def test_strict_train_and_selection_rows_are_disjoint_and_before_each_other(make_small_task):
    task = make_small_task("anomaly_detection", protocol="strict")
    assert task.first_rows["train"].max() + 20 <= 320 <= task.first_rows["val"].min()
    values = task.parts["train"][:320]
    torch.testing.assert_close(values.mean(dim=0), torch.zeros(3), atol=1e-5, rtol=0)


def test_strict_windows_stay_within_a_machine(make_small_task):
    task = make_small_task("anomaly_detection", protocol="strict")
    task.cuts = replace(task.cuts, train_ends=(150, 400), test_ends=(170, 400))
    assert task.cuts.spans("train") == [(0, 120), (150, 350)]
    assert task.cuts.spans("val") == [(120, 150), (350, 400)]
    assert task.cuts.spans("test") == [(0, 170), (170, 400)]
    for first in task._first_rows("test"):
        assert first + 20 <= 170 or first >= 170


def test_random_scores_look_good_after_point_adjustment(make_small_task):
    random = make_small_task("anomaly_detection").floors()["random"]
    assert random.metrics["f1"] > 0.5  # what point adjustment does
    assert random.details["seeds"] == 5
    assert random.details["standard_deviation"]["f1"] > 0
    strict = make_small_task("anomaly_detection", protocol="strict").floors()["random"]
    assert strict.metrics["auc_roc"] == pytest.approx(0.5, abs=0.1)
    assert strict.metrics["raw_f1"] < strict.metrics["pa_f1"]


def test_a_part_shorter_than_the_window_is_refused(make_small_task):
    with pytest.raises(SpecarError, match="400 rows, fewer than the window of 500"):
        make_small_task(
            "anomaly_detection", experiments={"anomaly_detection": {"Small-AD": {"seq_len": 500}}}
        )


def test_strict_refuses_strides_that_leave_rows_out(make_small_task):
    settings = {"anomaly_ratio": 5, "test_stride": 21}
    with pytest.raises(SpecarError, match="test_stride 21 leaves rows between windows of 20 without a score"):
        make_small_task("anomaly_detection", protocol="strict", experiments={
            "anomaly_detection": {"Small-AD": {"seq_len": 20, "task_settings": settings}}
        })  # fmt: skip


def test_the_threshold_of_scores_that_are_not_finite_is_refused(make_small_task):
    task = make_small_task("anomaly_detection", protocol="strict")
    task.parts["test"][7] = float("inf")
    with pytest.raises(SpecarError, match="test scores are not finite"):
        task.test(Half())


@pytest.mark.parametrize("protocol", ["published", "strict"])
def test_the_pca_floor_is_scikit_learns_of_the_training_rows(make_small_task, protocol):
    task = make_small_task("anomaly_detection", protocol=protocol)
    train = task.parts["train"].numpy()[: 320 if protocol == "strict" else 400]
    test = task.parts["test"].numpy()
    # two rhythms that hardly depend on each other: 90 % of the variance needs both
    _, _, axes = np.linalg.svd(train - train.mean(axis=0), full_matrices=False)
    centred = test - train.mean(axis=0)
    errors = ((centred - centred @ axes[:2].T @ axes[:2]) ** 2).mean(axis=1)
    first = task.first_rows["test"]
    scores = task._pca_score()("test", first)
    np.testing.assert_allclose(scores[0], errors[first[0] : first[0] + 20], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("protocol", ["published", "strict"])
def test_labels_that_are_all_the_same_make_every_score_perfect_and_are_refused(make_small_task, protocol):
    task = make_small_task("anomaly_detection", protocol=protocol)
    task.labels = np.ones_like(task.labels)
    with pytest.raises(SpecarError, match="need anomalies and normal points"):
        task.floors()
