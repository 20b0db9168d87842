"""A batch in micro-batches has the gradient of the batch in one piece."""

import pytest
import torch

from specar.config.tasks import TASK_INFO
from specar.tasks.base import ErrorSums

CASES = [
    (task, top, label, protocol)
    for task, info in TASK_INFO.items()
    for top in ([False, True] if info.top else [False])
    for label in ("specar", "specar-released")
    for protocol in ("published", "strict")
]
MODEL = {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4, "dropout": 0.0}


def gradient(trainer, batch, micro_batches):
    trainer.progress.epoch, trainer.progress.micro_batches = 1, micro_batches
    loss = trainer.objective.backward(batch)
    gradients = {name: p.grad for name, p in trainer.model.named_parameters() if p.grad is not None}
    return loss, gradients


@pytest.mark.parametrize(("task", "top", "label", "protocol"), CASES)
def test_the_gradient_is_that_of_the_whole_batch(
    make_small_trainer, make_run, tmp_path, task, top, label, protocol
):
    # A strong TOP loss, so that one that is counted wrongly shows.
    model = {**MODEL, "top_weight": 0.5}
    run = make_run(task, top=[top], run_models=[label], protocol=protocol, model=model)
    trainer = make_small_trainer(run, tmp_path)
    if top and label == "specar-released":  # its loss divides by the largest order value: not by almost zero
        trainer.model.order_head.linear.bias.data.fill_(3)
    batch = trainer.task.draw(torch.arange(11), torch.Generator().manual_seed(0))
    whole_loss, whole = gradient(trainer, batch, 1)
    if top:
        assert any(name.startswith("order_head") for name in whole)
    largest = max(value.norm() for value in whole.values())
    assert largest > 0
    for micro_batches in (2, 4, 16):  # of 6 and 5, of 3, 3, 3 and 2, of 1
        loss, gradients = gradient(trainer, batch, micro_batches)
        assert loss.item() == pytest.approx(whole_loss.item(), rel=2e-6)
        assert gradients.keys() == whole.keys()
        for name, value in whole.items():
            assert (gradients[name] - value).norm() <= 1e-5 * largest, name


@pytest.mark.parametrize("task", TASK_INFO)
def test_one_micro_batch_is_the_loss_itself(make_small_trainer, make_run, tmp_path, task):
    trainer = make_small_trainer(make_run(task, model=MODEL), tmp_path)
    batch = trainer.task.draw(torch.arange(5), torch.Generator().manual_seed(0))
    loss, _ = gradient(trainer, batch, 1)
    own, _ = trainer.task.loss(trainer.model, batch)
    assert loss.item() == own.item()
    expected = torch.autograd.grad(own, list(trainer.model.parameters()), allow_unused=True)
    for parameter, value in zip(trainer.model.parameters(), expected, strict=True):
        assert (parameter.grad is None and value is None) or torch.equal(parameter.grad, value)


def test_parts_of_imputation_count_by_their_hidden_values(make_small_trainer, make_run, tmp_path):
    """Where one window hides all its values and the others one each, which a mean over windows gets wrong."""
    trainer = make_small_trainer(make_run("imputation", model=MODEL), tmp_path)
    index = torch.arange(4)
    observed = torch.ones(4, 24, 3, dtype=torch.bool)
    observed[:, 5, 1] = False
    observed[2] = False
    trainer.model.eval()
    sums = ErrorSums(torch.device("cpu"))
    with torch.no_grad():
        x = trainer.task.windows.inputs(trainer.task.train_rows[index])
        sums.add(trainer.task._run(trainer.model, x, observed, index).output, x, ~observed)
    for micro_batches in (1, 2, 4):
        loss, _ = gradient(trainer, (index, observed), micro_batches)
        assert loss.item() == pytest.approx(sums.metrics()["mse"], rel=1e-5)


def test_a_batch_that_hides_nothing_is_without_loss(make_small_trainer, make_run, tmp_path):
    trainer = make_small_trainer(make_run("imputation", model=MODEL), tmp_path)
    for micro_batches in (1, 2):
        loss, gradients = gradient(
            trainer, (torch.arange(2), torch.ones(2, 24, 3, dtype=torch.bool)), micro_batches
        )
        assert loss.item() == 0
        assert all((value == 0).all() for value in gradients.values())
