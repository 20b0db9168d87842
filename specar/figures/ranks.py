"""Mean ranks of all models on one scale, with signs at those that are told apart from SpecAR-Net."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from specar.figures.drawing import Drawing, Page
from specar.figures.style import (
    FAINT,
    LINE,
    MIN_WIDTH,
    RULE,
    SMALL_SIZE,
    TEXT,
    TEXT_SIZE,
    TITLE_SIZE,
    width_of,
    wrapped,
)
from specar.judge.ranks import Ranking
from specar.judge.rules import ALPHA
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import setting_name, source_of

# Inches.
_ROW, _MARGIN, _PAD = 0.19, 0.12, 0.08
_TICK, _NARROW = 0.06, 0.16
_PUBLISHED, _OWN = "#0072B2", "#D55E00"  # of Okabe and Ito


def draw(ranking: Ranking, note: str | None = None) -> Drawing:
    """Draw the mean ranks of a task, of at least two models, the best on the left, and a caution below.

    Where no test can tell any two apart, it is only said.
    """
    with_top = " with TOP" if ranking.top else ""
    metric = METRICS[ranking.metric].label
    heading = f"{source_of(ranking.task).title}{with_top}: mean ranks by {metric}"
    if ranking.smallest_p_against >= ALPHA:
        text = (
            f"Not drawn: of {len(ranking.scores)} datasets no p value below "
            f"{ranking.smallest_p_against:.2g} is possible."
        )
        return Drawing(Page(heading, []).with_words(text), heading, text)
    texts = [*_notes(ranking), *([f"Note: {note}"] if note else [])]
    lines = wrapped(texts, SMALL_SIZE, MIN_WIDTH - 2 * _MARGIN)
    models = len(ranking.mean_ranks)
    below = _ROW * ((models + 1) // 2) + 2 * _PAD
    above = _MARGIN + 1.6 * LINE + 0.3
    height = above + below + 0.85 * LINE * len(lines) + _MARGIN
    figure = Figure(figsize=(MIN_WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, MIN_WIDTH), ylim=(height, 0))  # inches from the upper left
    axes.axis("off")
    axes.text(_MARGIN, _MARGIN, heading, fontsize=TITLE_SIZE, va="top")
    _Diagram(axes, ranking, above).draw()
    for number, line in enumerate(lines):
        y = above + below + 0.85 * LINE * number
        axes.text(_MARGIN, y, line, fontsize=SMALL_SIZE, color=FAINT, va="top")
    ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in ranking.mean_ranks.items())
    return Drawing(figure, heading, f"{heading}. Mean ranks: {ranks}.")


class _Diagram:
    """The scale, and below it a line from every rank to its model's name."""

    def __init__(self, axes: Axes, ranking: Ranking, scale: float) -> None:
        self.axes, self.ranking, self.scale = axes, ranking, scale
        signs = dict.fromkeys(_told_apart(ranking), " *")
        ranks = ranking.mean_ranks.items()
        self.names = {str(name): f"{name}  {rank:.2f}{signs.get(str(name), '')}" for name, rank in ranks}
        room = max(width_of(text, TEXT_SIZE) for text in self.names.values()) * 1.1 / 72  # bold is wider
        self.left, self.right = _MARGIN + room + _PAD, MIN_WIDTH - _MARGIN - room - _PAD
        self.step = 1 if self.x(2) - self.x(1) >= _NARROW else 2

    def draw(self) -> None:
        self._scale()
        half = (len(self.names) + 1) // 2
        names = list(self.names)
        for row, name in enumerate(names[:half]):
            self._model(name, row, self.left, "right")
        for row, name in enumerate(reversed(names[half:])):
            self._model(name, row, self.right, "left")

    def x(self, rank: float) -> float:
        """Place of a rank."""
        return self.left + (self.right - self.left) * (rank - 1) / max(len(self.names) - 1, 1)

    def _scale(self) -> None:
        self._line([self.left, self.right], [self.scale, self.scale], color=RULE, linewidth=0.9)
        for rank in range(1, len(self.names) + 1):
            self._line([self.x(rank)] * 2, [self.scale - _TICK, self.scale], color=RULE, linewidth=0.9)
            if (rank - 1) % self.step == 0:
                above = self.scale - 1.5 * _TICK
                self._faint(self.x(rank), above, str(rank), ha="center", va="bottom")
        self._faint(self.left - _PAD, self.scale, "better", ha="right", va="center")
        self._faint(self.right + _PAD, self.scale, "worse", ha="left", va="center")

    def _model(self, name: str, row: int, side: float, flush: str) -> None:
        """A line to a model's name; only SpecAR-Net and ours have a colour and a marker."""
        colour, marker = (_OWN, "s") if name in self.ranking.own else (RULE, None)
        if name == OURS:
            colour, marker = _PUBLISHED, "o"
        x, y = self.x(self.ranking.mean_ranks[name]), self.scale + _PAD + _ROW * (row + 0.5)
        strong = marker is not None
        self._line([x, x, side], [self.scale, y, y], color=colour, linewidth=1.4 if strong else 0.7, zorder=2)
        if marker:
            self.axes.plot([x], [self.scale], marker=marker, color=colour, markersize=5.5, zorder=4)
        self.axes.text(
            side - _PAD / 2 if flush == "right" else side + _PAD / 2, y, self.names[name], ha=flush,
            va="center", fontsize=TEXT_SIZE, color=colour if strong else TEXT,
            fontweight="bold" if strong else "normal",
        )  # fmt: skip

    def _faint(self, x: float, y: float, text: str, ha: str, va: str) -> None:
        self.axes.text(x, y, text, fontsize=SMALL_SIZE, color=FAINT, ha=ha, va=va)

    def _line(self, x: list[float], y: list[float], **look: float | str) -> None:
        self.axes.plot(x, y, solid_capstyle="butt", **look)  # type: ignore[arg-type]


def _notes(ranking: Ranking) -> list[str]:
    """What the diagram shows, and what its tests tell."""
    setting, datasets = setting_name(ranking.task), len(ranking.scores)
    averaged = f", averaged over the {setting}s first" if setting else ""
    number = ranking.table.partition(":")[2]
    return [
        f"Numbers as printed in appendix Table {number}, {datasets} datasets{averaged}; each model's mean "
        "rank stands beside its name.",
        f"Friedman test: p = {ranking.friedman[1]:.2g}. *: told apart from {OURS} by Wilcoxon's test, "
        f"Holm-corrected over {len(ranking.against_ours)} models, at level {ALPHA:g}: "
        f"{', '.join(_told_apart(ranking)) or 'none'}.",
        *_own(ranking),
    ]


def _told_apart(ranking: Ranking) -> list[str]:
    """Models that are told apart from SpecAR-Net as published."""
    rows = ranking.against_ours[ranking.against_ours["p_holm"] < ALPHA]
    return [str(row.second if row.first == OURS else row.first) for row in rows.itertuples()]


def _own(ranking: Ranking) -> list[str]:
    if ranking.own:
        return ["Our runs (means over seeds) are further models."]
    parts = [f"{name}: {done} of {needed} cells" for name, done, needed in ranking.left_out]
    state = f" ({', '.join(parts)})" if parts else ""
    return [f"Our runs are not ranked: they do not cover every cell yet{state}."]
