"""What is to know of each metric: how it is printed (``sources.yaml``), and which results count as the same.

The margins were fixed without a look at any result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from specar.base.safe_yaml import read_builtin


@dataclass(frozen=True)
class Relative:
    """A metric that is the mean of others, each divided by that of a baseline.

    Its aggregate is computed from theirs: the mean of ratios would be another quantity.
    """

    baseline: str
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Metric:
    """How the paper prints a metric."""

    label: str
    decimals: int = 3
    percent: bool = False  # recorded as a fraction; deviations are then in points, not relative
    higher: bool = False  # whether higher is better
    relative: Relative | None = None

    @property
    def scale(self) -> float:
        """From the recorded value to the printed one."""
        return 100.0 if self.percent else 1.0

    @property
    def deviation_unit(self) -> str:
        return "points" if self.percent else "percent"

    @property
    def deviation_decimals(self) -> int:
        return self.decimals if self.percent else 1


def _metric(relative: Mapping[str, Any] | None = None, **entry: Any) -> Metric:
    if relative is None:
        return Metric(**entry)
    return Metric(**entry, relative=Relative(relative["baseline"], tuple(relative["metrics"])))


METRICS = {
    name: _metric(**entry) for name, entry in read_builtin("specar.paper", "sources.yaml")["metrics"].items()
}


@dataclass(frozen=True)
class Margin:
    """A margin in words, as a share of the published value, and as an amount in its unit."""

    text: str
    share: float = 0.0
    amount: float = 0.0

    def at(self, published: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the margin at published values, in their unit."""
        values = np.abs(np.asarray(published, dtype=np.float64))
        return np.add(self.share * values, self.amount)


_PERCENT = Margin("±3 %", share=0.03)
_POINT = Margin("±1 point", amount=1.0)
_SMAPE = Margin("±0.3", amount=0.3)


def margin_of(metric: str) -> Margin:
    """Return how far a result may lie from a published one to count as the same."""
    if metric == "smape":
        return _SMAPE
    return _POINT if METRICS[metric].percent else _PERCENT


def margins_in_words(metrics: Iterable[str]) -> str:
    """Return the margins of ``metrics``, each once, with their metrics where they differ."""
    names: dict[str, list[str]] = {}
    for metric in metrics:
        names.setdefault(margin_of(metric).text, []).append(METRICS[metric].label)
    if len(names) == 1:
        return next(iter(names))
    listed = (" and ".join(filter(None, [", ".join(labels[:-1]), labels[-1]])) for labels in names.values())
    return ", ".join(f"{text} ({labels})" for text, labels in zip(names, listed, strict=True))


def half_unit(printed: str) -> float:
    """Return half a unit of the last printed digit: by so much a printed number may differ from its value.

    >>> half_unit("0.460")
    0.0005
    """
    return float(0.5 * 10.0 ** -len(printed.strip().partition(".")[2]))
