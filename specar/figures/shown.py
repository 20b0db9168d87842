"""Runs and examples that figures show, and what is said of them."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from specar.base.errors import SpecarError
from specar.figures.drawing import Drawing, Page
from specar.figures.words import notes, ours, short, with_top
from specar.results.rows import setting_label
from specar.runs.examples import read_examples
from specar.runs.plan import Plan

log = logging.getLogger(__name__)

# Colours of lines: the true series, what is given to the model, and what it makes; told apart in grey too.
TRUE, GIVEN, MADE = "#000000", "#8a8a8a", "#D55E00"
_HOW_TO = (
    "A run leaves examples beside its record; 'specar examples RUN' makes them for older ones whose "
    "weights were kept."
)


@dataclass(frozen=True)
class Shown:
    """Examples of one run: the content of its ``examples.json``."""

    content: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Dataset and setting."""
        dataset = short(self.content["task"], self.content["dataset"])
        setting = self.content["setting"]
        if setting is None:
            return dataset
        if self.content["task"] == "imputation":
            return f"{dataset} {100 * float(setting):g} %"
        return f"{dataset} {setting_label(setting)}"

    @property
    def run(self) -> str:
        """The run in words."""
        content = self.content
        return (
            f"{self.place}: model {content['model']}{with_top(content['top'], content['task'])}, "
            f"protocol {content['protocol']}, seed {content['seed']}"
        )

    @property
    def channel(self) -> str:
        """The channel in words; empty where a series has one."""
        return f", channel {self.content['channel']}" if self.content["channel"] else ""


class Choice(NamedTuple):
    """Examples to show, and in words how many there are and what is left out; ``runs`` of the plan."""

    shown: list[Shown]
    runs: int
    counts: str


def choose(
    plan: Plan, tasks: Collection[str], most: int, key: str = "examples", each: str = "dataset"
) -> Choice:
    """Choose from runs of ``tasks`` whose examples have ``key``: of each dataset or task the first.

    At most ``most`` are of SpecAR-Net, and as many of all other models. Damaged examples cost their own run.
    """
    runs = [name for name, run in plan.runs.items() if run.task in tasks]
    contents, damaged = [], 0
    for name in runs:
        try:
            contents.append(read_examples(plan.examples_file(name), name))
        except SpecarError as error:
            log.warning("%s", error)
            damaged += 1
    usable = [content for content in contents if content is not None and content[key]]
    found: dict[tuple[str, str, str], Shown] = {}
    for content in usable:
        model = "" if content["model"] in ours(plan) else content["model"]
        found.setdefault((content["task"], content[each], model), Shown(content))
    specar = [one for (*_, model), one in found.items() if not model][:most]
    others = [one for (*_, model), one in found.items() if model][:most]
    models = ", of SpecAR-Net and of each other model," if others else ""
    shown = [*specar, *others]
    left_out = f"; {len(usable) - len(shown)} left out" if len(usable) > len(shown) else ""
    unread = f" Examples of {damaged} more cannot be read." if damaged else ""
    what = key if key == "examples" else f"such {key}"
    counts = (
        f"Runs with {what}: {len(usable)} of {len(runs)}. Shown: of each {each}{models} the first in the "
        f"configuration, {len(shown)} in all{left_out}.{unread}"
    )
    return Choice(shown, len(runs), counts)


def without_examples(title: str, plan: Plan, choice: Choice, what: str) -> Drawing:
    """Return a figure that says in words why it shows nothing."""
    text = f"Nothing to show yet: none of the {choice.runs} runs of {what} has examples. {_HOW_TO}"
    text = text if choice.runs else f"Nothing to show: this configuration has no runs of {what}."
    return Drawing(Page(title, notes(plan)).with_words(text), title, text)


def line(
    label: str, colour: str, style: Literal["-", "--", ""] = "-", marker: str = "", face: str = "auto"
) -> Line2D:
    """Return an entry of a legend for a line."""
    look = Line2D([], [], color=colour, linestyle=style, marker=marker, markersize=4, markerfacecolor=face)
    look.set_label(f" {label}")  # pages set labels close, as dots want it
    return look


def format_logarithmic(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, and powers of ten where they are long."""
    superscripts = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

    def text(value: float, _: object) -> str:
        if 0.01 <= value <= 1000:
            return f"{value:g}"
        return f"10{str(round(math.log10(value))).translate(superscripts)}"

    axis.set_major_locator(LogLocator(numticks=5))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(text))
