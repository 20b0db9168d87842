"""The forms that dates are written in, and all that a column of them can mean."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd

from specar.data.readers.cells import Flags

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = f"(?:{'|'.join(_MONTHS)})[a-z]*"
_ZONE = r"(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)"
_CLOCK = r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[ap]m)?"
_TIME = rf"(?:(?:T|\s+)(?:{_CLOCK}(?:\s*{_ZONE})?|\d\d)|T\d{{4}}(?:\d\d)?{_ZONE}?)?"
# Three parts in an order that they do not tell: each order that fits every row is a reading.
_THREE = (
    rf"^(?P<a>\d{{4}}|\d\d?|{_MONTH})(?P<mark>[-/. ])(?P<b>\d\d?|{_MONTH})(?P=mark)(?P<c>\d{{4}}|\d\d?)"
    rf"(?P<rest>{_TIME})$"
)
_PLAIN = (  # these mean one thing only
    rf"\d{{8}}{_TIME}|\d{{12}}|\d{{14}}",
    r"\d{4}",
    r"\d{4}[-/]\d\d?|\d\d?[-/]\d{4}",
    r"\d{4}-?Q[1-4]",
    rf"{_MONTH}[- ]\d{{4}}",
    rf"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?(?:{_MONTH} \d\d?,|\d\d? {_MONTH}) \d{{4}}{_TIME}",
)
_SLOTS = {"name": "m", "year": "y"}
# A number alone, the time of a day or of an hour, a date with the name of a zone.
NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.IGNORECASE)
CLOCK = re.compile(rf"T?{_CLOCK}(?:\s*{_ZONE})?|now|today", re.IGNORECASE)
NAMED_ZONE = re.compile(
    rf".*\d.*{_CLOCK}(?:\s*{_ZONE})?\s*\[?([a-z]+(?:[/_+-][a-z0-9/_+-]+)?)\]?", re.IGNORECASE
)


def zones(texts: pd.Series[str]) -> list[str]:
    """Return the different time zones of the rows, as offsets or UTC; "none": rows without one."""
    found = texts.str.extract(rf"{_CLOCK}\s*({_ZONE})$", flags=re.IGNORECASE)[0].fillna("none").unique()
    same = dict.fromkeys(("Z", "GMT", "+00", "+0000", "-0000"), "UTC") | {"NONE": "none"}
    names = [str(zone).upper().replace(":", "") for zone in found]
    return list(dict.fromkeys(same.get(name, name) for name in names))


def candidates(texts: pd.Series[str]) -> tuple[Flags, list[pd.DatetimeIndex]]:
    """Return whether each row has the form of the first (rows,), and what the rows can mean.

    That is (rows,) for each order of day, month and year, NaT: no date in that order; nothing where the first
    row has no form of a date.
    """
    parts = texts.str.extract(_THREE, flags=re.IGNORECASE)
    kinds = parts[["a", "b", "c"]].map(_kind).assign(mark=parts.mark)
    orders = [
        order
        for order in ("dmy", "mdy", "ymd")
        if all(_SLOTS.get(kind, slot) == slot for kind, slot in zip(kinds.iloc[0], order, strict=False))
    ]
    if orders and kinds.iloc[0].notna().all():
        return (kinds == kinds.iloc[0]).all(axis=1).to_numpy(), [_in_order(parts, order) for order in orders]
    for form in _PLAIN:
        fits = texts.str.fullmatch(form, flags=re.IGNORECASE).eq(True).to_numpy(np.bool_)
        if fits[0]:
            return fits, [parsed(texts)]
    return np.zeros(len(texts), dtype=np.bool_), []


def readings(texts: pd.Series[str]) -> list[pd.DatetimeIndex]:
    """Return the different time stamps (rows,) that the whole column can mean; none: it has no dates."""
    fits, found = candidates(texts)
    different: list[pd.DatetimeIndex] = []
    for dates in found if fits.all() else []:
        if not dates.hasnans and not any(dates.equals(other) for other in different):
            different.append(dates)
    return different


def _kind(part: object) -> str | None:
    if not isinstance(part, str):
        return None
    return "name" if part[0].isalpha() else "year" if len(part) == 4 else "two digits"


def _in_order(parts: pd.DataFrame, order: str) -> pd.DatetimeIndex:
    """What the parts mean in an order such as "dmy"; two digits of a year as ``strptime`` has them."""
    part = {letter: parts[column] for letter, column in zip(order, "abc", strict=True)}
    short = part["y"].str.zfill(2)
    year = part["y"].where(part["y"].str.len() == 4, np.where(short >= "69", "19", "20") + short)
    names = {name: str(number) for number, name in enumerate(_MONTHS, start=1)}
    month = part["m"].map(lambda name: names.get(str(name)[:3].lower(), name))
    return parsed(year + "-" + month.str.zfill(2) + "-" + part["d"].str.zfill(2) + parts.rest)


def parsed(texts: pd.Series[str], date_format: str | None = None) -> pd.DatetimeIndex:
    """Return time stamps (rows,), NaT where there is none or where the rows differ in their zones."""
    texts = texts.mask(texts.str.lower().isin(["now", "today"]))  # the time of reading, even with a format
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about a form that takes longer to read
            warnings.simplefilter("error", FutureWarning)  # how pandas 2 tells of several time zones
            return pd.DatetimeIndex(pd.to_datetime(texts, format=date_format, errors="coerce"))
    except (ValueError, FutureWarning):
        return pd.DatetimeIndex([pd.NaT] * len(texts))
