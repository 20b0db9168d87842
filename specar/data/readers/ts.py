"""The .ts files of the UEA archive: labelled multivariate series."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specar.data.readers.cells import BadCellError, Offsets, Values, numbers, offsets_of, opened
from specar.errors import SpecarError

_Lines = Iterator[tuple[str, str]]  # place for messages, content


@dataclass(frozen=True)
class TsSeries:
    """Labelled cases, each a multivariate series of any length.

    Attributes
    ----------
    values
        float64 array (steps, channels): all cases, one after the other. NaN: missing.
    offsets
        int64 array (cases + 1); case i is ``values[offsets[i]:offsets[i + 1]]``.
    labels
        Class of each case.
    classes
        All classes in the order of the header; without one there, those that occur, sorted.
    """

    values: Values
    offsets: Offsets
    labels: list[str]
    classes: list[str]


def read_ts(path: Path) -> TsSeries:
    """Read a .ts file, line by line.

    A channel that is shorter than others of its case is missing (NaN) at its end.

    Parameters
    ----------
    path
        The file: a header of lines with @, then a line per case, channels separated by ``:``, values by
        ``,``, the class last; ``?`` or NaN for a missing value.

    Raises
    ------
    SpecarError
        The file cannot be read or has time stamps, no class labels, no @data or no case; a case has
        another number of channels than the header or the first case says, a class that the header does not
        list, or a cell that is no number.
    """
    path = Path(path)
    with opened(path, errors="replace") as file:  # some comments are not in UTF-8
        lines = _content(path, file)
        return _cases(path, lines, *_header(path, lines))


def _content(path: Path, file: Iterator[str]) -> _Lines:
    for number, line in enumerate(file, start=1):
        content = line.strip()
        if content and content[0] not in "#%":
            yield f"{path}, line {number}", content


def _header(path: Path, lines: _Lines) -> tuple[int | None, list[str]]:
    """Read up to @data; return the number of channels and the classes, as far as they are named."""
    channels: int | None = None
    classes: list[str] = []
    for place, line in lines:
        key, *words = line.split()
        match key.lower():
            case "@data":
                return channels, classes
            case "@timestamps" if _is_true(words):
                raise SpecarError(f"{place}: series with time stamps cannot be read; export plain values")
            case "@classlabel" if _is_true(words):
                classes = words[1:]
            case "@classlabel" | "@targetlabel":
                raise SpecarError(f"{place}: the cases have no classes; use a classification dataset")
            case "@univariate" if _is_true(words):
                channels = 1
            case "@dimensions" | "@dimension":
                channels = _count(place, words)
        if not key.startswith("@"):
            raise SpecarError(f"{place}: values before @data; delete the file and fetch it again")
    raise SpecarError(f"{path} has no @data; delete it and fetch it again")


def _is_true(words: list[str]) -> bool:
    return bool(words) and words[0].lower() == "true"


def _count(place: str, words: list[str]) -> int:
    if words and words[0].isdecimal() and int(words[0]) > 0:
        return int(words[0])
    raise SpecarError(f"{place}: {' '.join(words)!r} is not a number of dimensions; correct it")


def _cases(path: Path, lines: _Lines, channels: int | None, classes: list[str]) -> TsSeries:
    # Grows in place: a list of cases, joined in the end, needs twice the memory of the largest files.
    steps = array("d")
    lengths: list[int] = []
    labels: list[str] = []
    for place, line in lines:
        *dimensions, label = (part.strip() for part in line.split(":"))
        channels = channels or len(dimensions)
        _check_case(place, len(dimensions), channels, label, classes)
        case = _case(place, dimensions)
        steps.frombytes(case.tobytes())
        lengths.append(len(case))
        labels.append(label)
    if not lengths:
        raise SpecarError(f"{path} has no case after @data; delete it and fetch it again")
    values = np.frombuffer(steps, dtype=np.float64).reshape(-1, channels or 1)
    return TsSeries(values, offsets_of(lengths), labels, classes or sorted(set(labels)))


def _check_case(place: str, found: int, channels: int, label: str, classes: list[str]) -> None:
    if found == 0:
        raise SpecarError(f"{place}: no class after the values; end it with ':' and the class")
    if found != channels:
        raise SpecarError(f"{place}: {found} dimensions, not {channels}; correct the file")
    if not label or (classes and label not in classes):
        raise SpecarError(f"{place}: class {label!r} is not in the header; add it to @classLabel")


def _case(place: str, dimensions: list[str]) -> Values:
    """The values (steps, channels) of a case, NaN where a channel has ended."""
    channels = [_channel(f"{place}, dimension {i}", text) for i, text in enumerate(dimensions, start=1)]
    lengths = {len(channel) for channel in channels}
    if len(lengths) == 1:
        return np.stack(channels, axis=1)
    case = np.full((max(lengths), len(channels)), np.nan)
    for index, channel in enumerate(channels):
        case[: len(channel), index] = channel
    return case


def _channel(place: str, text: str) -> Values:
    try:
        return numbers(text.replace("?", "nan").split(","), gaps=True)
    except BadCellError as error:
        raise SpecarError(f"{place}, value {error.index + 1}: {error}; correct it") from error
