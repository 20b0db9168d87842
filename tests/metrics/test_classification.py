"""Metrics of classes are those of scikit-learn, to the bit."""

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.metrics.classification import accuracy, confusion_matrix, macro_f1


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 9), st.data())
def test_as_scikit_learn_has_them(classes, data):
    labels = st.lists(st.integers(0, classes - 1), min_size=1, max_size=40)
    truth = np.array(data.draw(labels))
    predicted = np.array(
        data.draw(st.lists(st.integers(0, classes - 1), min_size=len(truth), max_size=len(truth)))
    )
    names = list(range(classes))
    confusion = confusion_matrix(truth, predicted, classes)
    assert confusion.tolist() == reference.confusion_matrix(truth, predicted, labels=names).tolist()
    assert accuracy(truth, predicted) == reference.accuracy_score(truth, predicted)
    expected = reference.f1_score(truth, predicted, average="macro", zero_division=0)
    assert macro_f1(confusion) == expected


def test_by_hand_where_one_class_of_four_is_neither_there_nor_predicted():
    truth, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    confusion = confusion_matrix(truth, predicted, 4)
    assert confusion.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert accuracy(truth, predicted) == 0.6
    assert macro_f1(confusion) == pytest.approx((2 / 4 + 4 / 5 + 0) / 3)
