"""The optimizer gives what that of torch gives, to the bit."""

import pytest
import torch

from specar.training.state import Adam, State


def optimized(make, **options):
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    inputs = torch.randn(6, 4)
    optimizer = make(model.parameters(), lr=0.01, **options)
    for step in range(4):
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        optimizer.step()
        if step == 1:  # as from a checkpoint
            state, optimizer = optimizer.state_dict(), make(model.parameters(), lr=0.5, **options)
            optimizer.load_state_dict(state)
    return [*model.parameters()], optimizer.state_dict()


@pytest.mark.parametrize("fused", [False, True])
def test_the_same_steps_and_state(fused):
    own, state = optimized(Adam, fused=fused)
    expected, expected_state = optimized(torch.optim.Adam, fused=fused)
    assert all(torch.equal(one, other) for one, other in zip(own, expected, strict=True))
    assert state["param_groups"] == expected_state["param_groups"]
    for number, values in expected_state["state"].items():
        for name, value in values.items():
            assert torch.equal(state["state"][number][name], value)


@pytest.mark.parametrize(
    ("weight", "fused"),
    [
        (torch.zeros(2, 4), True),
        (torch.zeros(2, 4)[:, ::2], False),
        (torch.zeros(2, 2, dtype=torch.complex64), False),
    ],
)
def test_weights_that_are_not_plain_are_left_to_the_plain_optimizer(weight, fused, make_run):
    model = torch.nn.Module()
    model.weight = torch.nn.Parameter(weight)
    state = State(make_run("imputation"), model, torch.device("cpu"))
    assert state.optimizer.defaults["fused"] is fused
    model.weight.abs().sum().add(model.weight.real.sum()).backward()
    state.optimizer.step()
    assert (model.weight.real < 0).all()
