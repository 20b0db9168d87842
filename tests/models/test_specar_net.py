"""The network per task, and temporal order preserving."""

import pytest
import torch

from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig
from specar.models.specar.embedding import instance_statistics, position_encoding
from specar.models.specar.net import SpecARNet
from specar.models.specar.top import paper_order_loss, released_order_loss

SMALL = {"d_model": 8, "d_ff": 4, "e_layers": 2, "conv_layers": 2, "window_length": 4, "dropout": 0.0}
ARCHITECTURES = ("paper", "released")


def model_of(shape, **settings):
    torch.manual_seed(0)
    return SpecARNet(SpecARConfig(**{**SMALL, **settings}), shape).eval()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("backbone", ["MCN", "DCN", "Embed"])
@pytest.mark.parametrize("top", [False, True])
def test_forecast_shapes(architecture, backbone, top):
    model = model_of(SeriesShape(3, 24, 12), architecture=architecture, backbone=backbone, top=top)
    out = model(torch.randn(2, 24, 3), torch.rand(2, 24, 4))
    assert out.output.shape == (2, 12, 3)
    assert (out.order_values.shape == (2, 36)) if top else (out.order_values is None)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_hidden_values_do_not_matter(architecture):
    model = model_of(SeriesShape(3, 24), architecture=architecture, top=True)
    x, observed = torch.randn(2, 24, 3), (torch.rand(2, 24, 3) > 0.5).float()
    changed = torch.where(observed == 0, float("nan"), x)
    first, second = model(x, observed_mask=observed), model(changed, observed_mask=observed)
    torch.testing.assert_close(first.output, second.output)
    torch.testing.assert_close(first.order_values, second.order_values)


def test_padded_steps_do_not_reach_the_classes():
    model = model_of(SeriesShape(3, 24, classes=5, time_features=0))
    x = torch.randn(2, 24, 3)
    assert model(x).output.shape == (2, 5)
    nothing = model(x, padding_mask=torch.zeros(2, 24)).output
    torch.testing.assert_close(nothing, model.head.bias.expand(2, 5))


def test_scale_and_offset_of_the_input_come_back_in_the_output():
    model = model_of(SeriesShape(3, 24, 12))
    x = torch.randn(2, 24, 3)
    torch.testing.assert_close(model(100 * x + 7).output, 100 * model(x).output + 7, atol=1e-2, rtol=1e-3)


def test_statistics_of_observed_values_by_hand():
    x = torch.tensor([1.0, 5.0, 3.0, 100.0]).view(1, 4, 1)
    mean, std = instance_statistics(x, torch.tensor([1.0, 1.0, 1.0, 0.0]).view(1, 4, 1))
    assert mean.item() == pytest.approx(3)
    assert std.item() == pytest.approx((8 / 3 + 1e-5) ** 0.5)
    mean, std = instance_statistics(x, torch.zeros(1, 4, 1))
    assert (mean.item(), std.item()) == (0, pytest.approx(1e-5**0.5))


def test_positions_by_hand():
    encoding = position_encoding(3, 5, torch.device("cpu"))
    assert encoding[0].tolist() == [0, 1, 0, 1, 0]
    assert encoding[2, 0].item() == pytest.approx(0.9092974)
    assert encoding[2, 3].item() == pytest.approx(torch.tensor(2 * 10000 ** (-2 / 5)).cos().item())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_top_does_not_change_the_start(architecture):
    shape = SeriesShape(3, 24, 12)
    plain, ordered = (model_of(shape, architecture=architecture, top=top) for top in (False, True))
    for name, parameter in plain.named_parameters():
        assert torch.equal(parameter, ordered.get_parameter(name)), name


def test_paper_order_loss_by_hand():
    # T = 2: t = 0.5, 1; squares 0.25 + 1 and 0 + 0, mean over the batch 0.625; u = (3, 4): 25 / 2
    values = torch.tensor([[1.0, 2.0], [0.5, 1.0]])
    assert paper_order_loss(values, torch.tensor([3.0, 4.0]), weight=0.1).item() == pytest.approx(
        0.03125 + 12.5
    )


def test_released_order_loss_by_hand():
    # divided by the maximum: (0.5, 1, 0) and (1, 0, 0.5), against (0, 0.5, 1): the squares sum to 3
    values = torch.tensor([[1.0, 2.0, 0.0], [4.0, 0.0, 2.0]], requires_grad=True)
    loss = released_order_loss(values, weight=0.001)
    assert loss.item() == pytest.approx(0.003)
    loss.backward()
    # no gradient through the maximum: d/dv of (v / 2 - 0.5)^2 at v = 2 is 2 * 0.5 / 2
    assert values.grad[0, 1].item() == pytest.approx(0.001 * 2 * 0.5 / 2)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_order_loss_of_a_segment(architecture):
    model = model_of(SeriesShape(3, 24, 12), architecture=architecture, top=True, top_weight=0.5)
    values = torch.rand(2, 36)
    loss = model.order_loss(values, [slice(-12, None)])
    if architecture == "released":
        expected = released_order_loss(values[:, 24:], 0.5)
    else:
        expected = paper_order_loss(values, model.order_head.u.weight, 0.5)
    assert loss.item() == pytest.approx(expected.item())
