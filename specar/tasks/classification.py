"""Classification (UEA): labelled multivariate series, accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.base.seeds import derive_seed
from specar.data.prepared import ClassificationData, PreparedData
from specar.data.treatment import fit
from specar.data.windows import Split
from specar.metrics.classification import accuracy, confusion_matrix, macro_f1
from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape
from specar.tasks.base import Batch, Evaluation, Metrics, Task, of_kind
from specar.tasks.examples import candidates, choose, chosen, how_chosen, joined, maps_of

Labels = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


class Classification(Task):
    """Tell the class of a series, padded with zeros to the longest.

    ``published`` scales train and test each by its own statistics, pads to the longest of both and
    selects the epoch on the test accuracy. ``strict`` holds out a stratified share of the training series
    for that, the same for every model and seed, takes scaling from the rest and the length from the
    training series (longer test series lose their end).
    """

    selection = "accuracy"
    higher_is_better = True

    def setup(self, data: PreparedData) -> None:
        """Scale the cases and put them, padded to (cases, S, N), on the device.

        Raises SpecarError: no case can be held out for selection (strict).
        """
        self.data = data = of_kind(data, ClassificationData)
        lengths = [np.diff(data.train_offsets)] + ([] if self.strict else [np.diff(data.test_offsets)])
        self.shape = SeriesShape(
            channels=data.train_values.shape[1],
            seq_len=self.cell.seq_len or max(int(part.max()) for part in lengths),
            time_features=0,
            classes=len(data.classes),
        )
        self.cases: dict[Split, npt.NDArray[np.int64]] = self._cases()
        self.train_cases = torch.as_tensor(self.cases["train"], device=self.device)
        self.labels = {"train": np.asarray(data.train_labels), "test": np.asarray(data.test_labels)}
        self.train_labels = torch.tensor(self.labels["train"], device=self.device)
        self.parts: dict[str, tuple[Tensor, Tensor]] = {}
        statistics = None
        for file, values, offsets in (
            ("train", data.train_values, data.train_offsets),
            ("test", data.test_values, data.test_offsets),
        ):
            scores = values.astype(np.float64)
            if statistics is None or not self.strict:
                statistics = self._statistics(scores)
            scores -= statistics[0]  # in place: the largest sets hardly fit in memory twice
            scores /= statistics[1]
            if self.cell.task_settings.case_norm and not self.strict:
                case_norm(scores, offsets)
            self.parts[file] = self._padded(scores, offsets)

    def _statistics(self, values: Doubles) -> tuple[Doubles, Doubles]:
        """Mean and divisor per channel: of a whole file (published), or of the training cases."""
        if not self.strict:
            return fit(values, ddof=1)
        offsets = self.data.train_offsets
        return fit(np.concatenate([values[slice(*offsets[case : case + 2])] for case in self.cases["train"]]))

    def _cases(self) -> dict[Split, npt.NDArray[np.int64]]:
        """Numbers of the cases in each split: of the test file, or of the train file."""
        test = np.arange(len(self.data.test_labels))
        if not self.strict:
            return {"train": np.arange(len(self.data.train_labels)), "val": test, "test": test}
        assert self.cell.task_settings.val_share is not None
        val = stratified(self.data.train_labels, self.cell.task_settings.val_share, self.data.name)
        train = np.setdiff1d(np.arange(len(self.data.train_labels)), val)
        return {"train": train, "val": val, "test": test}

    def count(self, split: Split) -> int:
        return len(self.cases[split])

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, ModelOutput]:
        (index,) = batch
        cases = self.train_cases[index]
        out = self._run(model, "train", cases)
        return nn.functional.cross_entropy(out.output.float(), self.train_labels[cases]), out

    def training_set(self) -> tuple[Tensor, Tensor]:
        return self.parts["train"][0][self.train_cases], self.train_labels[self.train_cases]

    def validate(self, model: nn.Module, epoch: int) -> Metrics:
        predicted, truth = self._predicted(model, "val")
        return {"accuracy": accuracy(truth, predicted)}

    def test(self, model: nn.Module) -> Evaluation:
        return self._evaluation(*self._predicted(model, "test"))

    def examples(self, model: nn.Module, details: Mapping[str, Any]) -> dict[str, Any]:
        """Some test cases in their first channel: input (S,), null behind its end, and both classes."""
        count = self.count("test")
        numbers = candidates(count)
        values, mask = self.parts["test"]
        truth = torch.tensor(self._truth("test"), device=self.device)

        def shown(cases: Tensor) -> dict[str, Tensor]:
            output = self._run(model, "test", cases).output.float()
            return {
                "cross_entropy": nn.functional.cross_entropy(output, truth[cases], reduction="none"),
                "input": values[cases][..., 0].masked_fill(mask[cases] == 0, torch.nan),
                "class": truth[cases],
                "predicted": output.argmax(dim=1),
            }

        found = joined(map(shown, self.batches(numbers.to(self.device))))
        middle = numbers[choose(found["cross_entropy"])[:1]].to(self.device)
        return {
            "how": how_chosen(count, "cases", "the cross-entropy of the true class"),
            "unit": "standard-scored",
            "channel": "1",
            "classes": self.data.classes,
            "examples": chosen(numbers, found, "cross_entropy"),
            "maps": maps_of(model, lambda: self._run(model, "test", middle), values[middle][0, :, 0]),
        }

    def floors(self) -> dict[str, Evaluation]:
        counts = np.bincount(self.labels["train"][self.cases["train"]], minlength=self.shape.classes)
        truth = self.labels["test"]
        return {"majority_class": self._evaluation(np.full_like(truth, counts.argmax()), truth)}

    def _evaluation(self, predicted: Labels, truth: Labels) -> Evaluation:
        confusion = confusion_matrix(truth, predicted, self.shape.classes)  # all classes of the training file
        metrics = {"accuracy": accuracy(truth, predicted), "macro_f1": macro_f1(confusion)}
        details: dict[str, Any] = {
            "classes": self.data.classes,
            "confusion_matrix": confusion.tolist(),
            "cases_per_class": {
                split: np.bincount(self._truth(split), minlength=self.shape.classes).tolist()
                for split in get_args(Split)
            },
        }
        return Evaluation(metrics, details)

    def _file(self, split: Split) -> str:
        return "test" if split == "test" or (split == "val" and not self.strict) else "train"

    def _truth(self, split: Split) -> Labels:
        truth: Labels = self.labels[self._file(split)][self.cases[split]]
        return truth

    def _predicted(self, model: nn.Module, split: Split) -> tuple[Labels, Labels]:
        cases = torch.as_tensor(self.cases[split], device=self.device)
        outputs = [self._run(model, self._file(split), part).output for part in self.batches(cases)]
        return torch.cat(outputs).argmax(dim=1).cpu().numpy(), self._truth(split)

    def _run(self, model: nn.Module, file: str, cases: Tensor) -> ModelOutput:
        values, mask = self.parts[file]
        out: ModelOutput = model(values[cases], padding_mask=mask[cases])
        return out

    def _padded(self, values: Doubles, offsets: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Cases as (cases, S, N), 0 behind their end, and their mask (cases, S), 1 = real step."""
        lengths = np.minimum(np.diff(offsets), self.shape.seq_len)
        known = np.arange(self.shape.seq_len) < lengths[:, None]  # (cases, S)
        padded = np.zeros((*known.shape, self.shape.channels), dtype=np.float32)
        padded[known] = values[(offsets[:-1, None] + np.arange(self.shape.seq_len))[known]]
        mask = torch.tensor(known, dtype=torch.float32, device=self.device)
        return torch.tensor(padded, device=self.device), mask


def case_norm(values: Doubles, offsets: npt.NDArray[np.int64]) -> None:
    """Centre every case over time, and divide every step by its deviation over channels, in place.

    What the authors' loader does to EthanolConcentration, whatever was meant by it.
    """
    for start, end in pairwise(offsets):
        case = values[start:end]
        case -= case.mean(axis=0)
        case /= np.sqrt(case.var(axis=1, keepdims=True) + 1e-5)


def stratified(labels: Labels, share: float, name: str) -> npt.NDArray[np.int64]:
    """Numbers of the cases to hold out: ``share`` of each class, of two cases or more at least one."""
    generator = np.random.default_rng(derive_seed("held out", name))
    chosen = []
    for label in np.unique(labels):
        cases = generator.permutation(np.flatnonzero(labels == label))
        number = min(max(round(share * len(cases)), 1), len(cases) - 1)
        chosen.append(cases[:number])
    held_out = np.sort(np.concatenate(chosen))
    if not len(held_out):
        raise SpecarError(f"{name}: no class has two training cases, so that none can be held out; add cases")
    return held_out
