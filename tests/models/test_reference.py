"""The whole `released` network against a plain reference in complex numbers, for any setting."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig
from specar.models.specar.embedding import position_encoding
from specar.models.specar.net import SpecARNet

WINDOW = {
    "hanning": torch.hann_window,
    "hamming": torch.hamming_window,
    "blackman": torch.blackman_window,
    "rectangle": torch.ones,
}


def conv(module, z):
    """Eq. 7 with two biases, or the dual channel, by separate real convolutions."""
    arguments = {"padding": module.padding, "dilation": module.dilation}

    def real(x):
        return nn.functional.conv2d(x, module.real.weight, module.real.bias, **arguments)

    def imag(x):
        return nn.functional.conv2d(x, module.imag.weight, module.imag.bias, **arguments)

    if module.dual_channel:
        return torch.complex(real(z.real), -imag(z.imag))
    return torch.complex(real(z.real) - imag(z.imag), real(z.imag) + imag(z.real))


def block(module, config, x):  # (B, T, M)
    window = WINDOW[config.window](config.window_length, dtype=torch.float64)
    frames = [
        torch.stft(series.T, config.n_fft, config.hop_length, config.window_length, window, center=True,
                   normalized=True, onesided=False, return_complex=True)
        for series in x
    ]  # fmt: skip
    outputs = []
    for z in frames:  # (M, F, frames)
        q = z @ z.transpose(1, 2)
        z = torch.complex(q.real.sigmoid(), q.imag.sigmoid()) @ z
        branches = []
        for branch in module.branches:
            y = z.unsqueeze(0)
            for step in branch if isinstance(branch, nn.Sequential) else [branch]:
                y = conv(step, y)
            branches.append(torch.complex(y.real.relu(), y.imag.relu()))
        mean = torch.stack(branches).mean(dim=0)[0]
        outputs.append(module.to_real(torch.stack([mean.real, mean.imag], dim=-1)).squeeze(-1).mean(dim=1))
    features = torch.stack(outputs)  # (B, M, frames)
    if module.to_steps is not None:
        features = module.to_steps(features)
    return features[..., : x.shape[1]].transpose(1, 2)


def network(model, x, features):
    mean, std = x.mean(1, keepdim=True), (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
    scaled = (x - mean) / std
    padded = torch.cat([scaled[:, -1:], scaled, scaled[:, :1]], dim=1).transpose(1, 2)
    h = nn.functional.conv1d(padded, model.embedding.value.weight).transpose(1, 2)
    h = h + position_encoding(x.shape[1], h.shape[2], x.device, x.dtype) + model.embedding.time(features)
    if model.extend is not None:
        h = torch.einsum("bsm,ts->btm", h, model.extend.weight) + model.extend.bias[:, None]
    for module in model.blocks:
        h = model.norms[0](block(module, model.config, h))
    order = model.order_head.linear(model.order_head.conv(h)).squeeze(-1)
    return (model.head(h) * std + mean)[:, -model.shape.pred_len :], order


@settings(max_examples=25, deadline=None)
@given(
    seq_len=st.integers(6, 14), pred_len=st.integers(0, 8), hop=st.integers(1, 3), layers=st.integers(1, 3),
    branches=st.integers(1, 4), backbone=st.sampled_from(["MCN", "DCN"]),
    window=st.sampled_from(sorted(WINDOW)), half=st.integers(1, 5), shorter=st.integers(0, 2),
    d_model=st.sampled_from([2, 4, 6]),
)  # fmt: skip
def test_any_setting(seq_len, pred_len, hop, layers, branches, backbone, window, half, shorter, d_model):
    config = SpecARConfig(
        architecture="released", backbone=backbone, d_model=d_model, d_ff=3, e_layers=layers,
        conv_layers=branches, window=window, n_fft=2 * half, hop_length=hop, top=True,
        window_length=max(2, 2 * half - shorter),
    )  # fmt: skip
    torch.manual_seed(seq_len)
    model = SpecARNet(config, SeriesShape(2, seq_len, pred_len)).double().eval()
    x = torch.randn(2, seq_len, 2, dtype=torch.float64, requires_grad=True)
    features = torch.rand(2, seq_len, 4, dtype=torch.float64)
    out = model(x, features)
    output, order = network(model, x, features)
    torch.testing.assert_close(out.output, output, atol=1e-9, rtol=1e-7)
    torch.testing.assert_close(out.order_values, order, atol=1e-9, rtol=1e-7)
    inputs = [x, *model.parameters()]
    own = torch.autograd.grad(out.output.square().mean() + out.order_values.square().mean(), inputs)
    expected = torch.autograd.grad(output.square().mean() + order.square().mean(), inputs)
    for mine, theirs in zip(own, expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-9, rtol=1e-6)


def test_single_precision_is_close_to_double():
    config = SpecARConfig(architecture="released", window_length=8, top=True)
    model = SpecARNet(config, SeriesShape(3, 24, 12)).eval()
    x, features = torch.randn(2, 24, 3), torch.rand(2, 24, 4)
    single = model(x, features).output
    double = model.double()(x.double(), features.double()).output
    assert ((single - double).norm() / double.norm()).item() == pytest.approx(0, abs=1e-5)
