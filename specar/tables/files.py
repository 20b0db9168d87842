"""Names of the table files. Imports nothing heavy: the workflow needs them before it runs anything."""

from __future__ import annotations

from specar.config.tasks import TASK_INFO

SUFFIXES = ("csv", "md", "tex", "html")


def table_files(task: str) -> list[str]:
    """Return the names of the files that ``write_tables`` makes of ``task``.

    Averages have files of their own only where they are taken over settings (horizons, mask ratios):
    elsewhere they are lines of the one table.
    """
    forms = ("", "_averaged") if TASK_INFO[task].setting else ("",)
    return [f"{task}{form}.{suffix}" for form in forms for suffix in SUFFIXES]
