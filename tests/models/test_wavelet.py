"""The wavelet transform against a direct convolution, and what it has in common with the STFT."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.config import RunConfig, expand, parse_config, run_id
from specar.models.shape import SeriesShape
from specar.models.specar.block import SpecARBlock
from specar.models.specar.config import SpecARConfig
from specar.models.specar.net import SpecARNet
from specar.models.specar.spectrogram import WINDOWS, Spectrogram
from specar.models.specar.wavelet import OMEGA, SUPPORT, Scalogram, morlet_kernels

SHAPES = {
    "hop": st.integers(1, 4), "sides": st.sampled_from(["one", "two"]),
    "style": st.sampled_from(["paper", "released"]), "phase": st.sampled_from(["frame", "absolute"]),
}  # fmt: skip


def complex_of(result):
    return torch.complex(result[:, :, 0], result[:, :, 1])


def noise(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def wavelet(bin_, n_fft):
    """Samples of the scaled wavelet of a bin, conjugate beyond n_fft / 2, by the formula."""
    cycles = min(bin_, n_fft - bin_)
    scale = OMEGA * n_fft / (2 * np.pi * max(cycles, 1))
    reach = int(SUPPORT * scale)
    u = np.arange(-reach, reach + 1) / scale
    envelope = np.exp(-(u**2) / 2)
    carrier = np.exp(1j * OMEGA * u * np.sign(cycles))
    values = envelope * carrier
    if cycles:
        values = envelope * (carrier - values.sum() / envelope.sum())
    values /= np.sqrt((np.abs(values) ** 2).sum())
    return values.conj() if bin_ > n_fft / 2 else values


@settings(max_examples=30, deadline=None)
@given(steps=st.integers(1, 60), n_fft=st.integers(2, 25), **SHAPES)
def test_values_are_those_of_a_direct_convolution(steps, n_fft, hop, sides, style, phase):
    x = noise(1, 1, steps, seed=steps)
    module = Scalogram(n_fft, hop, sides, style, phase)
    result = complex_of(module(x))[0, 0]
    centres = np.arange(module.frames(steps)) * hop
    for bin_ in range(module.bins):
        kernel = wavelet(bin_, n_fft)
        reach = len(kernel) // 2
        mode = "constant" if style == "paper" else ("reflect" if steps > 1 else "edge")
        padded = np.pad(x[0, 0].numpy(), reach + 1, mode=mode)
        # A correlation with the conjugate; one more step on either side, for the last released frame.
        expected = scipy.signal.correlate(padded, kernel, mode="valid", method="direct")[1:][centres]
        if style == "paper" and phase == "absolute":
            expected = expected * np.exp(-2j * np.pi * bin_ * centres / n_fft)
        np.testing.assert_allclose(result[bin_].numpy(), expected, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.integers(2, 24), length=st.integers(2, 40), longer=st.integers(0, 3),
    window=st.sampled_from(WINDOWS), **SHAPES
)  # fmt: skip
def test_the_shape_is_that_of_the_stft(steps, length, longer, window, hop, sides, style, phase):
    n_fft = length + longer
    stft = Spectrogram(window, length, n_fft, hop, sides, style, phase)
    cwt = Scalogram(n_fft, hop, sides, style, phase)
    x = torch.randn(2, 3, steps)
    result = cwt(x)
    assert result.shape == stft(x).shape
    assert result.shape[-1] == cwt.frames(steps) == stft.frames(steps)
    assert (cwt.bins, cwt.hop_length) == (stft.bins, stft.hop_length)
    assert result.dtype == torch.float32


@pytest.mark.parametrize("n_fft", [2, 7, 16])
def test_kernels_have_unit_energy_and_no_mean_but_the_first(n_fft):
    real, imag = morlet_kernels(n_fft, n_fft).chunk(2)
    kernels = torch.complex(real, imag)
    torch.testing.assert_close(kernels.abs().square().sum(dim=1), torch.ones(n_fft).double())
    assert kernels[1:].sum(dim=1).abs().max() < 1e-12
    assert (real[0] >= 0).all()
    assert not imag[0].any()
    assert not kernels[:, 0].any()  # so that the others lie around the centre
    torch.testing.assert_close(kernels[1:].flip(0), kernels[1:].conj())  # negative frequencies


@pytest.mark.parametrize("style", ["paper", "released"])
@pytest.mark.parametrize(("n_fft", "bin_"), [(16, 1), (16, 2), (16, 5), (16, 6), (9, 3), (4, 1)])
def test_a_sine_peaks_in_the_bin_of_its_frequency(n_fft, bin_, style):
    time = torch.arange(40 * n_fft, dtype=torch.float64)
    x = torch.sin(2 * torch.pi * bin_ * time / n_fft + 0.3).view(1, 1, -1)
    modulus = complex_of(Scalogram(n_fft, style=style)(x)).abs()[0, 0, :, 10 * n_fft : -10 * n_fft]
    assert (modulus.argmax(dim=0) == bin_).all()
    steady = modulus[bin_]
    torch.testing.assert_close(steady, steady.mean().expand_as(steady), rtol=1e-3, atol=0)


def test_short_events_are_placed_in_time_the_better_the_higher_the_frequency():
    x = torch.zeros(1, 1, 201)
    x[..., 100] = 1
    energy = complex_of(Scalogram(16)(x)).abs().square()[0, 0]
    energy = energy / energy.sum(dim=1, keepdim=True)
    spread = (energy * (torch.arange(201) - 100).square()).sum(dim=1).sqrt()
    assert (energy.argmax(dim=1) == 100).all()
    # the squared envelope has the standard deviation s / sqrt(2)
    expected = OMEGA * 16 / (2 * torch.pi * torch.arange(1, 9)) / 2**0.5
    torch.testing.assert_close(spread[1:], expected, rtol=2e-2, atol=0)


def test_the_level_of_a_series_is_in_the_first_bin_only():
    result = complex_of(Scalogram(8, style="released")(torch.full((1, 1, 50), 3.0, dtype=torch.float64)))
    assert result[:, :, 1:].abs().max() < 1e-12
    torch.testing.assert_close(result[0, 0, 0].imag, torch.zeros(51).double())
    assert result[0, 0, 0].real.min() > 3


def test_a_shifted_series_gives_a_shifted_scalogram():
    x = torch.zeros(1, 1, 120, dtype=torch.float64)
    x[..., 40:60] = noise(20)
    result = Scalogram(6)(x)
    torch.testing.assert_close(Scalogram(6)(x.roll(15, dims=-1))[..., 15:], result[..., :-15])


@pytest.mark.parametrize("style", ["paper", "released"])
def test_it_is_linear_and_treats_channels_alike(style):
    module = Scalogram(10, 2, style=style)
    x, y = noise(2, 3, 30), noise(2, 3, 30, seed=1)
    torch.testing.assert_close(module(2 * x - 3 * y), 2 * module(x) - 3 * module(y))
    torch.testing.assert_close(module(x)[1:, 2:], module(x[1:, 2:]))


@pytest.mark.parametrize("style", ["paper", "released"])
@pytest.mark.parametrize(("steps", "n_fft", "hop"), [(9, 4, 1), (12, 8, 3), (5, 30, 2)])
def test_gradients(steps, n_fft, hop, style):
    x = noise(1, 2, steps).requires_grad_()
    assert torch.autograd.gradcheck(Scalogram(n_fft, hop, "two", style), (x,))


def test_the_hidden_zeros_around_a_short_series_are_left_out():
    short, padded = noise(1, 1, 12), torch.zeros(1, 1, 1012, dtype=torch.float64)
    padded[..., 500:512] = short
    module = Scalogram(40)
    torch.testing.assert_close(module(short), module(padded)[..., 500:512])


@pytest.mark.parametrize("architecture", ["paper", "released"])
@pytest.mark.parametrize("hop", [1, 3])
def test_the_block_and_the_model_take_it_as_a_setting(architecture, hop):
    block = SpecARBlock(
        4, architecture=architecture, window_length=6, transform="cwt", hop_length=hop, steps=20
    )
    assert isinstance(block.spectrogram, Scalogram)
    assert block(torch.randn(2, 20, 4)).shape == (2, 20, 4)
    config = SpecARConfig(
        architecture=architecture, transform="cwt", window_length=6, hop_length=hop, d_model=4, e_layers=1
    )
    model = SpecARNet(config, SeriesShape(3, 12, 8))
    assert isinstance(model.blocks[0].spectrogram, Scalogram)
    x = torch.randn(2, 12, 3, requires_grad=True)
    model(x).output.square().sum().backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().sum() > 0


def test_an_unknown_transform_is_refused():
    with pytest.raises(ValueError, match="transform must be one of stft, cwt"):
        SpecARBlock(4, transform="wavelet")
    with pytest.raises(ValueError, match="n_fft of at least 2"):
        Scalogram(1)


def test_runs_of_the_stft_keep_their_ids_and_those_of_the_wavelet_have_others():
    matrix = [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "seeds": [1]}]
    for run in expand(parse_config({"matrix": matrix})).values():
        values = run.model_dump(mode="json")
        assert values["model"]["settings"].pop("transform") == "stft"
        assert run_id(RunConfig.model_validate(values)) == run_id(run)
        values["model"]["settings"]["transform"] = "cwt"
        assert run_id(RunConfig.model_validate(values)) != run_id(run)
