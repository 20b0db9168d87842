"""Imputation: reconstruct randomly hidden values of a window; errors count on hidden values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from specar.base.seeds import derive_seed
from specar.data.windows import Split
from specar.models.base import ModelOutput
from specar.tasks.base import Batch, ErrorSums, Evaluation, Metrics, WindowTask
from specar.tasks.examples import candidates, choose, chosen, how_chosen, joined, maps_of, normalised

Predict = Callable[[Tensor, Tensor, Tensor], Tensor]  # of windows, their masks and first rows
# Evaluation masks are drawn in blocks of this many windows, whatever the evaluation batch size.
_BLOCK = 64


class Imputation(WindowTask):
    """Each value of a window is hidden with probability ``mask_ratio``.

    In training a mask is drawn anew for every batch. In evaluation ``published`` draws anew for every
    seed and epoch, ``strict`` once for all: the same mask for every model, epoch and seed.
    """

    def draw(self, index: Tensor, generator: torch.Generator) -> Batch:
        """The windows' numbers (B,), and their masks (B, S, N) bool, True = observed."""
        shape = (len(index), self.windows.seq_len, self.shape.channels)
        return index, torch.rand(shape, generator=generator, device=self.device) > self._ratio

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, ModelOutput]:
        index, observed = batch
        x = self.windows.inputs(self.train_rows[index])
        out = self._run(model, x, observed, self.train_rows[index])
        squares = (out.output.float() - x).square() * (~observed).float()
        return squares.sum() / self.weight(batch), out

    def weight(self, batch: Batch) -> Tensor:
        """Number of hidden values."""
        _, observed = batch
        return (~observed).float().sum().clamp(min=1)

    def validate(self, model: nn.Module, epoch: int) -> Metrics:
        return self._evaluate("val", epoch, lambda *batch: self._run(model, *batch).output).metrics

    def test(self, model: nn.Module) -> Evaluation:
        return self._evaluate("test", 0, lambda *batch: self._run(model, *batch).output)

    def examples(self, model: nn.Module, details: Mapping[str, Any]) -> dict[str, Any]:
        """Test windows in one channel, (S,): series, whether observed, and reconstruction.

        Their masks are drawn for them alone, the same for every model and seed.
        """
        count, channel = self.count("test"), self.shown_channel
        numbers = candidates(count)
        first = self.windows.first_rows("test")[numbers]
        generator = torch.Generator().manual_seed(derive_seed("mask", "examples"))
        shape = (len(first), self.windows.seq_len, self.shape.channels)
        masks = (torch.rand(shape, generator=generator) > self._ratio).to(self.windows.device)

        def shown(first: Tensor, observed: Tensor) -> dict[str, Tensor]:
            x = self.windows.inputs(first)
            output = self._run(model, x, observed, first).output.float()
            squares = (output - x).square() * ~observed
            errors = {"mse": squares.sum(dim=(1, 2)) / (~observed).sum(dim=(1, 2)).clamp(min=1)}
            series = {"target": x, "observed": observed, "prediction": output}
            return errors | {name: values[..., channel] for name, values in series.items()}

        found = joined(map(shown, self.batches(first), self.batches(masks)))
        middle = choose(found["mse"])[:1]
        x, observed = self.windows.inputs(first[middle]), masks[middle]
        seen = normalised(x[..., channel], observed[..., channel])
        return {
            "how": how_chosen(count, "windows", "the MSE over the hidden values of all channels"),
            "unit": "standard-scored",
            "channel": self.shown_name,
            "examples": chosen(numbers, found, "mse"),
            "maps": maps_of(model, lambda: self._run(model, x, observed, first[middle]), seen),
        }

    def floors(self) -> dict[str, Evaluation]:
        def errors(fill: Callable[[Tensor, Tensor], Tensor]) -> Evaluation:
            return self._evaluate("test", 0, lambda x, observed, _: fill(x, observed))

        return {"mean": errors(observed_mean), "linear_interpolation": errors(linear_interpolation)}

    @property
    def _ratio(self) -> float:
        assert self.cell.mask_ratio is not None
        return self.cell.mask_ratio

    def _run(self, model: nn.Module, x: Tensor, observed: Tensor, first: Tensor) -> ModelOutput:
        mask = observed.to(x.dtype)
        out: ModelOutput = model(x * mask, self.windows.features(first), observed_mask=mask)
        return out

    def _evaluate(self, split: Split, epoch: int, predict: Predict) -> Evaluation:
        parts = self.windows.first_rows_by_part(split)
        masks = self.observed_masks(split, epoch).split([len(part) for part in parts])
        return self.evaluation([self._errors(*part, predict) for part in zip(parts, masks, strict=True)])

    def _errors(self, part: Tensor, masks: Tensor, predict: Predict) -> ErrorSums:
        sums = ErrorSums(self.windows.device)
        for first, mask in zip(self.batches(part), self.batches(masks), strict=True):
            x, observed = self.windows.inputs(first), mask.to(self.windows.device)
            sums.add(predict(x, observed, first), x, ~observed)
        return sums

    def observed_masks(self, split: Split, epoch: int) -> Tensor:
        """Masks of all windows of a split, (windows, S, N) bool on the CPU, True = observed."""
        drawn = ("all",) if self.strict else (self.seed, 0 if split == "test" else epoch)
        generator = torch.Generator().manual_seed(derive_seed("mask", split, *drawn))
        shape = (self.windows.seq_len, self.shape.channels)
        masks = torch.empty(self.count(split), *shape, dtype=torch.bool)
        for block in masks.split(_BLOCK):
            block.copy_(torch.rand(block.shape, generator=generator) > self._ratio)
        return masks


def observed_mean(x: Tensor, observed: Tensor) -> Tensor:
    """Mean of the observed values per window and channel, (B, S, N); 0 where none is observed."""
    mask = observed.to(x.dtype)
    mean = (x * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True).clamp(min=1)
    return mean.expand_as(x)


def linear_interpolation(x: Tensor, observed: Tensor) -> Tensor:
    """Line between the nearest observed values in time, constant beyond the first and the last.

    ``x`` and ``observed`` are (B, S, N). A channel without observed values becomes 0.
    """
    steps = x.shape[1]
    time = torch.arange(steps, device=x.device).view(1, -1, 1).expand(x.shape)
    left = torch.where(observed, time, -1).cummax(dim=1).values
    right = torch.where(observed, time, steps).flip(1).cummin(dim=1).values.flip(1)
    left, right = torch.where(left < 0, right, left), torch.where(right >= steps, left, right)
    nothing = left >= steps
    left, right = (side.clamp(0, steps - 1) for side in (left, right))
    share = (time - left) / (right - left).clamp(min=1)
    filled = torch.lerp(x.gather(1, left), x.gather(1, right), share.to(x.dtype))
    return filled.masked_fill(nothing, 0)
