"""The Transformer and what came of it by hand; test_rivals.py has the vectors and tasks of any size."""

import numpy as np
import pytest
import torch

from specar.base.errors import SpecarError
from specar.models import spec_of
from specar.models.autoformer.net import AutoCorrelation
from specar.models.fedformer import drawn, released_config
from specar.models.informer import Config as InformerConfig
from specar.models.informer.net import ProbSparse, Shorten
from specar.models.parts import FullAttention, decompose
from specar.models.shape import SeriesShape

from .small_rivals import SHAPES, SMALL, WITH_DECODER, inputs_of, model_of


@pytest.mark.parametrize("name", WITH_DECODER)
def test_a_forecast_uses_the_time_of_its_steps_and_the_label(name):
    for label_len in (0, 5, 25):
        model = model_of(name, SHAPES[0], label_len=label_len).eval()
        x, given = inputs_of(model, SHAPES[0])
        first = model(x, **given).output
        later = {**given, "future_time_features": given["future_time_features"] + 1}
        assert first.shape == (3, 11, 3)
        assert not torch.allclose(first, model(x, **later).output)
    with pytest.raises(SpecarError, match="future_time_features"):
        model(x, given["time_features"])
    with pytest.raises(SpecarError, match="label_len is 26, more than the 25 steps"):
        model_of(name, SHAPES[0], label_len=26)


@pytest.mark.parametrize("name", WITH_DECODER)
def test_hidden_and_padded_values_do_not_matter(name):
    model = model_of(name, SHAPES[2]).eval()
    x, given = inputs_of(model, SHAPES[2])
    hidden = x.masked_fill(given["observed_mask"] == 0, float("nan"))
    torch.testing.assert_close(
        model(x * given["observed_mask"], **given).output, model(hidden, **given).output
    )


def test_sampled_attention_by_hand():
    """Of ten queries one is not 0: it is among the three that attend; others get a mean, or a sum so far."""
    q, k, v = torch.zeros(1, 1, 10, 1), *torch.arange(10.0).view(1, 1, 10, 1).expand(2, -1, -1, -1, -1)
    q[..., 7, 0] = 5
    expected = torch.full((10,), 4.5)
    expected[7] = (5 * torch.arange(10.0)).softmax(0) @ torch.arange(10.0)
    torch.testing.assert_close(ProbSparse(InformerConfig()).eval()(q, k, v).flatten(), expected)
    causal = ProbSparse(InformerConfig(), causal=True).eval()(q, k, v).flatten()
    torch.testing.assert_close(causal[7], (5 * torch.arange(8.0)).softmax(0) @ torch.arange(8.0))
    others = torch.arange(10) != 7
    assert (causal[others] == torch.arange(10.0).cumsum(0)[others]).sum() in (7, 8)  # at step 0 all agree


def test_informer_normalises_series_without_time_for_its_encoder():
    model = model_of("informer", SHAPES[1], label_len=0).eval()
    x = torch.randn(2, 12, 1)
    torch.testing.assert_close(model(5 * x + 100).output, 5 * model(x).output + 100, rtol=1e-4, atol=1e-3)


def test_informer_shortens_by_the_largest_of_three():
    shorten, x = Shorten(4), torch.randn(2, 9, 4)
    made = shorten(x)
    pooled = torch.nn.functional.max_pool1d(torch.nn.Sequential(*shorten)(x.mT), 3, 2, padding=1)
    assert torch.equal(made, pooled.mT)
    assert made.shape == (2, 6, 4)


def test_sampled_attention_of_all_queries_is_full_attention():
    q, k, v = torch.randn(3, 2, 1, 9, 4)
    for causal in (False, True):
        made = ProbSparse(InformerConfig(factor=100), causal)(q, k, v)
        torch.testing.assert_close(made, FullAttention(causal=causal)(q, k, v))


def test_a_seed_decides_the_sample_in_training_and_nothing_in_evaluation():
    q, k, v = torch.randn(3, 2, 2, 60, 4)
    attention = ProbSparse(InformerConfig())
    made = [(torch.manual_seed(seed), attention(q, k, v))[1] for seed in (1, 1, 2)]
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])
    attention.eval()
    assert torch.equal(attention(q, k, v), attention(q, k, v))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("steps", [12, 13])
def test_auto_correlation_is_a_weighted_mean_of_delayed_values(steps, training):
    q, k, v = torch.randn(3, 2, 3, steps, 4, dtype=torch.float64).float()
    number, kept = int(2 * np.log(steps)), steps - steps % 2  # delays, as in the authors' code of odd series
    spectrum = torch.fft.rfft(q, dim=2) * torch.fft.rfft(k, dim=2).conj()
    agreement = torch.fft.irfft(spectrum, n=kept, dim=2).mean(dim=(1, 3))
    delays = agreement.topk(number).indices
    if training:
        delays = agreement.mean(0).topk(number).indices.expand(2, -1)
    expected = torch.zeros_like(v)
    for example in range(2):
        weights = agreement[example, delays[example]].softmax(0)
        for weight, delay in zip(weights, delays[example], strict=True):
            expected[example] += weight * v[example].roll(-int(delay), dims=1)
    torch.testing.assert_close(AutoCorrelation(2).train(training)(q, k, v), expected, rtol=1e-4, atol=1e-5)


def test_auto_correlation_cuts_or_fills_what_is_asked():
    q, k, v = torch.randn(1, 1, 6, 2), *torch.randn(2, 1, 1, 9, 2)
    core = AutoCorrelation(1)
    torch.testing.assert_close(core(q, k, v), core(q, k[:, :, :6], v[:, :, :6]))
    filled = [torch.cat([part[:, :, :4], torch.zeros(1, 1, 2, 2)], dim=2) for part in (k, v)]
    torch.testing.assert_close(core(q, k[:, :, :4], v[:, :, :4]), core(q, *filled))


def test_season_and_trend_by_hand():
    season, trend = decompose(torch.tensor([1.0, 4, 7, 1]).view(1, 4, 1), 3)
    assert trend.flatten().tolist() == [2, 4, 4, 3]
    assert season.flatten().tolist() == [-1, 0, 3, -2]


def test_frequencies_are_drawn_once_and_for_all():
    assert drawn("encoder", 96, 32) == drawn("encoder", 96, 32) != drawn("decoder", 96, 32)
    assert drawn("encoder", 24, 32) == list(range(12))
    shape = SeriesShape(2, 96, 24)
    first, second = (model_of("fedformer", shape, modes=5).eval() for _ in range(2))
    x, given = inputs_of(first, shape)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(x, **given).output, second(x, **given).output)


def test_frequencies_that_a_checkpoint_does_not_tell_are_no_guess():
    options = {**SMALL, "label_len": 48, "moving_avg": 25, "seq_len": 96, "pred_len": 24}
    with pytest.raises(ValueError, match="of 48 frequencies the network drew 32"):
        released_config(options)


def test_more_heads_than_values_are_refused():
    with pytest.raises(ValueError, match="n_heads is at most d_model, 4, not 8"):
        spec_of("informer").settings({"d_model": 4})
