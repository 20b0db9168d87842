"""What every model of the package takes and returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from specar.base.errors import SpecarError
from specar.models.shape import SeriesShape


class ModelOutput(NamedTuple):
    """Result of a forward pass.

    ``output`` is (B, H, N) for forecasting, (B, S, N) for imputation and anomaly detection,
    (B, classes) for classification. ``order_values`` is (B, S + H), one value per time step, or
    None where the model has no TOP head.
    """

    output: Tensor
    order_values: Tensor | None = None


class Ordered(Protocol):
    """A model with a TOP head: it also offers the head's loss."""

    def order_loss(self, order_values: Tensor, segments: Sequence[slice], share: float = 1.0) -> Tensor:
        """Loss of order values (B, T); ``segments`` are the parts of time that the task is about.

        Where the values are a part of a batch, ``share`` is the part's share of its examples: the losses of
        all parts add up to the loss of the batch.
        """


def checked(model: Any, name: str, shape: SeriesShape, top: bool = False) -> nn.Module:
    """Return a network whose output is a `ModelOutput` of the right shape; it may return the tensor alone.

    `SpecarError`: it is no network with something to train, or, when it is called, returns something else.
    """
    if not isinstance(model, nn.Module):
        raise SpecarError(f"build of model {name!r} returned a {type(model).__name__}, not a torch nn.Module")
    if any(map(is_lazy, model.parameters())):
        raise SpecarError(f"model {name!r} has lazy layers; give them their sizes, which shape says")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise SpecarError(f"model {name!r} has nothing to train: no parameter that requires a gradient")

    def check(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> ModelOutput:
        made = ModelOutput(output) if isinstance(output, Tensor) else output
        if problem := _problem(made, len(inputs[0]), shape) or _training_problem(model, made, top):
            raise SpecarError(f"model {name!r} returned {problem}")
        return cast(ModelOutput, made)

    model.register_forward_hook(check)
    return model


def _problem(made: Any, batch: int, shape: SeriesShape) -> str:
    if not (isinstance(made, ModelOutput) and isinstance(made.output, Tensor)):
        return f"a {type(made).__name__}; wanted is a tensor, or a ModelOutput of one"
    rows = (shape.classes,) if shape.classes else (shape.pred_len or shape.seq_len, shape.channels)
    for part, wanted in (("output", (batch, *rows)), ("order_values", (batch, shape.steps))):
        values = getattr(made, part)
        if values is not None and tuple(values.shape) != wanted:
            return f"{part} of shape {tuple(values.shape)}; wanted is {wanted}"
        if values is not None and not values.is_floating_point():
            return f"{part} of type {values.dtype}; wanted are floating-point numbers"
    return ""


def _training_problem(model: nn.Module, made: ModelOutput, top: bool) -> str:
    if not (model.training and torch.is_grad_enabled()):
        return ""
    if not made.output.requires_grad:
        return "an output that depends on no parameter, so that nothing can be trained"
    if top and (made.order_values is None or not hasattr(model, "order_loss")):
        return "no order_values, or has no order_loss, which its setting top asks for"
    return ""
