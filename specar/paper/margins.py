"""How far a result may lie from a published one to count as the same: fixed without a look at any result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from specar.paper.metrics import METRICS


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
    """Return the equivalence margin of a metric."""
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
    return ", ".join(f"{text} ({_listed(labels)})" for text, labels in names.items())


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def half_unit(printed: str) -> float:
    """Return half a unit of the last printed digit: by so much a printed number may differ from its value.

    >>> half_unit("0.460")
    0.0005
    """
    return float(0.5 * 10.0 ** -len(printed.strip().partition(".")[2]))
