"""The faster equals of convolution and rectified mean, against torch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from specar.models.specar import planes
from specar.models.specar.block import SpecARBlock
from specar.models.specar.planes import convolve, kernel_gradient, mean_of_positive


def leaves(*shapes):
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def gradients(result, inputs):
    weights = torch.linspace(-1, 1, result.numel(), dtype=result.dtype).view(result.shape)
    return torch.autograd.grad((result * weights).sum(), inputs)


@settings(max_examples=40)
@given(
    examples=st.integers(1, 5), inputs=st.integers(1, 3), outputs=st.integers(1, 3), bins=st.integers(1, 6),
    steps=st.integers(1, 7), kernel=st.sampled_from([1, 3, 5]), dilation=st.integers(1, 8),
    part=st.sampled_from([1, 100, 10**6]), last=st.booleans(),
)  # fmt: skip
def test_convolution_and_its_gradients_are_those_of_torch(
    examples, inputs, outputs, bins, steps, kernel, dilation, part, last
):
    x, weight, bias = leaves((examples, inputs, bins, steps), (outputs, inputs, kernel, kernel), (outputs,))
    if last:
        x = x.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
    expected = nn.functional.conv2d(x, weight, bias, padding=dilation * (kernel // 2), dilation=dilation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planes, "_PART", part)
        result = convolve(x, weight, bias, dilation)
        found = gradients(result, (x, weight, bias))
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(found, gradients(expected, (x, weight, bias)))


def test_the_gradient_of_a_kernel_in_a_strided_batch():
    x, gradient = torch.randn(3, 4, 5, 6)[:, ::2], torch.randn(6, 3, 5, 3).permute(1, 3, 2, 0)
    weight = torch.zeros(3, 2, 3, 3, requires_grad=True)
    expected = nn.functional.conv2d(x, weight, padding=2, dilation=2)
    (expected,) = torch.autograd.grad(expected, weight, gradient)
    torch.testing.assert_close(kernel_gradient(x, gradient, weight.shape[-2:], (2, 2)), expected)


def test_two_channels_of_their_own_are_left_to_torch():
    x, weight, bias = torch.randn(2, 4, 3, 5), torch.randn(4, 2, 3, 3, requires_grad=True), torch.zeros(4)
    expected = nn.functional.conv2d(x, weight, bias, padding=1, groups=2)
    torch.testing.assert_close(convolve(x, weight, bias, 1, groups=2), expected)


@pytest.mark.parametrize("dilation", [1, 2, 3, 5])  # torch's own up to 2, then ours; 5: of one row
def test_gradients_in_bf16_are_those_of_fp32_but_for_rounding(dilation):
    x = torch.randn(6, 8, 5, 9, requires_grad=True)
    weight, bias = torch.randn(4, 8, 3, 3, requires_grad=True), torch.zeros(4, requires_grad=True)
    expected = gradients(convolve(x, weight, bias, dilation), (x, weight, bias))
    with torch.autocast("cpu", torch.bfloat16), pytest.MonkeyPatch.context() as patch:
        patch.setattr(planes, "_PART", 1000)
        result = convolve(x, weight, bias, dilation)
        found = gradients(result, (x, weight, bias))
    assert result.dtype == torch.bfloat16
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm() < 0.01 * other.norm()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_rectified_mean_and_its_gradient_are_those_of_torch(layout, overwrite):
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    expected = nn.functional.relu(x).mean(dim=2)
    result = mean_of_positive(x * 1, overwrite)
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(gradients(result, x), gradients(expected, x))
    with torch.no_grad():
        torch.testing.assert_close(mean_of_positive(x * 1, overwrite), expected)


def test_what_is_not_finite_is_not_hidden():
    x = torch.tensor([float("nan"), 1.0]).view(1, 1, 2, 1).requires_grad_()
    assert torch.isnan(mean_of_positive(x * 1)).all()


def test_gradients_can_be_differentiated_again():
    x, weight, bias = leaves((2, 3, 4, 5), (2, 3, 3, 3), (2,))
    assert torch.autograd.gradgradcheck(lambda *inputs: convolve(*inputs, 2), (x, weight, bias))
    assert torch.autograd.gradgradcheck(lambda values: mean_of_positive(values.square() + 1), (x,))


@pytest.mark.parametrize("frozen", [(0,), (1,), (2,), (0, 1), (1, 2)])
def test_only_the_gradients_that_are_wanted(frozen):
    inputs = leaves((2, 3, 4, 5), (2, 3, 3, 3), (2,))
    for number in frozen:
        inputs[number].requires_grad_(False)
    wanted = [one for one in inputs if one.requires_grad]
    expected = nn.functional.conv2d(*inputs, padding=2, dilation=2)
    torch.testing.assert_close(gradients(convolve(*inputs, 2), wanted), gradients(expected, wanted))


def test_an_empty_batch_has_gradients_of_zero():
    x, weight, bias = leaves((0, 3, 4, 5), (2, 3, 3, 3), (2,))
    found = gradients(mean_of_positive(convolve(x, weight, bias, 1)), (weight, bias))
    assert all(not gradient.any() for gradient in found)


@pytest.mark.parametrize("inner", [False, True])
def test_what_a_hook_has_seen_of_a_branch_stays_as_it_is(inner):
    block, seen = SpecARBlock(4, window_length=4, branch="bottleneck"), []
    watched = block.branches[0][-1] if inner else block.branches[0]
    watched.register_forward_hook(lambda module, inputs, output: seen.append(output))
    block(torch.randn(2, 8, 4)).sum().backward()
    with torch.no_grad():
        block(torch.randn(2, 8, 4))
    assert all(output.min() < 0 for output in seen)  # not rectified in place
    assert len(seen) == 2


def test_a_branch_of_ones_own_may_give_what_it_was_given():
    torch.manual_seed(0)
    block = SpecARBlock(4, window_length=4)
    x = torch.randn(2, 8, 4)
    block.branches[0] = nn.Identity()
    with torch.no_grad():
        before = block(x)
        block.branches = nn.ModuleList([*block.branches[1:], block.branches[0]])
        torch.testing.assert_close(block(x), before)  # whatever the order
