"""Runs and examples that figures show, and what is said of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from specar.config.tasks import TASK_INFO
from specar.figures.page import Page
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.paper.sources import source_of
from specar.results.inputs import setting_label
from specar.runs.examples import read_examples

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
        dataset = str(self.content["dataset"]).removeprefix(source_of(self.content["task"]).prefix)
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
        top = f", {'with' if content['top'] else 'without'} TOP" if TASK_INFO[content["task"]].top else ""
        return (
            f"{self.place}: model {content['model']}{top}, protocol {content['protocol']}, "
            f"seed {content['seed']}"
        )

    @property
    def channel(self) -> str:
        """The channel in words; empty where a series has one."""
        return f", channel {self.content['channel']}" if self.content["channel"] else ""


@dataclass(frozen=True)
class Choice:
    """Examples to show, and how many runs are left out.

    Attributes
    ----------
    shown
        One run of a dataset: the first in the configuration that has examples.
    runs, with_examples
        How many runs the plan has, and how many of them have examples.
    """

    shown: list[Shown]
    runs: int
    with_examples: int

    @property
    def counts(self) -> str:
        """Say what is left out."""
        left_out = self.with_examples - len(self.shown)
        rest = f"; {left_out} left out" if left_out else ""
        return (
            f"Runs with examples: {self.with_examples} of {self.runs}. Shown: of each dataset the first in "
            f"the configuration, {len(self.shown)} in all{rest}."
        )


def choose(
    results: PaperResults,
    tasks: Collection[str],
    most: int,
    usable: Callable[[Mapping[str, Any]], object] = bool,
) -> Choice:
    """Choose examples of runs of ``tasks``, one run per task and dataset, at most ``most``.

    ``usable`` says of a content whether the figure can show it.
    """
    runs = [name for name, run in results.plan.runs.items() if run.task in tasks]
    found: dict[tuple[str, str], Shown] = {}
    count = 0
    for name in runs:
        content = read_examples(results.plan.examples_file(name), name)
        if content is not None and usable(content):
            count += 1
            found.setdefault((content["task"], content["dataset"]), Shown(content))
    return Choice(list(found.values())[:most], len(runs), count)


def without_examples(title: str, results: PaperResults, choice: Choice, what: str) -> PaperFigure:
    """Return a figure that says in words why it shows nothing."""
    if not choice.runs:
        text = f"Nothing to show: this configuration has no runs of {what}."
    else:
        text = f"Nothing to show yet: none of the {choice.runs} runs of {what} has examples. {_HOW_TO}"
    return PaperFigure(Page(title, results.notes).with_words(text), title, text)


def line(label: str, colour: str, style: Literal["-", "--", ""] = "-", marker: str = "") -> Line2D:
    """Return an entry of a legend for a line."""
    label = f" {label}"  # pages set labels close, as dots want it
    return Line2D([], [], color=colour, linestyle=style, marker=marker, markersize=4, label=label)


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


def row_letters(shown: list[Shown]) -> list[str]:
    """Sentences that say which run each row is of, and how its examples were chosen."""
    return [f"Row {i}: {one.run}{one.channel}; {one.content['how']}." for i, one in enumerate(shown, 1)]
