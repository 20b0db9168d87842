"""Classifiers that are fitted in one go, of aeon and XGBoost, for series of one length.

Shorter series come as they are prepared: standard-scored, and padded with zeros to the longest.

- ``rocket``: Dempster, Petitjean and Webb, "ROCKET", DMKD 2020; ``minirocket``: Dempster, Schmidt and Webb,
  "MiniRocket", KDD 2021; ``multirocket-hydra``: Dempster, Schmidt and Webb, "Hydra", DMKD 2023. Ridge
  regression on features of random or fixed kernels.
- ``dtw``: the class of the nearest training series, by dynamic time warping of all channels together.
- ``xgboost``: Chen and Guestrin, "XGBoost", KDD 2016, on all values of a series side by side.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from specar.base.errors import SpecarError
from specar.base.strict import Strict
from specar.models.shape import SeriesShape

TASKS = ("classification",)
_USERS = {"kernels": ("rocket", "minirocket"), "window": ("dtw",), "trees": ("xgboost",)}


class Config(Strict):
    """Which classifier, and its size; other settings are those of its authors' code."""

    classifier: Literal["rocket", "minirocket", "multirocket-hydra", "dtw", "xgboost"]
    kernels: int = Field(10_000, ge=84, le=1_000_000, description="rocket, minirocket: number of kernels")
    window: float | None = Field(
        None, ge=0, le=1, description="dtw: share of the series that warping may shift by; null: any"
    )
    trees: int = Field(100, ge=1, le=100_000, description="xgboost: number of boosting rounds")

    @model_validator(mode="after")
    def _used(self) -> Self:
        for name, users in _USERS.items():
            if getattr(self, name) != type(self).model_fields[name].default and self.classifier not in users:
                raise ValueError(f"{name} does not apply to {self.classifier}")
        return self


def estimator(config: Config, shape: SeriesShape, seed: int) -> Any:
    """Return a classifier with ``fit``, of (B, N, S) and (B,), and ``predict_proba``."""
    import torch
    from aeon.classification import convolution_based
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier

    jobs, kernels = torch.get_num_threads(), config.kernels
    match config.classifier:
        case "rocket":
            return convolution_based.RocketClassifier(kernels, n_jobs=jobs, random_state=seed)
        case "minirocket":
            return convolution_based.MiniRocketClassifier(kernels, n_jobs=jobs, random_state=seed)
        case "multirocket-hydra":
            return convolution_based.MultiRocketHydraClassifier(n_jobs=jobs, random_state=seed)
        case "dtw":
            return KNeighborsTimeSeriesClassifier("dtw", {"window": config.window}, n_jobs=jobs)
        case "xgboost":
            return Boosted(config.trees, jobs, seed)


class Boosted:
    """XGBoost on flattened series."""

    def __init__(self, trees: int, jobs: int, seed: int) -> None:
        try:
            from xgboost import XGBClassifier
        except ImportError as error:
            raise SpecarError(f"model xgboost: {error}; pip install 'specar[rivals]'") from error
        self.trees = XGBClassifier(n_estimators=trees, n_jobs=jobs, random_state=seed)

    def fit(self, series: Any, classes: Any) -> None:
        """Fit to series (B, N, S) of classes (B,)."""
        self.trees.fit(series.reshape(len(series), -1), classes)

    def predict_proba(self, series: Any) -> Any:
        """Return (B, classes)."""
        return self.trees.predict_proba(series.reshape(len(series), -1))
