"""UEA: scaling, padding, selection cases, metrics."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from torch import nn

from specar.base.errors import SpecarError
from specar.config import expand, parse_config
from specar.models.base import ModelOutput
from specar.tasks.classification import case_norm, stratified


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
    metrics, details, _ = task.test(Scripted(guess.tolist(), 3))
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
        make_small_task("classification", protocol="strict", seeds=[seed], run_models=[label])
        for seed, label in ((1, "specar"), (2, "specar-released"))
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
    task.labels = {"train": np.repeat([2, 0, 1], [9, 5, 4]), "test": np.repeat([0, 2], [8, 4])}
    assert task.floors()["majority_class"].metrics["accuracy"] == pytest.approx(4 / 12)


@pytest.mark.parametrize("protocol", ["published", "strict"])
def test_the_model_gets_the_padding_mask_of_its_cases(make_small_task, protocol):
    task = make_small_task("classification", size=5, protocol=protocol)
    model = Scripted([0] * 12, 3)
    task.test(model)
    lengths = np.minimum(np.diff(task.data.test_offsets), task.shape.seq_len)
    masks = torch.cat([mask for _, mask in model.seen])
    expected = torch.arange(task.shape.seq_len) < torch.tensor(lengths)[:, None]
    assert torch.equal(masks.bool(), expected)


def test_case_norm_is_that_of_the_authors_loader():
    random = np.random.default_rng(0)
    values, offsets = random.normal(size=(9, 3)), np.array([0, 4, 9])
    expected = []
    for start, end in ((0, 4), (4, 9)):
        case = torch.tensor(values[start:end])
        case = case - case.mean(dim=0)
        expected.append(case / (case.var(dim=1, unbiased=False, keepdim=True) + 1e-5).sqrt())
    case_norm(values, offsets)
    np.testing.assert_allclose(values, torch.cat(expected).numpy(), rtol=1e-10)


def test_case_norm_is_for_the_published_protocol_of_the_set_that_the_authors_name(make_small_task):
    runs = expand(parse_config({"matrix": [{"task": "classification"}], "seeds": [1]}))
    normed = {run.dataset for run in runs.values() if run.task_settings.case_norm}
    assert normed == {"EthanolConcentration"}
    settings = {"experiments": {"classification": {"Small-TS": {"task_settings": {"case_norm": True}}}}}
    for protocol, same in (("published", False), ("strict", True)):
        plain = make_small_task("classification", protocol=protocol)
        other = make_small_task("classification", protocol=protocol, **settings)
        assert torch.equal(plain.parts["train"][0], other.parts["train"][0]) == same


def test_a_set_of_single_cases_has_none_to_hold_out():
    with pytest.raises(SpecarError, match="no class has two training cases"):
        stratified(np.arange(4), 0.2, "any")


def test_the_loss_is_cross_entropy(make_small_task):
    task = make_small_task("classification")
    index = torch.tensor([0, 1, 5])
    loss, out = task.loss(Scripted([0, 0, 0], 3), task.draw(index, torch.Generator()))
    truth = torch.tensor(np.array(task.data.train_labels))[index]
    assert loss.item() == pytest.approx(nn.functional.cross_entropy(out.output, truth).item())
