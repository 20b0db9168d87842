"""The transform against its definition, torch.stft and scipy's windows."""

import math

import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.models.specar.spectrogram import WINDOWS, Spectrogram, window_values
from specar.models.specar.transform import reflect

SCIPY = {
    "hanning": "hann",
    "hamming": "hamming",
    "rectangle": "boxcar",
    "blackman": "blackman",
    "triang": "triang",
}


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("length", [2, 3, 4, 15, 16, 336])
def test_windows_equal_scipys(name, length):
    even = length % 2 == 0  # without the last sample of the odd window: centred on length // 2
    expected = scipy.signal.get_window(SCIPY[name], length + even, fftbins=False)[:length]
    values = window_values(name, length)
    torch.testing.assert_close(values, torch.from_numpy(expected).clamp(min=0), atol=1e-12, rtol=0)
    assert values[length // 2] == pytest.approx(1)


def test_an_unknown_window_is_refused():
    with pytest.raises(ValueError, match="unknown window 'kaiser'"):
        window_values("kaiser", 4)


def equation_5(x, window, hop, bins, phase):
    """S[t, f] = sum over tau of x[tau] h(tau - t) exp(-j 2 pi f tau / n), x zero outside, by plain loops."""
    n, steps = len(window), len(x)
    centres = range(0, steps, hop)
    spectrum = torch.zeros(bins, len(centres), dtype=torch.complex128)
    for frame, centre in enumerate(centres):
        for f in range(bins):
            for k in range(n):
                tau = centre - n // 2 + k
                if 0 <= tau < steps:
                    angle = -2 * math.pi * f * (tau - (centre if phase == "frame" else 0)) / n
                    spectrum[f, frame] += x[tau] * window[k] * complex(math.cos(angle), math.sin(angle))
    return spectrum / math.sqrt(n)


@settings(max_examples=25, deadline=None)
@given(
    steps=st.integers(1, 20), length=st.integers(2, 25), hop=st.integers(1, 3),
    sides=st.sampled_from(["one", "two"]), name=st.sampled_from(WINDOWS),
    phase=st.sampled_from(["frame", "absolute"]),
)  # fmt: skip
def test_paper_style_is_equation_5_at_any_window_length(steps, length, hop, sides, name, phase):
    x = torch.randn(1, 1, steps, generator=torch.Generator().manual_seed(steps))
    module = Spectrogram(name, length, hop_length=hop, sides=sides, style="paper", phase=phase)
    result = module(x)
    expected = equation_5(x[0, 0].double(), window_values(name, length), hop, module.bins, phase)
    assert result.shape == (1, 1, 2, length // 2 + 1 if sides == "one" else length, -(-steps // hop))
    torch.testing.assert_close(torch.complex(*result[0, 0].double()), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("length", "n_fft"), [(8, 8), (12, 16), (2, 5), (16, 16), (7, 7)])
@pytest.mark.parametrize("hop", [1, 3])
@pytest.mark.parametrize("sides", ["one", "two"])
def test_released_style_is_torch_stft(length, n_fft, hop, sides):
    x = torch.randn(2, 3, 36)
    result = Spectrogram("hamming", length, n_fft, hop, sides, "released")(x)
    expected = torch.stft(
        x.flatten(0, 1), n_fft, hop, length, torch.hamming_window(length), center=True, pad_mode="reflect",
        normalized=True, onesided=sides == "one", return_complex=True,
    )  # fmt: skip
    spectrum = torch.complex(result[:, :, 0], result[:, :, 1]).flatten(0, 1)
    torch.testing.assert_close(spectrum, expected, atol=1e-5, rtol=1e-4)


@settings(max_examples=30, deadline=None)
@given(steps=st.integers(2, 9), width=st.integers(0, 30))
def test_reflection_goes_on_where_the_series_is_shorter(steps, width):
    x = torch.arange(steps, dtype=torch.float32)
    period = 2 * (steps - 1)
    expected = [min(i % period, period - i % period) for i in range(-width, steps + width)]
    assert reflect(x, width).tolist() == expected


def test_a_shifted_series_gives_a_shifted_spectrogram():
    x = torch.randn(1, 1, 40)
    spectrum = Spectrogram("hamming", 6)(x)
    shifted = Spectrogram("hamming", 6)(x.roll(5, dims=-1))
    torch.testing.assert_close(shifted[..., 10:35], spectrum[..., 5:30])


def test_the_absolute_phase_of_a_steady_oscillation_stays_put():
    time = torch.arange(64)
    spectrum = Spectrogram("rectangle", 8, phase="absolute")(
        torch.cos(2 * math.pi * 2 * time / 8 + 0.3).view(1, 1, -1)
    )
    real, imag = spectrum[0, 0, :, 2, 8:-8]
    torch.testing.assert_close(torch.atan2(imag, real), torch.full((48,), 0.3), atol=1e-4, rtol=0)


def test_a_window_longer_than_n_fft_is_refused():
    with pytest.raises(ValueError, match="window_length <= n_fft"):
        Spectrogram("hamming", 8, n_fft=4)


@pytest.mark.parametrize("n_fft", [5, 6, 7, 8, 9])
@pytest.mark.parametrize("length", [4, 5])
def test_a_shorter_window_is_centred_on_the_frame_too(length, n_fft):
    x = torch.zeros(1, 1, 21)
    x[..., 10] = 1
    energy = Spectrogram("triang", length, n_fft)(x).square().sum(dim=(0, 1, 2, 3))
    assert energy.argmax() == 10
