"""Figure 3 of the paper: accuracy averaged over the ten UEA sets, of all models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.style import (
    BAND,
    DPI,
    LOG,
    OTHERS,
    PRINTED,
    RULE,
    SMALL_SIZE,
    TEXT,
    Look,
    entry,
    look_of,
    width_of,
)
from specar.figures.words import MEASURED, PROTOCOL, in_order, notes
from specar.paper.numbers import OURS, printed_numbers
from specar.paper.published import parts_of, released_log
from specar.paper.sources import AVERAGE
from specar.results.ledger import Ledger

TASK, METRIC = "classification", "accuracy"
_TITLE = "Figure 3: mean accuracy over the ten UEA sets"
_WIDTH, _NAMES = 2.3, 1.75  # inches of a panel, and of the names beside it


@dataclass(frozen=True)
class _Own:
    """Accuracy of our runs of a model in percent, over the ``sets`` with at least one seed.

    ``dot.sd`` is that over seeds of a seed's mean, None where not every set has every seed, or there is one
    only; ``seeds`` are the seeds per set, in words.
    """

    model: str
    dot: Dot
    sets: tuple[str, ...]
    seeds: str


def printed_models() -> pd.DataFrame:
    """Return accuracy in percent as the paper prints it, a row per model, a column per set and ``avg``."""
    numbers = printed_numbers()
    rows = numbers[(numbers["task"] == TASK) & (numbers["source_table"] == "appendix:5")]
    return rows.pivot(index="model", columns="dataset", values="number")


def draw(ledger: Ledger) -> Drawing:
    """Draw all ten sets, and like for like those that are done where they are fewer."""
    sets, models = parts_of(TASK, AVERAGE), printed_models()
    own = _own(ledger, sets)
    partial = list(dict.fromkeys(one.sets for one in own if len(one.sets) < len(sets)))
    lines = len(models) + 1 + max(1, len(own))
    page = Page(_TITLE, _above(ledger, own, len(sets)), _below(own, bool(partial)), _legend(own))
    columns = 1 + len(partial)
    width = _WIDTH if partial else 3.6
    room = max([_NAMES, *(width_of(one.dot.name, 1.15 * SMALL_SIZE) / 72 + 0.1 for one in own)])  # bold
    grid = Grid((width,) * columns, (lines * LINE,), room, room)
    figure, panels = page.with_grid(grid)
    log = released_log(TASK).set_index(["dataset", "metric"])["released_log"]
    for axes, names in zip(panels, [tuple(sets), *partial], strict=True):
        logged = float(log[[(name, METRIC) for name in names]].mean())
        printed = models[AVERAGE] if len(names) == len(sets) else models[list(names)].mean(axis=1)
        _draw_panel(axes, names, printed, logged, [one for one in own if one.sets == names])
        low, high = axes.get_xlim()
        axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= min(high, 100)])
        done = names[0] if len(names) == 1 else f"the {len(names)} sets done"
        axes.set_title("all ten sets" if len(names) == len(sets) else f"like for like: {done}")
    return Drawing(figure, _TITLE, _alt(models, own, len(sets)))


def _own(ledger: Ledger, sets: list[str]) -> list[_Own]:
    runs = ledger.runs
    wanted = (runs["task"] == TASK) & (runs["protocol"] == PROTOCOL) & (runs["metric"] == METRIC)
    done = runs[wanted & runs["dataset"].isin(sets) & runs["value"].notna()]
    rows = {label: done[done["model"] == label] for label in in_order(ledger.plan, done["model"])}
    return [_own_of(ledger, label, of, sets) for label, of in rows.items()]


def _own_of(ledger: Ledger, model: str, rows: pd.DataFrame, sets: list[str]) -> _Own:
    wide = rows.pivot(index="seed", columns="dataset", values="value")
    names = tuple(name for name in sets if name in wide)
    wide = wide[list(names)]
    complete = bool(wide.notna().all(axis=None)) and len(wide) > 1
    low, high = int(wide.count().min()), int(wide.count().max())
    seeds = (f"{low}" if low == high else f"{low} to {high}") + (" seed" if high == 1 else " seeds")
    sd = float(wide.mean(axis=1).std()) if complete else None
    mean, look = float(wide.mean().mean()), look_of(ledger.plan.config, model, False)
    published = rows["published_as"].iloc[0]
    name = f"ours, {model}" + (f" (as {published})" if published not in ("", OURS) else "")
    return _Own(model, Dot(name, mean, look, sd, stressed=True), names, seeds)


def _draw_panel(
    axes: Axes, names: tuple[str, ...], printed: pd.Series, logged: float, own: list[_Own]
) -> None:
    dots = [Dot(str(model), float(value), OTHERS) for model, value in printed.items() if model != OURS]
    dots.append(Dot(f"{OURS}, published", float(printed[OURS]), PRINTED, stressed=True))
    dots.append(Dot(f"{OURS}, authors' log", logged, LOG, hollow=True, stressed=True))
    draw_dots(axes, [*dots, *(one.dot for one in own)], decimals=1)
    axes.set_xlabel(f"accuracy (%), mean over {len(names)} set{'s' * (len(names) != 1)}")


def _above(ledger: Ledger, own: list[_Own], total: int) -> list[str]:
    asked = ledger.runs[(ledger.runs["task"] == TASK) & (ledger.runs["protocol"] == PROTOCOL)]
    known, labels = {one.model: one for one in own}, in_order(ledger.plan, asked["model"])
    states = [_done(label, known.get(label), total) for label in labels]
    none = f"Ours: this configuration has no classification under the protocol {PROTOCOL}."
    return [MEASURED, *notes(ledger.plan), *(states or [none])]


def _done(model: str, own: _Own | None, total: int) -> str:
    start = f"Ours, model {model}:"
    if own is None:
        return f"{start} none of the {total} sets is done yet, so it is not in the figure."
    if len(own.sets) == total:
        return f"{start} all {total} sets done, {own.seeds} each."
    return (
        f"{start} {len(own.sets)} of {total} sets done ({', '.join(own.sets)}), {own.seeds} each; there is "
        f"no average over all {total} yet."
    )


def _below(own: list[_Own], has_partial: bool) -> list[str]:
    sentences = [
        "Published values are single runs: appendix Table 5. Authors' log: what their repository reports for "
        "SpecAR-Net, averaged here."
    ]
    if own and any(one.dot.sd is not None for one in own):
        sentences.append("±: sample standard deviation over seeds of a seed's average over the sets.")
    if any(one.dot.sd is None for one in own):
        sentences.append("Ours without ±: one seed only, or sets that lack a seed.")
    if has_partial:
        sentences.append("Like for like: every model averaged over only those sets that are done.")
    return [" ".join(sentences)]


def _legend(own: list[_Own]) -> list[Line2D]:
    return [
        entry("other models, published", OTHERS),
        entry(f"{OURS}, published", PRINTED),
        entry("authors' log", LOG, hollow=True),
        *(entry(one.dot.name, one.dot.look) for one in own),
    ]


def _alt(models: pd.DataFrame, own: list[_Own], total: int) -> str:
    best = models[AVERAGE].sort_values(ascending=False)
    parts = [f"our {one.model}: {one.dot.value:.1f} % over {len(one.sets)} of {total} sets" for one in own]
    return (
        f"Dot plot of {len(models)} models by mean accuracy on {total} UEA sets, from {best.index[0]} with "
        f"{best.iloc[0]:.1f} % to {best.index[-1]} with {best.iloc[-1]:.1f} % (published); "
        f"{'; '.join(parts) or 'nothing of our own is done yet'}."
    )


LINE = 0.19  # inches per line
_MARGIN = 0.05  # of the axis, before the lowest dot
_SPACE = 6.0  # points between a dot and its value


@dataclass(frozen=True)
class Dot:
    """A line of the plot: ``sd`` is half of the error bar, None for none; ``stressed`` lines stand out."""

    name: str
    value: float
    look: Look
    sd: float | None = None
    hollow: bool = False
    stressed: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of the error bar."""
        return self.value - (self.sd or 0.0), self.value + (self.sd or 0.0)


