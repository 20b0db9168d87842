"""The optimizer gives what that of torch gives, to the bit."""

import torch

from specar.training.adam import Adam


def optimized(make):
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    inputs = torch.randn(6, 4)
    optimizer = make(model.parameters(), lr=0.01)
    for step in range(4):
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        optimizer.step()
        if step == 1:  # as from a checkpoint
            state, optimizer = optimizer.state_dict(), make(model.parameters(), lr=0.5)
            optimizer.load_state_dict(state)
    return [*model.parameters()], optimizer.state_dict()


def test_the_same_steps_and_state():
    (own, state), (expected, expected_state) = optimized(Adam), optimized(torch.optim.Adam)
    assert all(torch.equal(one, other) for one, other in zip(own, expected, strict=True))
    assert state["param_groups"] == expected_state["param_groups"]
    for number, values in expected_state["state"].items():
        for name, value in values.items():
            assert torch.equal(state["state"][number][name], value)
