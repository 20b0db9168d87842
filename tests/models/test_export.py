"""The network and the block in torch's compilers and exporters: the same numbers."""

import subprocess
import sys

import pytest
import torch

import specar
from specar import SpecARBlock, SpecARNet
from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig

SHAPE = SeriesShape(channels=3, seq_len=12, pred_len=4, time_features=2)
BOTH = pytest.mark.parametrize("architecture", ["paper", "released"])
ARGUMENTS = torch.rand(2, 12, 3), torch.rand(2, 12, 2)


def net(architecture):
    settings = {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4}
    return SpecARNet(SpecARConfig(architecture=architecture, top=True, **settings), SHAPE).eval()


@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
@BOTH
def test_it_compiles_in_one_graph(architecture):
    model = net(architecture)
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(*ARGUMENTS), model(*ARGUMENTS))
    gradients = []
    for one in (model, compiled):
        output, order_values = one(*ARGUMENTS)
        (output.square().sum() + order_values.square().sum()).backward()
        gradients.append([weight.grad.clone() for weight in model.parameters() if weight.grad is not None])
        model.zero_grad()
    assert len(gradients[0]) > 10
    torch.testing.assert_close(*gradients)


@BOTH
def test_it_is_exported(architecture):
    model = net(architecture)
    expected = model(*ARGUMENTS)  # what is kept from call to call is made before
    exported = torch.export.export(model, ARGUMENTS)
    torch.testing.assert_close(exported.module()(*ARGUMENTS), expected)


@BOTH
def test_it_becomes_onnx(architecture):
    pytest.importorskip("onnxscript")
    reference = pytest.importorskip("onnx.reference")
    model = net(architecture)
    expected = model(*ARGUMENTS)
    program = torch.onnx.export(model, ARGUMENTS, dynamo=True, verbose=False)
    names = [value.name for value in program.model.graph.inputs]
    inputs = dict(zip(names, (value.numpy() for value in ARGUMENTS), strict=True))
    found = reference.ReferenceEvaluator(program.model_proto).run(None, inputs)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), other.detach(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("d_model", [0, -4, 2.5, "64", None])
def test_a_wrong_width_is_one_clear_error(d_model):
    with pytest.raises(ValueError, match=r"d_model must be a whole number of at least 1, got "):
        SpecARBlock(d_model)


@pytest.mark.parametrize("shape", [(2, 12, 3), (2, 4, 12), (12, 4), (12,)])
def test_another_width_than_the_block_has_is_one_clear_error(shape):
    with pytest.raises(ValueError, match=r"a block with d_model=4 takes \(B, T, 4\), got "):
        SpecARBlock(4, window_length=4)(torch.rand(shape))


def test_the_package_is_light_until_its_names_are_asked_for():
    heavy = "{'torch', 'pandas', 'pydantic', 'snakemake'}"
    code = f"import sys, specar; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in specar.__all__:
        assert callable(getattr(specar, name))
    with pytest.raises(AttributeError, match="no attribute 'Block'"):
        getattr(specar, "Block")  # noqa: B009
