"""Settings that the text states against those of the released scripts, of the tables and of M4."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from specar.data.registry import M4Dataset, builtin_datasets
from specar.paper.audit.finding import Finding
from specar.paper.audit.printed import Paper

_SCRIPTS = "the released scripts"
# Stated items of which a script may have another value, with their names there.
_STATED = {
    "window_length": ("window_length",),
    "window_length and n_fft": ("window_length",),
    "hop_length": ("hop_length",),
    "d_model and d_ff": ("d_model", "d_ff"),
    "e_layers": ("e_layers",),
    "conv_layers": ("conv_layers",),
}


def settings(paper: Paper) -> Iterator[Finding]:
    """Yield hyper-parameters of the released scripts that the text lacks, and stated ones that none uses."""
    for row in paper.settings.itertuples():
        for name in _STATED.get(str(row.item), ()):
            allowed, used = _allowed(str(row.stated_value)), used_values(paper, name)
            outside = {value: where for value, where in used.items() if not _inside(value, allowed)}
            unused = [value for value in allowed if isinstance(allowed, list) and value not in used]
            if outside or unused:
                yield _setting(row, name, outside, unused)


def _setting(row: Any, name: str, outside: dict[int, list[str]], unused: list[int]) -> Finding:
    parts = [f"{value} ({', '.join(where)})" for value, where in sorted(outside.items())]
    used = f"{_SCRIPTS} also pass {'; '.join(parts)}" if parts else ""
    never = f"{'they' if used else _SCRIPTS} never pass {', '.join(map(str, unused))}" if unused else ""
    values = ", ".join(map(str, sorted(outside))) or f"never {', '.join(map(str, unused))}"
    why = f"stated: {name} {row.stated_value}; {' and '.join(filter(None, [used, never]))}"
    return _finding(row, "all tasks", name, values, why)


def _finding(row: Any, place: str, column: str, implied: str, why: str) -> Finding:
    return Finding("setting", str(row.source), place, column, "", str(row.stated_value), implied, why)


def _allowed(stated: str) -> list[int] | tuple[int, int]:
    """The stated values, or the bounds of a stated range."""
    numbers = [int(number) for number in re.findall(r"\d+", stated)]
    return (numbers[0], numbers[1]) if " to " in stated else numbers


def _inside(value: int, allowed: list[int] | tuple[int, int]) -> bool:
    return allowed[0] <= value <= allowed[1] if isinstance(allowed, tuple) else value in allowed


def used_values(paper: Paper, name: str) -> dict[int, list[str]]:
    """Return the values of a hyper-parameter in the released scripts, with where each is used."""
    found: dict[int, list[str]] = defaultdict(list)
    for task, entries in paper.experiments.items():
        for dataset, entry in entries.items():
            for value, where in _values(entry, name).items():
                found[value].append(f"{task} {dataset}{where}")
    return {value: _brief(places) for value, places in sorted(found.items())}


def _values(entry: dict[str, Any], name: str) -> dict[int, str]:
    """Values of an experiment, each with the horizons that have it where they differ."""
    own = entry.get("model", {}).get(name)
    horizons = {
        key: (value or {}).get("model", {}).get(name, own) for key, value in entry.get("horizons", {}).items()
    }
    values = {value: [str(key) for key in horizons if horizons[key] == value] for value in horizons.values()}
    if len(values) > 1:
        return {int(value): f" at {' and '.join(keys)}" for value, keys in values.items()}
    return {} if own is None else {int(own): ""}


def _brief(places: list[str]) -> list[str]:
    """Name a task once, with its datasets."""
    tasks: dict[str, list[str]] = defaultdict(list)
    for place in places:
        task, _, dataset = place.partition(" ")
        tasks[task].append(dataset)
    return [f"{task.replace('_', ' ')}: {', '.join(names)}" for task, names in tasks.items()]


def windows(paper: Paper) -> Iterator[Finding]:
    """Yield the best windows of Figure 5 that the paper then does not use."""
    stated = {
        number
        for row in paper.settings.itertuples()
        if row.item == "window_length"
        for number in re.findall(r"\d+", str(row.stated_value))
    }
    for dataset, rows in paper.window_length.groupby("dataset", sort=False):
        best = [str(window) for window in rows["best_window"]]
        outside = [window for window in best if window not in stated]
        if stated and outside:
            used = [
                str(value)
                for value, where in used_values(paper, "window_length").items()
                if any(re.search(rf"long term forecast:.*\b{dataset}\b", text) for text in where)
            ]
            lengths = ", ".join(sorted(stated, key=int))
            why = (
                f"of the best windows for the horizons {', '.join(rows['horizon'])} ({', '.join(best)}) "
                f"{len(outside)} of {len(best)} are not among those that the paper then sets "
                f"({lengths}); {_SCRIPTS} use {', '.join(used)} for {dataset}"
            )
            implied = f"stated {lengths}; used {', '.join(used)}"
            place = (str(rows["source"].iloc[0]), str(dataset), "window_length", "")
            yield Finding("setting", *place, "; ".join(best), implied, why)


def even_windows(paper: Paper) -> Iterator[Finding]:
    """Yield that all windows are even where Eq. 5 has odd ones only."""
    lengths = list(used_values(paper, "window_length"))
    if lengths and all(length % 2 == 0 for length in lengths):
        why = (
            f"Eq. 5 has windows of 2n + 1, an odd number of steps; all that {_SCRIPTS} use are even "
            f"({', '.join(map(str, lengths))})"
        )
        yield Finding("setting", "main:text", "equation 5", "window_length", "", "2n + 1", "even", why)


def horizons(paper: Paper) -> Iterator[Finding]:
    """Yield stated horizons and series lengths that are not those of the tables and of M4."""
    m4 = {
        name.removeprefix("M4-"): entry.horizon
        for name, entry in builtin_datasets().items()
        if isinstance(entry, M4Dataset)
    }
    cells = [cell for cell in paper.cells if cell.task == "long_term_forecast" and cell.setting.isdigit()]
    for row in paper.settings.itertuples():
        numbers = [int(number) for number in re.findall(r"\d+", str(row.stated_value))]
        if (row.task, row.item) == ("short_term_forecast", "horizons") and set(numbers) != set(m4.values()):
            wrong = sorted(set(numbers) - set(m4.values()))
            named = ", ".join(f"{name} {horizon}" for name, horizon in m4.items())
            none = f"{', '.join(map(str, wrong))} {'is' if len(wrong) == 1 else 'are'} none of them"
            yield _of_task(row, "; ".join(map(str, m4.values())), f"M4's horizons are {named}; {none}")
        elif (row.task, row.item) == ("long_term_forecast", "series_length"):
            # Datasets with lengths of their own are named in the statement.
            printed = {int(cell.setting) for cell in cells if cell.dataset not in str(row.stated_value)}
            if printed and min(numbers) < min(printed):
                why = f"is {min(printed)}, a length of {min(numbers)} is not among them"
                implied = f"{min(printed)}-{max(printed)}"
                yield _of_task(row, implied, f"the shortest horizon in the tables {why}")


def _of_task(row: Any, implied: str, why: str) -> Finding:
    return _finding(row, str(row.task).replace("_", " "), str(row.item), implied, why)


def datasets(paper: Paper) -> Iterator[Finding]:
    """Yield datasets that the tables report and the list of experiments lacks."""
    for row in paper.settings.itertuples():
        if row.item == "datasets" and row.task in ("long_term_forecast", "imputation", "anomaly_detection"):
            named = re.findall(r"[A-Za-z0-9]+", str(row.stated_value))
            tested = {cell.dataset for cell in paper.cells if cell.task == row.task and not cell.is_average}
            absent = sorted(name for name in tested if not any(name.startswith(text) for text in named))
            if absent:
                listed = ", ".join(absent)
                why = f"the tables also report {listed}, which the list of experiments lacks"
                yield _of_task(row, f"{listed} as well", why)
