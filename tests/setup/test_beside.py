"""Work in a process of its own: its result, its error, and its sudden end."""

import os
import signal
import time
from multiprocessing import active_children
from pathlib import Path

import pytest
import torch

from specar.base import beside as module
from specar.base.beside import beside
from specar.base.errors import SpecarError
from specar.base.files import atomic_path


def _refuse(text: str) -> None:
    raise SpecarError(text)


class _Odd(Exception):
    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} at {where}")


def _odd() -> None:
    raise _Odd("mistake", "home")


def _interrupted() -> None:
    raise KeyboardInterrupt


def _write_slowly(path: Path) -> None:
    with atomic_path(path):
        time.sleep(60)


def test_result_comes_from_another_process():
    assert beside(lambda number: (number + 1, os.getpid()), 1)()[0] == 2
    assert beside(os.getpid)() != os.getpid()


def test_torch_waits_there_for_no_thread_that_is_here_only():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    found = beside(torch.get_num_threads)()
    torch.set_num_threads(before)
    assert found == 1


def test_work_is_done_here_where_forks_are_not_safe(monkeypatch):
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert beside(os.getpid)() == os.getpid()


def test_error_is_raised_here():
    wait = beside(_refuse, "a damaged record")
    with pytest.raises(SpecarError, match="a damaged record"):
        wait()


def test_an_error_that_cannot_be_sent_is_told_in_words_and_where_it_arose():
    with pytest.raises(RuntimeError, match="_Odd: mistake at home") as found:
        beside(_odd)()
    assert "in _odd" in found.value.__notes__[0]


def test_an_interrupt_prints_no_traceback(capfd):
    with pytest.raises(SpecarError, match="ended"):
        beside(_interrupted)()
    assert capfd.readouterr().err == ""


def test_killed_process_is_an_error_and_no_endless_wait():
    with pytest.raises(SpecarError, match=r"exit code -9.*memory"):
        beside(lambda: os.kill(os.getpid(), signal.SIGKILL))()


def test_nothing_half_written_is_left_of_a_process_that_is_ended(tmp_path):
    wait = beside(_write_slowly, tmp_path / "figure.svg")
    while not list(tmp_path.iterdir()):
        time.sleep(0.01)
    for process in active_children():  # as Python does at its end
        process.terminate()
    with pytest.raises(SpecarError, match="ended"):
        wait()
    assert not list(tmp_path.iterdir())
