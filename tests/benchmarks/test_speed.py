"""The benchmark of speed measures what it says, on a setting of a second."""

import importlib.util
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from specar.models import timesnet
from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig
from specar.models.specar.net import SpecARNet
from specar.models.timesnet.net import TimesNet

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def plain():
    spec = importlib.util.spec_from_file_location("plain_of_benchmarks", BENCHMARKS / "plain.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.plain


@pytest.mark.parametrize(
    ("architecture", "window_length", "hop_length", "backbone"),
    list(itertools.product(["paper", "released"], [4, 5, 16], [1, 3], ["MCN", "DCN"])),
)
def test_the_plain_reference_is_the_same_function(plain, architecture, window_length, hop_length, backbone):
    sizes = {"d_model": 6, "d_ff": 4, "e_layers": 2, "conv_layers": 3, "top": False}
    transform = {"window_length": window_length, "hop_length": hop_length}
    config = SpecARConfig(architecture=architecture, backbone=backbone, **transform, **sizes)
    model = SpecARNet(config, SeriesShape(channels=3, seq_len=24, pred_len=12, time_features=4)).eval()
    x, marks = torch.randn(5, 24, 3), torch.randn(5, 24, 4)
    with torch.no_grad():
        ours, other = model(x, marks).output, plain(model)(x, marks).output
    torch.testing.assert_close(ours, other, rtol=1e-4, atol=1e-4)


def test_a_plain_step_leaves_the_same_gradients(plain):
    config = SpecARConfig(d_model=6, d_ff=4, e_layers=1, conv_layers=3, window_length=8, top=False)
    model = SpecARNet(config, SeriesShape(channels=3, seq_len=24, pred_len=12, time_features=4)).double()
    model.eval()  # without dropout
    x, marks = torch.randn(5, 24, 3).double(), torch.randn(5, 24, 4).double()
    parameters = list(model.parameters())
    found = [
        torch.autograd.grad(network(x, marks).output.square().sum(), parameters)
        for network in (model, plain(model).double())
    ]
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [SeriesShape(3, 25, 12), SeriesShape(2, 37)])
def test_plain_timesnet_is_the_same_function_with_the_same_gradients(plain, shape):
    model = TimesNet(timesnet.Config(d_model=4, d_ff=6, e_layers=2, num_kernels=4), shape).double().eval()
    x, marks = (
        torch.randn(5, shape.seq_len, shape.channels).double(),
        torch.randn(5, shape.seq_len, 4).double(),
    )
    parameters = list(model.parameters())
    ours, other = (network(x, marks).output for network in (model, plain(model)))
    torch.testing.assert_close(ours, other)
    found = [torch.autograd.grad(output.square().sum(), parameters) for output in (ours, other)]
    torch.testing.assert_close(*found)


def test_the_benchmark_runs_and_its_ratios_are_of_what_it_measured(tmp_path):
    output = tmp_path / "speed.json"
    command = [sys.executable, BENCHMARKS / "speed.py", "--settings", "exchange", "--models", "specar"]
    command += ["--seconds", "0.1", "--threads", "1", "--device", "cpu", "--output", output]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (row,) = json.loads(output.read_text())
    assert row["setting"] == "Exchange, horizon 96"
    assert row["batch_size"] == 16
    step, plain = row["step_seconds"]["specar"], row["step_seconds"]["plain"]
    assert f"{plain / step:.2f}x" in done.stdout
    assert row["floor_seconds"] == pytest.approx(row["training_multiply_adds"] / row["matrix_rate"])
    assert 0 < row["floor_seconds"] < step
    assert 0 < row["data_share"] < 1
    assert all(value > 0 for value in row["peak_bytes"].values())
