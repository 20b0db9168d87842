"""Anomaly detection: reconstruct windows; the error of a point is its score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.base.seeds import derive_seed
from specar.data.prepared import AnomalyData, PreparedData
from specar.data.treatment import fit, scaled
from specar.data.windows import AnomalyWindows, Split
from specar.metrics import anomaly, ranking
from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape
from specar.tasks.base import Batch, ErrorSums, Evaluation, Metrics, Task, of_kind, on_device
from specar.tasks.examples import maps_of, normalised, rounded
from specar.tasks.stretch import Stretch

Scores = npt.NDArray[np.float32]
# Gives the score of every row of windows that begin at the given rows of a part, (windows, S).
Score = Callable[[str, Tensor], Scores]
_RANDOM_SEEDS = 5
_PCA_VARIANCE = 0.9


class AnomalyDetection(Task):
    """Find anomalous rows of a test series by the error of their reconstruction.

    ``published``: windows as in the authors' code, which may overlap and then count a row several times,
    the threshold a percentile of train and test scores together, point adjustment; the epoch is selected
    on the test part. ``strict``: the last ``val_share`` of the training rows is held out for the selection
    and the threshold, scaling is fitted on the others, windows stay within a series that was joined with
    others (a machine, a telemetry channel) and reach every test row, a row's score is the mean over its
    windows, and nothing is adjusted but ``pa_f1``. Hyper-parameters and ``anomaly_ratio`` stay those that the
    authors chose on the test part; ``threshold: three_sigma`` does without the ratio.
    """

    def setup(self, data: PreparedData) -> None:
        """Put train and test, each (rows, N), on the device and cut them into windows of S rows.

        Raises SpecarError: a part is shorter than a window.
        """
        self.data = data = of_kind(data, AnomalyData)
        assert self.cell.seq_len is not None
        self.settings, self.window = self.cell.task_settings, self.cell.seq_len
        self.shape = SeriesShape(data.train.shape[1], self.window, time_features=0)
        self.labels = np.asarray(data.labels, dtype=bool)
        self.cuts = AnomalyWindows(data.train_ends, data.test_ends, self.window, self.settings, self.strict)
        train, test = np.asarray(data.train), np.asarray(data.test)
        if self.strict:
            fitted_on = np.concatenate([train[start:end] for start, end in self.cuts.spans("train")])
            mean, std = fit(fitted_on.astype(np.float64))
            train, test = scaled(data.name, train, mean, std), scaled(data.name, test, mean, std)
        self.parts = {"train": on_device(train, self.device), "test": on_device(test, self.device)}
        self.first_rows: dict[Split, Tensor] = {
            split: torch.as_tensor(self._first_rows(split), device=self.device)
            for split in ("train", "val", "test")
        }

    def count(self, split: Split) -> int:
        return len(self.first_rows[split])

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, ModelOutput]:
        (index,) = batch
        x = self._windows("train", self.first_rows["train"][index])
        out: ModelOutput = model(x)
        return nn.functional.mse_loss(out.output.float(), x), out

    def validate(self, model: nn.Module, epoch: int) -> Metrics:
        sums = ErrorSums(self.device)
        for first in self.batches(self.first_rows["val"]):
            x = self._windows(self.cuts.part("val"), first)
            sums.add(model(x).output, x)
        return sums.metrics()

    def test(self, model: nn.Module) -> Evaluation:
        def score(part: str, first: Tensor) -> Scores:
            return self._errors(model, self._windows(part, first)).cpu().numpy()

        return self._evaluation(score)

    def examples(self, model: nn.Module, details: Mapping[str, Any]) -> dict[str, Any] | None:
        """A stretch of the test series in its first channel, with the scores of its rows.

        It lies around the true segment of median length; None where no row is anomalous.
        """
        starts, ends = anomaly.segments(self.labels)
        if not len(starts):
            return None
        middle = (ends - starts).argsort(kind="stable")[(len(starts) - 1) // 2]
        segment = int(starts[middle]), int(ends[middle])
        stretch = Stretch.around(segment, self.data.test_ends, self.first_rows["test"].cpu(), self.window)
        windows = (self._windows("test", part) for part in self.batches(stretch.first.to(self.device)))
        scores = torch.cat([self._errors(model, x) for x in windows]).cpu()
        shown = (starts < stretch.end) & (ends > stretch.start)
        seen = self._windows("test", torch.tensor([stretch.window_on(segment[0])], device=self.device))
        example = {
            "first_row": stretch.start,
            "segment": segment,
            "segments": np.stack([starts[shown], ends[shown]], axis=1).tolist(),
            "threshold": details["threshold"],
            "scores_of": "windows that do not overlap" if stretch.thinned else "all test windows",
            "input": rounded(self.parts["test"][stretch.start : stretch.end, 0]),
            "scores": rounded(stretch.row_scores(scores)),
        }
        return {
            "how": f"around the true segment of median length, of {len(starts)} in the test series",
            "unit": "standard-scored",
            "channel": (self.data.meta["columns"] or ["1"])[0],
            "examples": [example],
            "maps": maps_of(model, lambda: model(seen), normalised(seen[..., 0])),
        }

    def floors(self) -> dict[str, Evaluation]:
        return {"random": self._random(), "pca": self._evaluation(self._pca_score())}

    def _first_rows(self, split: Split) -> npt.NDArray[np.int64]:
        starts = self.cuts.starts(split)
        # A short machine may be too short to select on; but a test row without a window has no score.
        if not any(starts) or (split == "test" and not all(starts)):
            rows = min(end - start for start, end in self.cuts.spans(split))
            raise SpecarError(
                f"{self.data.name}: the {split} part has {rows} rows, fewer than the window of "
                f"{self.window}; shorten seq_len or use longer series"
            )
        return np.concatenate(
            [np.arange(rows.start, rows.stop, rows.step) for span in starts for rows in span]
        )

    def _windows(self, part: str, first: Tensor) -> Tensor:
        """Windows (B, S, N)."""
        rows = first.unsqueeze(1) + torch.arange(self.window, device=self.device)
        return self.parts[part][rows]

    def _errors(self, model: nn.Module, x: Tensor) -> Tensor:
        """Scores (B, S) of windows (B, S, N): the mean squared error over channels."""
        errors: Tensor = (model(x).output.float() - x).square().mean(dim=-1)
        return errors

    def _scores(self, score: Score, split: Split) -> Scores:
        """Scores of all windows of a split, (windows, S)."""
        part, first_rows = self.cuts.part(split), self.first_rows[split]
        # One array from the start: thousands of small ones would keep the memory of every batch from going.
        scores = np.empty((len(first_rows), self.window), dtype=np.float32)
        for start in range(0, len(first_rows), self.eval_batch_size):
            batch = slice(start, start + self.eval_batch_size)
            scores[batch] = score(part, first_rows[batch])
        return scores

    def _evaluation(self, score: Score) -> Evaluation:
        return self._strict(score) if self.strict else self._published(score)

    def _published(self, score: Score) -> Evaluation:
        ratio = self.settings.anomaly_ratio
        assert ratio is not None
        train, test = self._scores(score, "train").ravel(), self._scores(score, "test").ravel()
        threshold = anomaly.threshold([train, test], ratio)
        del train
        assert self.settings.test_stride is not None
        labels = anomaly.overlapping(self.labels, self.window, self.settings.test_stride)
        ranking.require_both_classes(labels)
        predicted = test > threshold
        adjusted = anomaly.point_adjust(predicted, labels)
        metrics = anomaly.precision_recall_f1(adjusted, labels)
        return Evaluation(metrics, self._details(threshold, predicted, labels))

    def _strict(self, score: Score) -> Evaluation:
        held_out, ratio = self._row_scores(score, "val"), self.settings.anomaly_ratio
        threshold = anomaly.three_sigma(held_out) if ratio is None else anomaly.threshold(held_out, ratio)
        test = self._row_scores(score, "test")
        predicted, labels = test > threshold, self.labels
        raw = anomaly.precision_recall_f1(predicted, labels)
        adjusted = anomaly.precision_recall_f1(anomaly.point_adjust(predicted, labels), labels)
        metrics = {
            **{f"raw_{name}": value for name, value in raw.items()},
            "best_f1": ranking.best_f1(test, labels),
            "auc_roc": ranking.auc_roc(test, labels),
            "auc_pr": ranking.auc_pr(test, labels),
            "pa_k_auc": anomaly.pa_k_auc(predicted, labels),
            "vus_pr": ranking.vus_pr(test, labels),
            "vus_pr_tsb_ad": ranking.vus_pr_tsb_ad(test, labels),
            "pa_f1": adjusted["f1"],
        }
        return Evaluation(metrics, self._details(threshold, predicted, labels))

    def _row_scores(self, score: Score, split: Split) -> npt.NDArray[np.float64]:
        """Score of every row of a split that lies in a window: the mean over its windows."""
        rows = self.first_rows[split].cpu().numpy()[:, None] + np.arange(self.window)
        size = len(self.parts[self.cuts.part(split)])
        sums = np.bincount(rows.ravel(), self._scores(score, split).ravel(), minlength=size)
        number = np.bincount(rows.ravel(), minlength=size)
        scores: npt.NDArray[np.float64] = sums[number > 0] / number[number > 0]
        if not np.isfinite(scores).all():
            raise SpecarError(
                f"{self.data.name}: {split} scores are not finite; lower training.learning_rate, "
                "or correct huge values in the data"
            )
        return scores

    def _details(
        self, threshold: float, predicted: npt.NDArray[np.bool_], labels: npt.NDArray[np.bool_]
    ) -> dict[str, Any]:
        return {
            "threshold": float(threshold),
            "points": int(labels.size),
            "anomalous_points": int(labels.sum()),
            "predicted_points": int(predicted.sum()),
        }

    def _random(self) -> Evaluation:
        """Mean over seeds of uniform random scores under the same threshold and adjustment."""
        found = []
        for seed in range(_RANDOM_SEEDS):
            generator = np.random.default_rng(derive_seed("random scores", self.data.name, seed))
            found.append(self._evaluation(self._random_score(generator)).metrics)
        metrics = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
        spread = {name: float(np.std([one[name] for one in found], ddof=1)) for name in metrics}
        return Evaluation(metrics, {"seeds": _RANDOM_SEEDS, "standard_deviation": spread})

    def _random_score(self, generator: np.random.Generator) -> Score:
        return lambda _, first: generator.random((len(first), self.window), dtype=np.float32)

    def _pca_score(self) -> Score:
        """Squared error of the reconstruction from the principal components of the training rows."""
        fitted_on = [self.parts["train"][start:end].cpu().numpy() for start, end in self.cuts.spans("train")]
        pca = PCA(_PCA_VARIANCE, svd_solver="full").fit(np.concatenate(fitted_on))
        errors = {}
        for part, series in self.parts.items():
            values = series.cpu().numpy()
            squares = (pca.inverse_transform(pca.transform(values)) - values) ** 2
            errors[part] = squares.mean(axis=1).astype(np.float32)
        return lambda part, first: errors[part][first.cpu().numpy()[:, None] + np.arange(self.window)]
