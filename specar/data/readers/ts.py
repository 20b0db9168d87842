"""The .ts files of the UEA archive: labelled multivariate series."""

from __future__ import annotations

import reprlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from specar.base.errors import SpecarError
from specar.data.readers.cells import BadCellError, Offsets, Values, numbers, offsets_of, opened

_Lines = Iterator[tuple[str, str]]  # place for messages, content


@dataclass
class _Header:
    """What a header says; None and no classes: it does not say."""

    channels: int | None = None
    classes: list[str] = field(default_factory=list)
    equal: bool | None = None
    steps: int | None = None


@dataclass(frozen=True)
class TsSeries:
    """Labelled cases, each a multivariate series of any length."""

    values: Values  # (steps, channels): all cases, one after the other; NaN: missing
    offsets: Offsets  # (cases + 1): starts of the cases and the end of the last one
    labels: list[str]  # class of each case
    classes: list[str]  # in the order of the header; without one there, those that occur, sorted


def read_ts(path: Path) -> TsSeries:
    """Read a .ts file, line by line.

    It has a header of lines with @, then a line per case: channels separated by ``:``, values by ``,``, the
    class last, ``?`` or NaN for a missing value. A channel that is shorter than others of its case is missing
    (NaN) at its end.

    Raises SpecarError: the file cannot be read or has time stamps, no class labels, no @data or no case; a
    case has another number of channels than the header or the first case says, another number of steps than
    the header says, a class that the header does not list, or a cell that is no number; or the header lists a
    class twice.
    """
    path = Path(path)
    with opened(path, errors="replace") as file:  # some comments are not in UTF-8
        lines = _content(path, file)
        return _cases(path, lines, _header(path, lines))


def _content(path: Path, file: Iterator[str]) -> _Lines:
    for number, line in enumerate(file, start=1):
        content = line.strip()
        if content and content[0] not in "#%":
            yield f"{path}, line {number}", content


def _header(path: Path, lines: _Lines) -> _Header:
    """Read up to @data."""
    header = _Header()
    for place, line in lines:
        key, *words = line.split()
        match key.lower():
            case "@data":
                return header
            case "@timestamps" if _is_true(words):
                raise SpecarError(f"{place}: series with time stamps cannot be read; export plain values")
            case "@classlabel" if _is_true(words):
                header.classes = words[1:]
                if twice := [name for name in header.classes if header.classes.count(name) > 1]:
                    raise SpecarError(f"{place}: class {reprlib.repr(twice[0])} is listed twice; remove one")
            case "@targetlabel" if not _is_true(words):
                pass
            case "@classlabel" | "@targetlabel":
                raise SpecarError(f"{place}: the cases have no classes; use a classification dataset")
            case "@univariate" if _is_true(words):
                header.channels = 1
            case "@dimensions" | "@dimension":
                header.channels = _count(place, words, "dimensions")
            case "@equallength":
                header.equal = _is_true(words)
            case "@serieslength":
                header.steps = _count(place, words, "steps")
        if not key.startswith("@"):
            raise SpecarError(f"{place}: values before @data; delete the file and fetch it again")
    raise SpecarError(f"{path} has no @data; delete it and fetch it again")


def _is_true(words: list[str]) -> bool:
    return bool(words) and words[0].lower() == "true"


def _count(place: str, words: list[str], what: str) -> int:
    if words and len(words[0]) < 10 and words[0].isdecimal() and int(words[0]) > 0:
        return int(words[0])
    raise SpecarError(f"{place}: {reprlib.repr(' '.join(words))} is not a number of {what}; correct it")


def _cases(path: Path, lines: _Lines, header: _Header) -> TsSeries:
    # Grows in place: a list of cases, joined in the end, needs twice the memory of the largest files.
    steps = array("d")
    lengths: list[int] = []
    labels: list[str] = []
    channels = header.channels
    length = header.steps if header.equal is not False else None  # of unequal series: that of the longest
    for place, line in lines:
        *dimensions, label = (part.strip() for part in line.split(":"))
        channels = channels or len(dimensions)
        _check_case(place, len(dimensions), channels, label, header.classes)
        case = [_channel(f"{place}, dimension {i}", text) for i, text in enumerate(dimensions, start=1)]
        length = length or (len(case[0]) if header.equal else None)
        if length and (wrong := {len(channel) for channel in case} - {length}):
            raise SpecarError(f"{place}: {min(wrong)} steps, not {length} as the header promises; correct it")
        values = _stacked(case)
        steps.frombytes(values.tobytes())
        lengths.append(len(values))
        labels.append(label)
    if not lengths:
        raise SpecarError(f"{path} has no case after @data; delete it and fetch it again")
    joined = np.frombuffer(steps, dtype=np.float64).reshape(-1, channels or 1)
    return TsSeries(joined, offsets_of(lengths), labels, header.classes or sorted(set(labels)))


def _check_case(place: str, found: int, channels: int, label: str, classes: list[str]) -> None:
    if found == 0:
        raise SpecarError(f"{place}: no class after the values; end it with ':' and the class")
    if found != channels:
        raise SpecarError(f"{place}: {found} dimensions, not {channels}; correct the file")
    if not label or (classes and label not in classes):
        raise SpecarError(f"{place}: class {reprlib.repr(label)} is not in the header; add it to @classLabel")


def _stacked(channels: list[Values]) -> Values:
    """The values (steps, channels) of a case, NaN where a channel has ended."""
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
