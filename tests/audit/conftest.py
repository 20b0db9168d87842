"""The audit of the whole paper, once."""

import time

import pytest

from specar.paper.audit.checks import audit
from specar.paper.audit.printed import Paper


@pytest.fixture(scope="session")
def paper():
    return Paper()


@pytest.fixture(scope="session")
def timed(paper):
    """All findings, and how many seconds of CPU they took."""
    start = time.process_time()
    return audit(paper), time.process_time() - start


@pytest.fixture(scope="session")
def findings(timed):
    return timed[0]
