"""The one exception type that users see as a single line."""

from __future__ import annotations


class SpecarError(Exception):
    """A problem that the user can act on.

    The message is one line that says what is wrong, where, and what to do. The command line prints
    it without a traceback and exits with status 1.
    """
