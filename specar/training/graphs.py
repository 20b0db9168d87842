"""The gradient of a batch as one CUDA graph: its hundreds of operations are launched at once.

Small models leave a GPU waiting for Python to start one operation after the other. Only the size of a batch,
the number of micro-batches and what the loss is made of are fixed by a graph, not the values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

import torch
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.base.strict import one_line
from specar.tasks import Batch
from specar.training.checkpoint import random_state, restore_random_state
from specar.training.memory import is_out_of_memory

_WARM_UPS = 3  # libraries choose and allocate in their first calls, which a graph must not hold
Gradient = Callable[[Batch], Tensor]


class Graph(Protocol):
    """Operations that were recorded, and write where they wrote then."""

    def replay(self) -> None: ...


class GraphedGradient:
    """Leaves the gradient of a batch in the parameters and returns its loss, as ``gradient`` does."""

    def __init__(self, gradient: Gradient, model: nn.Module, device: torch.device) -> None:
        self.gradient, self.model, self.device = gradient, model, device
        self.key: Hashable = None

    def __call__(self, batch: Batch, key: Hashable) -> Tensor:
        """``key``: whatever the recorded operations depend on beside the values of the batch."""
        if key != self.key:
            self._record(batch)
            self.key = key
        for own, values in zip(self.batch, batch, strict=True):
            own.copy_(values)
        self.graph.replay()
        for parameter, gradient in self.gradients:
            parameter.grad = gradient
        return self.loss.clone()

    def _record(self, batch: Batch) -> None:
        """Generators and buffers (running means) stay as they are: results are those without a graph."""
        self.batch = tuple(values.clone() for values in batch)
        self.key, dropout = None, random_state(self.device)
        buffers = [(buffer, buffer.clone()) for buffer in self.model.buffers()]
        self.graph, self.loss = record(self._once, self.device)
        self.gradients = [(p, p.grad) for p in self.model.parameters()]
        restore_random_state(dropout, self.device)
        for buffer, before in buffers:
            buffer.copy_(before)

    def _once(self) -> Tensor:
        self.model.zero_grad(set_to_none=True)  # so that the backward pass writes, and does not add
        return self.gradient(self.batch)


def record(compute: Callable[[], Tensor], device: torch.device) -> tuple[Graph, Tensor]:
    """Return the operations of ``compute`` as a graph, and the tensor that it writes the result to."""
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UPS):
            compute()
    torch.cuda.current_stream(device).wait_stream(stream)
    try:
        with torch.cuda.graph(graph):
            result = compute()
    except RuntimeError as error:
        first = error.__context__ or error  # the end of a recording that failed fails as well
        if is_out_of_memory(first):
            raise first from None
        raise SpecarError(
            "execution.cuda_graphs: a training step of this model cannot be recorded, as it waits for what "
            f"the GPU computes ({one_line(str(first))}); leave it out"
        ) from error
    return graph, result
