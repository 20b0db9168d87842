"""What every model of the package takes and returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.models.shape import SeriesShape


class ModelOutput(NamedTuple):
    """Result of a forward pass.

    ``output`` is (B, H, N) for forecasting, (B, S, N) for imputation and anomaly detection,
    (B, classes) for classification. ``order_values`` is (B, S + H), one value per time step, or
    None where the model has no TOP head.
    """

    output: Tensor
    order_values: Tensor | None


class Ordered(Protocol):
    """A model with a TOP head: it also offers the head's loss."""

    def order_loss(self, order_values: Tensor, segments: Sequence[slice], share: float = 1.0) -> Tensor:
        """Loss of order values (B, T); ``segments`` are the parts of time that the task is about.

        Where the values are a part of a batch, ``share`` is the part's share of its examples: the losses of
        all parts add up to the loss of the batch.
        """


def checked(model: Any, name: str, shape: SeriesShape) -> nn.Module:
    """Return a network whose output is a `ModelOutput` of the right shape; it may return the tensor alone.

    Raises
    ------
    SpecarError
        It is no network, or, when it is called, returns something else.
    """
    if not isinstance(model, nn.Module):
        raise SpecarError(f"build of model {name!r} returned a {type(model).__name__}, not a torch nn.Module")
    rows = (shape.classes,) if shape.classes else (shape.pred_len or shape.seq_len, shape.channels)

    def check(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> ModelOutput:
        made = ModelOutput(output, None) if isinstance(output, Tensor) else output
        if not isinstance(made, ModelOutput):
            raise SpecarError(f"model {name!r} returned a {type(output).__name__}, no tensor or ModelOutput")
        wanted = (len(inputs[0]), *rows)
        if tuple(made.output.shape) != wanted:
            raise SpecarError(f"model {name!r} returned shape {tuple(made.output.shape)}, wanted is {wanted}")
        return made

    model.register_forward_hook(check)
    return model
