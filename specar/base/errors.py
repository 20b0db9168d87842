"""The exceptions that users see as a single line."""

from __future__ import annotations

from signal import Signals


class SpecarError(Exception):
    """A problem that the user can act on.

    The message is one line that says what is wrong, where, and what to do. The command line prints
    it without a traceback and exits with status 1.
    """


class Damaged(SpecarError):
    """Prepared data is not as it was written, or was written by another version; preparing mends it."""


class OutOfMemory(SpecarError):
    """Memory of the GPU or of the machine does not suffice, not even for single examples."""


class NotFinite(SpecarError):
    """A loss, a validation score or a weight became infinite or NaN; the same run would end so again."""


class Interrupted(SpecarError):
    """A signal, SIGTERM or SIGINT, asked the run to end: the same command goes on from its checkpoint."""

    def __init__(self, message: str, signal: Signals) -> None:
        super().__init__(message)
        self.signal = signal
