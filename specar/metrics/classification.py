"""Accuracy and F1 of predicted classes.

As scikit-learn computes them, to the bit. Its import takes longer than all else before a run's first step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


def confusion_matrix(truth: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.int64]:
    """Count cases by true class (rows) and predicted class (columns), (classes, classes)."""
    counts = np.bincount(truth * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.int64)


def accuracy(truth: Labels, predicted: Labels) -> float:
    """Share of cases whose class is the predicted one, 0 to 1."""
    return float((truth == predicted).mean())


def macro_f1(confusion: npt.NDArray[np.int64]) -> float:
    """Mean F1, 0 to 1, of the classes that are there or predicted."""
    hits, sizes = np.diag(confusion), confusion.sum(axis=0) + confusion.sum(axis=1)
    known = sizes > 0
    return float((2.0 * hits[known] / sizes[known]).mean())