def draw_dots(axes: Axes, dots: Sequence[Dot], decimals: int) -> None:
    """Draw the dots, the highest value in the uppermost line."""
    lines = sorted(dots, key=lambda dot: dot.value)
    spreads = ["" if dot.sd is None else f" ± {dot.sd:.{decimals}f}" for dot in lines]
    texts = [f"{dot.value:.{decimals}f}{spread}" for dot, spread in zip(lines, spreads, strict=True)]
    _set_limits(axes, lines, texts)
    for y, (dot, text) in enumerate(zip(lines, texts, strict=True)):
        axes.axhline(y, color=BAND, linewidth=2.5 if dot.stressed else 0.8, zorder=0)
        sd = None if dot.sd is None else [dot.sd]
        axes.errorbar(
            [dot.value], [y], xerr=sd, **dot.look.marks(dot.hollow), ecolor=RULE, capsize=2, zorder=3
        )
        axes.annotate(
            text, (dot.ends[1], y), xytext=(_SPACE, 0), textcoords="offset points", va="center",
            fontsize=SMALL_SIZE, color=TEXT, fontweight="bold" if dot.stressed else "normal",
        )  # fmt: skip
    axes.set_yticks(range(len(lines)), [dot.name for dot in lines])
    for label, dot in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_color(TEXT)
        label.set_fontweight("bold" if dot.stressed else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _set_limits(axes: Axes, lines: Sequence[Dot], texts: Sequence[str]) -> None:
    """Leave room on the right for the longest value beside the highest dot."""
    low, high = min(dot.ends[0] for dot in lines), max(dot.ends[1] for dot in lines)
    size = axes.get_window_extent().width / DPI * 72  # in points
    text = (_SPACE + 1.15 * max(width_of(text, SMALL_SIZE) for text in texts)) / size
    room = ((high - low) or 1.0) / (1 - _MARGIN - text)
    axes.set_xlim(low - _MARGIN * room, high + text * room)
    axes.set_ylim(-0.7, len(lines) - 0.3)
