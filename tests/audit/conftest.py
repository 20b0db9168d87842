"""The audit of the whole paper, once."""

import pytest

from specar.audit import Paper, audit


@pytest.fixture(scope="session")
def paper():
    return Paper()


@pytest.fixture(scope="session")
def findings(paper):
    return audit(paper)
