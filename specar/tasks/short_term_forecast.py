"""Short-term forecasting (M4): many univariate series, sMAPE, MASE and OWA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.data.prepared import M4Data, PreparedData
from specar.data.windows import Split
from specar.metrics.short_term import last_value, mase, owa, seasonal_naive, seasonal_scale, smape
from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape
from specar.tasks.base import Batch, Evaluation, Metrics, Segment, Task, of_kind
from specar.tasks.examples import candidates, choose, chosen, how_chosen, joined, maps_of, normalised

Forecasts = npt.NDArray[np.float64]


class ShortTermForecast(Task):
    """Forecast the H steps that follow each series, from its last S steps.

    One window per series and epoch, its cut drawn from the last ``history`` x H steps. ``published``
    selects the epoch on the test horizon; ``strict`` holds out the last H training steps of every series
    for it. Series shorter than a window are padded with zeros in front.
    """

    selection = "smape"
    top_segments: tuple[Segment, ...] = ("input", "forecast")

    def setup(self, data: PreparedData) -> None:
        """Put all series, one after the other (steps,), on the device.

        Raises SpecarError: a series is too short to train on or has no scale, or Naive2 makes no error.
        """
        self.data = of_kind(data, M4Data)
        assert self.cell.seq_len is not None
        horizon = self.data.horizon
        self.shape = SeriesShape(1, self.cell.seq_len, horizon, time_features=0)
        self.values = torch.tensor(self.data.train_values, dtype=torch.float32, device=self.device)
        offsets = torch.tensor(self.data.train_offsets, device=self.device)
        self.starts, self.ends = offsets[:-1], offsets[1:]  # (series,)
        self.train_ends = self.ends - horizon if self.strict else self.ends
        if bool((short := self.train_ends - self.starts < 2).any()):
            series = self.data.meta["ids"][int(short.int().argmax())]
            needed = "2 steps" + (f" and the {horizon} that are held out" if self.strict else "")
            raise SpecarError(f"{data.name}: series {series!r} is too short to train on; it needs {needed}")
        # Here, so that a series without a scale stops the run before it is trained.
        self.scale = seasonal_scale(self.data.train_values, self.data.train_offsets, self.data.seasonality)
        self.naive2 = self._errors(self.data.naive2)
        if 0 in self.naive2:
            raise SpecarError(f"{data.name}: Naive2 is without error, so that OWA is not defined")

    def count(self, split: Split) -> int:
        return len(self.starts)

    def draw(self, index: Tensor, generator: torch.Generator) -> Batch:
        """The series' numbers (B,), and for each the first step to forecast (B,)."""
        start, end = self.starts[index], self.train_ends[index]
        assert self.cell.task_settings.history is not None
        reach = int(self.cell.task_settings.history * self.shape.pred_len)
        lowest = torch.maximum(start + 1, end - reach)
        share = torch.rand(len(index), generator=generator, device=self.device)
        return index, torch.minimum(lowest + (share * (end - lowest)).long(), end - 1)

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, ModelOutput]:
        """sMAPE in percent of a window per series; the model's input is (B, S, 1)."""
        index, cut = batch
        start, end = self.starts[index], self.train_ends[index]
        out: ModelOutput = model(self._inputs(start, cut))
        steps = cut.unsqueeze(1) + torch.arange(self.shape.pred_len, device=self.device)
        known = steps < end.unsqueeze(1)
        if not self.strict:  # the authors lose the target of a cut in the first H steps
            known &= (cut >= start + self.shape.pred_len).unsqueeze(1)
        target = self.values[steps.clamp(max=len(self.values) - 1)] * known
        return smape_loss(out.output[..., 0].float(), target, known), out

    def validate(self, model: nn.Module, epoch: int) -> Metrics:
        forecasts = self._forecasts(model, self.train_ends)
        return {"smape": float(smape(forecasts, self._held_out()).mean())}

    def test(self, model: nn.Module) -> Evaluation:
        return Evaluation(self.metrics(self._forecasts(model, self.ends)))

    def examples(self, model: nn.Module, details: Mapping[str, Any]) -> dict[str, Any]:
        """Some series: input (S,), null before its start, target and prediction (H,)."""
        count = self.count("test")
        numbers = candidates(count)
        starts, ends = self.starts[numbers], self.ends[numbers]

        def shown(start: Tensor, end: Tensor, target: Tensor) -> dict[str, Tensor]:
            inputs = self._inputs(start, end)
            output = model(inputs).output[..., 0].double()
            errors = torch.tensor(smape(output.cpu().numpy(), target.numpy()))
            unknown = torch.arange(-self.shape.seq_len, 0, device=self.device) < (start - end).unsqueeze(1)
            series = inputs[..., 0].masked_fill(unknown, torch.nan)
            return {"smape": errors, "input": series, "target": target, "prediction": output}

        targets = torch.tensor(self.data.test_values)[numbers]
        found = joined(map(shown, *map(self.batches, (starts, ends, targets))))
        middle = choose(found["smape"])[:1]
        inputs = self._inputs(starts[middle], ends[middle])
        examples = chosen(numbers, found, "smape")
        for one in examples:
            one["series"] = self.data.meta["ids"][one["number"]]
        return {
            "how": how_chosen(count, "series", "sMAPE"),
            "unit": "unit of the file",
            "channel": None,
            "examples": examples,
            "maps": maps_of(model, lambda: model(inputs), normalised(inputs[..., 0])),
        }

    def floors(self) -> dict[str, Evaluation]:
        """sMAPE, MASE and OWA of the last value, the last season and Naive2."""
        values, offsets = self.data.train_values, self.data.train_offsets
        season, horizon = self.data.seasonality, self.data.horizon
        forecasts = {
            "last_value": last_value(values, offsets, horizon),
            "seasonal_naive": seasonal_naive(values, offsets, season, horizon),
            "naive2": self.data.naive2,
        }
        return {name: Evaluation(self.metrics(forecast)) for name, forecast in forecasts.items()}

    def metrics(self, forecasts: Forecasts) -> Metrics:
        """sMAPE in percent, MASE and OWA of forecasts (series, H) of the test steps."""
        errors = self._errors(forecasts)
        return {"smape": errors[0], "mase": errors[1], "owa": owa(*errors, *self.naive2)}

    def _errors(self, forecasts: Forecasts) -> tuple[float, float]:
        """sMAPE and MASE."""
        actual = self.data.test_values
        return float(smape(forecasts, actual).mean()), float(mase(forecasts, actual, self.scale).mean())

    def _held_out(self) -> Forecasts:
        """Steps (series, H) that select the epoch."""
        if not self.strict:
            return self.data.test_values
        steps = np.arange(-self.shape.pred_len, 0)
        return self.data.train_values[self.data.train_offsets[1:, None] + steps]

    def _forecasts(self, model: nn.Module, ends: Tensor) -> Forecasts:
        """Forecasts (series, H) of the steps from ``ends`` on."""
        batches = zip(self.batches(self.starts), self.batches(ends), strict=True)
        outputs = [model(self._inputs(start, end)).output[..., 0].double() for start, end in batches]
        return torch.cat(outputs).cpu().numpy()

    def _inputs(self, start: Tensor, cut: Tensor) -> Tensor:
        """The S steps before ``cut``, (B, S, 1); 0 before the start of a series."""
        steps = cut.unsqueeze(1) + torch.arange(-self.shape.seq_len, 0, device=self.device)
        known = steps >= start.unsqueeze(1)
        return (self.values[steps.clamp(min=0)] * known).unsqueeze(-1)


def smape_loss(forecast: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """sMAPE in percent over (B, H), unknown steps counting 0.

    As in Time-Series-Library, which the authors' code grew from, the denominator carries no gradient.
    """
    size = forecast.detach().abs() + target.abs()
    ratio = (forecast - target).abs() / torch.where(size > 0, size, 1)
    return 200 * (ratio * known).mean()
