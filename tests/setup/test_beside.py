"""Work in a process of its own: its result, its error, and its sudden end."""

import os
import signal

import pytest

from specar.base import beside as module
from specar.base.beside import beside
from specar.base.errors import SpecarError


def _refuse(text: str) -> None:
    raise SpecarError(text)


def test_result_comes_from_another_process():
    assert beside(lambda number: (number + 1, os.getpid()), 1)()[0] == 2
    assert beside(os.getpid)() != os.getpid()


def test_work_is_done_here_where_forks_are_not_safe(monkeypatch):
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert beside(os.getpid)() == os.getpid()


def test_error_is_raised_here():
    wait = beside(_refuse, "a damaged record")
    with pytest.raises(SpecarError, match="a damaged record"):
        wait()


def test_killed_process_is_an_error_and_no_endless_wait():
    with pytest.raises(SpecarError, match=r"exit code -9.*memory"):
        beside(lambda: os.kill(os.getpid(), signal.SIGKILL))()
