"""Choice, rounding, maps, and stretches around an anomaly."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from specar.models.specar.block import SpecARBlock
from specar.models.specar.views import view_first_block
from specar.tasks.examples import _map, candidates, choose, normalised, rounded
from specar.tasks.stretch import Stretch


@given(st.integers(1, 5000))
def test_candidates_are_all_or_spread_over_all(count):
    numbers = candidates(count).tolist()
    assert len(set(numbers)) == len(numbers) == min(count, 64)
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    assert numbers[-1] == (count - 1 if count > 1 else 0)


def test_the_median_and_the_ninth_decile_are_chosen():
    errors = torch.tensor([5.0, 0, 10, 3, 1, 9, 7, 2, 4, 8, 6])
    assert [errors[i].item() for i in choose(errors)] == [5, 9]
    assert choose(torch.tensor([1.0])) == [0, 0]


def test_rounding_keeps_five_digits_and_no_nan():
    values = torch.tensor([[1.234567, math.nan], [123456789.0, 0.0]], dtype=torch.float64)
    assert rounded(values) == [[1.2346, None], [123460000, 0]]
    assert rounded(torch.tensor(True)) == 1


@given(st.integers(1, 200), st.integers(1, 500))
def test_large_maps_become_means_of_blocks(bins, frames):
    values = torch.arange(bins * frames, dtype=torch.float32).view(bins, frames)
    small = _map(values)
    rows, columns = small["block"]
    found = torch.tensor(small["values"])
    assert found.shape == (-(-bins // rows), -(-frames // columns))
    assert found.shape[0] <= 64
    assert found.shape[1] <= 160
    last = values[(found.shape[0] - 1) * rows :, (found.shape[1] - 1) * columns :].mean().item()
    assert found[-1, -1].item() == pytest.approx(last, rel=1e-2, abs=1e-2)
    assert (small["bins"], small["frames"]) == (bins, frames)


class OneBlock(nn.Module):
    """A model with a block behind an embedding."""

    def __init__(self, **options):
        super().__init__()
        self.embedding = nn.Linear(1, 3)
        self.block = SpecARBlock(3, **options)

    def forward(self, x):
        return self.block(self.embedding(x))


@pytest.mark.parametrize("architecture", ["paper", "released"])
def test_a_cosine_is_seen_at_its_frequency(architecture):
    model = OneBlock(architecture=architecture, window_length=16).eval()
    series = torch.cos(2 * math.pi * 4 / 16 * torch.arange(96))
    view = view_first_block(model, lambda: model(series.view(1, -1, 1)), series)
    assert view.n_fft == 16
    bins = 9 if architecture == "paper" else 16
    assert view.spectrogram.shape == view.features.shape == (bins, 96)
    assert set(view.spectrogram[:9, 20:80].argmax(dim=0).tolist()) == {4}


def test_the_mean_of_the_features_over_frequency_is_what_the_block_aggregates():
    torch.manual_seed(0)
    model = OneBlock(window_length=8, residual=False).eval()
    x = torch.randn(1, 30, 1)
    inside = model.embedding(x)
    real, imag = model.block.features(inside).mean(dim=2).chunk(2, dim=1)
    expected = model.block.to_real(torch.stack([real, imag], dim=-1)).squeeze(-1).transpose(1, 2)
    torch.testing.assert_close(model(x), expected)
    view = view_first_block(model, lambda: model(x), x[0, :, 0])
    real, imag = model.block.features(inside).chunk(2, dim=1)
    torch.testing.assert_close(view.features, (real**2 + imag**2).sqrt()[0].mean(dim=0))


def test_a_model_without_a_block_has_no_maps():
    model = nn.Linear(1, 1)
    assert view_first_block(model, lambda: model(torch.ones(1, 5, 1)), torch.ones(5)) is None


def test_normalised_as_the_model_does():
    series, observed = torch.tensor([[1.0, 3, 100]]), torch.tensor([[True, True, False]])
    torch.testing.assert_close(normalised(series, observed), torch.tensor([-1.0, 1, 0]), atol=1e-4, rtol=1e-4)


@given(
    st.lists(st.integers(30, 400), min_size=1, max_size=4),
    st.data(),
)
def test_a_stretch_stays_in_its_part_and_holds_the_start_of_its_segment(lengths, data):
    ends = torch.tensor(lengths).cumsum(0).tolist()
    start = data.draw(st.integers(0, ends[-1] - 1))
    end = data.draw(st.integers(start + 1, ends[-1]))
    first = torch.arange(0, ends[-1] - 20 + 1)
    stretch = Stretch.around((start, end), ends, first, 20, rows=100)
    part_end = next(e for e in ends if e > start)
    part_start = max([0, *(e for e in ends if e <= start)])
    assert part_start <= stretch.start <= start < stretch.end <= part_end
    assert stretch.end - stretch.start == min(100, part_end - part_start)
    assert stretch.thinned == (((first < stretch.end) & (first > stretch.start - 20)).sum() > 64)
    if stretch.thinned:
        assert all(b - a >= 20 for a, b in zip(stretch.first[:-1], stretch.first[1:], strict=True))
