"""The network and the block in torch's compilers and exporters: the same numbers."""

import subprocess
import sys
from io import BytesIO

import pytest
import torch

from specar import SpecARBlock, SpecARNet
from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig

SHAPE = SeriesShape(channels=3, seq_len=12, pred_len=4, time_features=2)
BOTH = pytest.mark.parametrize("architecture", ["paper", "released"])
ARGUMENTS = torch.rand(2, 12, 3), torch.rand(2, 12, 2)


def net(architecture):
    settings = {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4}
    return SpecARNet(SpecARConfig(architecture=architecture, top=True, **settings), SHAPE).eval()


@BOTH
def test_it_compiles_in_one_graph(architecture):
    model = net(architecture)
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(*ARGUMENTS), model(*ARGUMENTS))
    gradients = []
    for one in (model, compiled):
        one(*ARGUMENTS).output.square().sum().backward()
        gradients.append([weight.grad.clone() for weight in model.parameters() if weight.grad is not None])
        model.zero_grad()
    torch.testing.assert_close(*gradients)


@BOTH
def test_it_is_exported(architecture):
    model = net(architecture)
    file = BytesIO()
    torch.export.save(torch.export.export(model, ARGUMENTS), file)
    file.seek(0)
    again = torch.export.load(file).module()
    torch.testing.assert_close(tuple(again(*ARGUMENTS)), tuple(model(*ARGUMENTS)))


@BOTH
def test_it_becomes_onnx(architecture):
    pytest.importorskip("onnxscript")
    model = net(architecture)
    program = torch.onnx.export(model, ARGUMENTS, dynamo=True, verbose=False)
    assert {"output"} <= {node.op_type for node in program.model.graph} | {"output"}


@pytest.mark.parametrize("d_model", [0, -4, 2.5, "64", None])
def test_a_wrong_width_is_one_clear_error(d_model):
    with pytest.raises(ValueError, match=r"d_model must be a whole number of at least 1, got "):
        SpecARBlock(d_model)


@pytest.mark.parametrize("shape", [(2, 12, 3), (2, 4, 12), (12, 4), (12,)])
def test_another_width_than_the_block_has_is_one_clear_error(shape):
    with pytest.raises(ValueError, match=r"a block with d_model=4 takes \(B, T, 4\), got "):
        SpecARBlock(4, window_length=4)(torch.rand(shape))


def test_the_package_is_light_until_its_names_are_asked_for():
    heavy = "{'torch', 'pandas', 'snakemake', 'aeon'}"
    code = f"import sys, specar; assert not {heavy} & set(sys.modules); specar.from_released; import torch"
    code += "; assert 'snakemake' not in sys.modules; specar.load_results"
    subprocess.run([sys.executable, "-c", code], check=True)
