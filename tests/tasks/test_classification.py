"""UEA: scaling, padding, selection cases, metrics."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from torch import nn

from specar.models import ModelOutput
from specar.tasks.classification import stratified


class Scripted(nn.Module):
    """Gives scripted classes, whatever it sees; keeps what it sees."""

    def __init__(self, classes, number):
        super().__init__()
        self.classes, self.number, self.seen, self.place = classes, number, [], 0

    def forward(self, x, padding_mask=None):
        self.seen.append((x, padding_mask))
        chosen = self.classes[self.place : self.place + len(x)]
        self.place += len(x)
        return ModelOutput(nn.functional.one_hot(torch.tensor(chosen), self.number).float(), None)


def test_metrics_are_scikit_learns(make_small_task):
    task = make_small_task("classification", size=5)
    truth = np.array(task.data.test_labels)
    guess = np.random.default_rng(0).integers(0, 3, len(truth))
    metrics, details = task.test(Scripted(guess.tolist(), 3))
    assert metrics["accuracy"] == pytest.approx(accuracy_score(truth, guess))
    assert metrics["macro_f1"] == pytest.approx(f1_score(truth, guess, average="macro"))
    assert details["confusion_matrix"] == confusion_matrix(truth, guess).tolist()
    assert details["cases_per_class"] == {"train": [6, 6, 6], "val": [4, 4, 4], "test": [4, 4, 4]}
    assert details["classes"] == ["a", "b", "c"]


def test_published_scales_each_file_by_itself_and_pads_to_the_longest_of_both(make_small_task):
    task = make_small_task("classification")
    longest = max(np.diff(task.data.train_offsets).max(), np.diff(task.data.test_offsets).max())
    assert task.shape.seq_len == longest == 14
    for name in ("train", "test"):
        values, mask = task.parts[name]
        real = values[mask.bool()]
        torch.testing.assert_close(real.mean(dim=0), torch.zeros(2), atol=1e-5, rtol=0)
        torch.testing.assert_close(real.std(dim=0), torch.ones(2), atol=1e-5, rtol=0)
        assert (values[~mask.bool()] == 0).all()
        assert mask.sum(dim=1).tolist() == np.diff(getattr(task.data, f"{name}_offsets")).tolist()


def test_strict_scales_by_the_training_cases_and_has_their_length(make_small_task):
    task = make_small_task("classification", protocol="strict")
    assert task.shape.seq_len == np.diff(task.data.train_offsets).max() == 12
    values, mask = task.parts["train"]
    cases = torch.as_tensor(task.cases["train"])
    real = values[cases][mask[cases].bool()]
    torch.testing.assert_close(real.mean(dim=0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(real.std(dim=0, unbiased=False), torch.ones(2), atol=1e-5, rtol=0)
    assert task.parts["test"][1].sum(dim=1).max() == 12  # longer test series lose their end
    together = np.concatenate([task.cases["train"], task.cases["val"]])
    assert sorted(together) == list(range(18))


def test_strict_holds_out_the_same_cases_for_every_seed_and_model(make_small_task):
    tasks = [
        make_small_task("classification", protocol="strict", seeds=[seed], architectures=[architecture])
        for seed, architecture in ((1, "paper"), (2, "released"))
    ]
    assert np.array_equal(tasks[0].cases["val"], tasks[1].cases["val"])
    assert np.bincount(np.array(tasks[0].data.train_labels)[tasks[0].cases["val"]]).tolist() == [1, 1, 1]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.95])
def test_every_class_keeps_a_training_case(share):
    labels = np.repeat([0, 1, 2, 3], [1, 2, 9, 40])
    held_out = stratified(labels, share, "any")
    left = np.bincount(np.delete(labels, held_out), minlength=4)
    assert (left >= 1).all()
    assert len(held_out) == len(set(held_out.tolist()))
    assert np.bincount(labels[held_out], minlength=4)[0] == 0  # its only case is needed for training


def test_the_floor_is_the_most_frequent_training_class(make_small_task):
    task = make_small_task("classification")
    floor = task.floors()["majority_class"]
    assert floor.metrics["accuracy"] == pytest.approx(1 / 3)


def test_the_loss_is_cross_entropy(make_small_task):
    task = make_small_task("classification")
    index = torch.tensor([0, 1, 5])
    loss, out = task.loss(Scripted([0, 0, 0], 3), index, torch.Generator())
    truth = torch.tensor(np.array(task.data.train_labels))[index]
    assert loss.item() == pytest.approx(nn.functional.cross_entropy(out.output, truth).item())
