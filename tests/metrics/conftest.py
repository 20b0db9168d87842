"""The benchmark files beside the repository, where they are."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mirror():
    """Return a function that gives the path of a file in the mirror, or skips."""
    folder = Path(__file__).parents[3] / "shared" / "data"

    def find(*names):
        path = folder.joinpath(*names)
        if not path.exists():
            pytest.skip(f"needs {'/'.join(names)} in a mirror of the datasets beside the repository")
        return path

    return find
