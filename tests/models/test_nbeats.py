"""N-BEATS and N-HiTS by hand; test_rivals.py has tasks of any size."""

import pytest
import torch

from specar.models import spec_of
from specar.models.nbeats.net import Expansion, polynomials, waves
from specar.models.nhits.net import interpolation
from specar.models.shape import SeriesShape

from .small_rivals import model_of

SHAPE = SeriesShape(2, 14, 6)


@pytest.mark.parametrize("name", ["nbeats", "nhits"])
def test_blocks_explain_what_is_left_and_their_forecasts_add_up(name):
    torch.manual_seed(0)
    model, x = model_of(name, SHAPE, normalise=False), torch.randn(3, 14, 2)
    seen = []
    for block in set(model.blocks):  # shared ones are in it more than once
        block.register_forward_hook(lambda _, given, found: seen.append((given[0], *found)))
    output = model(x).output
    assert len(seen) == len(model.blocks) > 2
    left, total = x.transpose(1, 2), x[:, -1:]
    for given, backcast, forecast in seen:
        torch.testing.assert_close(given, left)
        assert backcast.shape == (3, 2, 14)
        left, total = left - backcast, total + forecast.transpose(1, 2)
    torch.testing.assert_close(output, total)


def test_shared_blocks_are_one():
    stack = {"basis": "trend", "blocks": 3, "width": 8}
    counts = []
    for shared in (True, False):
        model = model_of("nbeats", SHAPE, stacks=[{**stack, "shared": shared}])
        assert len(model.blocks) == 3
        counts.append(sum(values.numel() for values in model.parameters()))
    assert 3 * counts[0] == counts[1]


def test_coefficients_are_those_of_a_polynomial_and_of_waves():
    """With t = 0, 1/4, 2/4, 3/4: 3 - 2 t + 4 t^2; a half, a cosine and twice a sine of two periods."""
    coefficients = torch.tensor([3.0, -2.0, 4.0]), torch.tensor([0.5, 0.0, 1.0, 0.0, 2.0])
    trend, season = (
        Expansion(2, 4, basis) for basis in (polynomials(4, degree=2), waves(torch.arange(4) / 8, number=2))
    )
    for expansion, theta in zip((trend, season), coefficients, strict=True):
        torch.nn.init.zeros_(expansion.linear.weight)
        expansion.linear.bias.data = theta
    found = torch.cat([trend(torch.ones(1, 2)), season(torch.ones(1, 2))])
    torch.testing.assert_close(found, torch.tensor([[3.0, 2.75, 3.0, 3.75], [1.5, 2.5, -0.5, -1.5]]))


def test_seasons_of_the_input_are_those_of_the_forecast():
    """Waves of whole periods per horizon go on where the input ends: 12 steps are twice the 6 to forecast."""
    block = model_of("nbeats", SeriesShape(1, 12, 6), stacks=[{"basis": "seasonality"}]).blocks[0]
    past, future = block.backcast.basis, block.forecast.basis
    assert past.shape == (5, 12)
    torch.testing.assert_close(past, torch.cat([future, future], dim=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("knots", "steps"), [(1, 6), (2, 5), (3, 5), (7, 7)])
def test_knots_lie_on_a_line_and_the_ends(knots, steps):
    torch.testing.assert_close(interpolation(knots, steps).sum(0), torch.ones(steps))
    if knots > 1:
        line = torch.linspace(2, 8, knots) @ interpolation(knots, steps)
        torch.testing.assert_close(line, torch.linspace(2, 8, steps))


def test_a_stack_sees_the_largest_of_its_steps_and_the_rest():
    """14 steps by four are four values, the last of two steps; more steps than there are, one value."""
    model = model_of("nhits", SHAPE, pool=[4, 100], steps_per_knot=[2, 100])
    x = torch.arange(14.0).view(1, 1, 14)
    assert model.blocks[0][0](x).tolist() == [[[3.0, 7.0, 11.0, 13.0]]]
    assert model.blocks[1][0](x).tolist() == [[[13.0]]]
    constant = model.blocks[1](x)[1]  # of one knot
    assert constant.shape == (1, 1, 6)
    torch.testing.assert_close(constant, constant[..., :1].expand(1, 1, 6))


@pytest.mark.parametrize("name", ["nbeats", "nhits"])
def test_level_and_size_of_a_series_are_those_of_its_forecast(name):
    model, x = model_of(name, SHAPE).eval(), torch.randn(2, 14, 2)
    torch.testing.assert_close(model(1e3 * x + 5e4).output, 1e3 * model(x).output + 5e4, rtol=1e-4, atol=1.0)
    flat = torch.full((1, 14, 2), 7e4)
    torch.testing.assert_close(model(flat).output, flat[:, :6], rtol=1e-6, atol=0.1)


def test_channels_do_not_meet():
    model, x = model_of("nhits", SHAPE), torch.randn(2, 14, 2)
    alone = torch.stack([x[..., 0], torch.zeros(2, 14)], dim=2)
    torch.testing.assert_close(model(x).output[..., 0], model(alone).output[..., 0])


def test_stacks_have_a_rate_each():
    with pytest.raises(ValueError, match="pool and steps_per_knot have a value per stack, not 2 and 3"):
        spec_of("nhits").settings({"pool": [2, 1]})
