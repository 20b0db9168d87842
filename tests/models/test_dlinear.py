"""DLinear by hand; test_rivals.py has the vectors and tasks of any size."""

import pytest
import torch

from specar.base.errors import SpecarError
from specar.config import expand, parse_config
from specar.models import spec_of
from specar.models.dlinear import Config
from specar.models.dlinear.net import DLinear
from specar.models.shape import SeriesShape


def test_the_first_forecast_is_the_mean_of_the_input():
    x = torch.randn(2, 24, 3)
    model = DLinear(Config(), SeriesShape(3, 24, 12))
    for linear in (model.seasonal, model.trend):
        torch.nn.init.zeros_(linear.bias)
    torch.testing.assert_close(model(x).output, x.mean(dim=1, keepdim=True).expand(2, 12, 3))


def test_the_trend_by_hand():
    """Averages of 3 of 1, 4, 7, 1 with repeated ends are 2, 4, 4, 3; the seasonal part is not weighted."""
    model = DLinear(Config(moving_avg=3), SeriesShape(1, 4))
    with torch.no_grad():
        for linear, weight in ((model.seasonal, torch.zeros(4, 4)), (model.trend, torch.eye(4))):
            linear.weight.copy_(weight)
            linear.bias.zero_()
    x = torch.tensor([1.0, 4.0, 7.0, 1.0]).view(1, 4, 1)
    torch.testing.assert_close(model(x).output.flatten(), torch.tensor([2.0, 4.0, 4.0, 3.0]))


def test_it_is_an_entry_beside_specar_net_and_only_done_where_it_is_named():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}
    named = expand(parse_config({"matrix": [{**entry, "models": ["dlinear"]}], "seeds": [1]}))
    assert [run.key.model for run in named.values()] == ["dlinear"]  # once: it has no TOP
    by_default = expand(parse_config({"matrix": [entry], "seeds": [1]}))
    assert {run.key.model for run in by_default.values()} == {"specar", "specar-released"}


def test_an_even_average_is_refused():
    with pytest.raises(ValueError, match="moving_avg: it is an odd number of steps, not 4"):
        spec_of("dlinear").settings({"moving_avg": 4})
    entry = {"task": "classification", "models": ["dlinear"]}
    config = parse_config({"models": {"dlinear": {"settings": {"moving_avg": 0}}}, "matrix": [entry]})
    with pytest.raises(SpecarError, match=r"models\.dlinear, settings: .*moving_avg"):
        expand(config)
