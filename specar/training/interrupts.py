"""SIGTERM and SIGINT: noted at once, acted on where nothing gets lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop(BaseException):
    """Raised inside :meth:`Interrupts.at_once` by a signal; no Exception, so that nobody else catches it."""


class Interrupts:
    """Handles the signals that end a run, for as long as it is entered as a context manager.

    A signal is only noted, unless it arrives inside :meth:`at_once`. All that follow the first, which is
    ``received``, are ignored: a scheduler may send several, while what the first asked for is being done.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._raises = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        # Python allows handlers in the main thread only. A signal that is ignored (nohup) stays so.
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._previous:
            signal.signal(*self._previous.popitem())

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal break off the block wherever it is with Stop, also one that was noted before."""
        self._raises = True
        self._raise_if_received()
        try:
            yield
        finally:
            self._raises = False
        self._raise_if_received()  # where the exception was swallowed: Python does so in finalizers

    def _raise_if_received(self) -> None:
        if self.received is not None:
            self._raises = False
            raise Stop

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is None:
            self.received = signal.Signals(number)
            if self._raises:
                raise Stop
