"""Long-term forecasting: mean squared error on the H steps after the look-back window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from specar.config.schema import RunConfig
from specar.data.windows import Split
from specar.models.base import ModelOutput
from specar.tasks.base import Batch, ErrorSums, Evaluation, Metrics, Segment, WindowTask
from specar.tasks.examples import candidates, choose, chosen, how_chosen, joined, maps_of, normalised


class LongTermForecast(WindowTask):
    """Forecast ``horizon`` steps of every channel; metrics on standard-scored values."""

    top_segments: tuple[Segment, ...] = ("forecast",)

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, ModelOutput]:
        (index,) = batch
        first = self.train_rows[index]
        out = self._run(model, first)
        return nn.functional.mse_loss(out.output.float(), self.windows.targets(first)), out

    def validate(self, model: nn.Module, epoch: int) -> Metrics:
        return self._evaluate("val", lambda first: self._run(model, first).output).metrics

    def test(self, model: nn.Module) -> Evaluation:
        return self._evaluate("test", lambda first: self._run(model, first).output)

    def examples(self, model: nn.Module, details: Mapping[str, Any]) -> dict[str, Any]:
        """Test windows in one channel: input (S,), target and prediction (H,)."""
        count, channel = self.count("test"), self.shown_channel
        numbers = candidates(count)
        first = self.windows.first_rows("test")[numbers]

        def shown(first: Tensor) -> dict[str, Tensor]:
            output, target = self._run(model, first).output.float(), self.windows.targets(first)
            series = {"input": self.windows.inputs(first), "target": target, "prediction": output}
            errors = {"mse": (output - target).square().mean(dim=(1, 2))}
            return errors | {name: values[..., channel] for name, values in series.items()}

        found = joined(map(shown, self.batches(first)))
        middle = choose(found["mse"])[:1]
        return {
            "how": how_chosen(count, "windows", "the MSE over all channels"),
            "unit": "standard-scored",
            "channel": self.shown_name,
            "examples": chosen(numbers, found, "mse"),
            "maps": maps_of(
                model, lambda: self._run(model, first[middle]), normalised(found["input"][middle])
            ),
        }

    def floors(self) -> dict[str, Evaluation]:
        return {
            "last_value": self._evaluate("test", self._last_value),
            "seasonal_naive": self._evaluate("test", self._seasonal_naive),
        }

    def _run(self, model: nn.Module, first: Tensor) -> ModelOutput:
        known = isinstance(self.cell, RunConfig) and self.cell.model.spec.future_time
        future = {"future_time_features": self.windows.future_features(first)} if known else {}
        out: ModelOutput = model(self.windows.inputs(first), self.windows.features(first), **future)
        return out

    def _evaluate(self, split: Split, predict: Callable[[Tensor], Tensor]) -> Evaluation:
        parts = self.windows.first_rows_by_part(split)
        return self.evaluation([self._errors(part, predict) for part in parts])

    def _errors(self, part: Tensor, predict: Callable[[Tensor], Tensor]) -> ErrorSums:
        sums = ErrorSums(self.windows.device)
        for first in self.batches(part):
            sums.add(predict(first), self.windows.targets(first))
        return sums

    def _last_value(self, first: Tensor) -> Tensor:
        last = self.windows.values[first + self.windows.seq_len - 1]  # (B, N)
        return last.unsqueeze(1).expand(-1, self.windows.pred_len, -1)

    def _seasonal_naive(self, first: Tensor) -> Tensor:
        """Repeat the last season before the forecast; it may reach back beyond the look-back window."""
        part = self.windows.part_of(first)
        season, start = (
            torch.tensor(values, device=first.device)[part].unsqueeze(1)
            for values in ([part.seasonality for part in self.windows.parts], self.windows.starts)
        )
        steps = torch.arange(self.windows.pred_len, device=first.device) % season  # (B, H)
        origin = first.unsqueeze(1) + self.windows.seq_len - season
        return self.windows.values[torch.maximum(origin + steps, start)]
