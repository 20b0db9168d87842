"""Critical-difference diagram: mean ranks of all models, with bars over those that are not told apart."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from specar.figures.drawing import Drawing
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
from specar.judge.rank_tests import smallest_p
from specar.judge.ranks import Ranking
from specar.judge.rules import ALPHA
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import setting_name, source_of

# Inches.
_ROW, _BAR, _MARGIN, _PAD = 0.19, 0.085, 0.12, 0.08
_TICK, _RULER, _NARROW = 0.06, 0.26, 0.16
_PUBLISHED, _OWN = "#0072B2", "#D55E00"  # of Okabe and Ito


def draw(ranking: Ranking, note: str | None = None) -> Drawing:
    """Draw the mean ranks of a task, of at least two models, the best on the left, and a caution below."""
    with_top = " with TOP" if ranking.top else ""
    metric = METRICS[ranking.metric].label
    heading = f"{source_of(ranking.task).title}{with_top}: mean ranks by {metric}"
    texts = [*_notes(ranking), *([f"Note: {note}"] if note else [])]
    lines = wrapped(texts, SMALL_SIZE, MIN_WIDTH - 2 * _MARGIN)
    models = len(ranking.mean_ranks)
    bars = _BAR * (len(ranking.cliques) + 1)
    below = bars + _ROW * ((models + 1) // 2) + _PAD
    above = _MARGIN + 1.6 * LINE + _RULER + 0.3
    height = above + below + 0.85 * LINE * len(lines) + _MARGIN
    figure = Figure(figsize=(MIN_WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, MIN_WIDTH), ylim=(height, 0))  # inches from the upper left
    axes.axis("off")
    axes.text(_MARGIN, _MARGIN, heading, fontsize=TITLE_SIZE, va="top")
    _Diagram(axes, ranking, above, bars).draw()
    for number, line in enumerate(lines):
        y = above + below + 0.85 * LINE * number
        axes.text(_MARGIN, y, line, fontsize=SMALL_SIZE, color=FAINT, va="top")
    ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in ranking.mean_ranks.items())
    return Drawing(figure, heading, f"{heading}. Mean ranks: {ranks}.")


class _Diagram:
    """The scale, and below it bars, then a line from every rank to its model's name."""

    def __init__(self, axes: Axes, ranking: Ranking, scale: float, bars: float) -> None:
        self.axes, self.ranking, self.scale = axes, ranking, scale
        self.rows = scale + bars
        self.names = {str(name): f"{name}  {rank:.2f}" for name, rank in ranking.mean_ranks.items()}
        room = max(width_of(text, TEXT_SIZE) for text in self.names.values()) * 1.1 / 72  # bold is wider
        self.left, self.right = _MARGIN + room + _PAD, MIN_WIDTH - _MARGIN - room - _PAD
        self.step = 1 if self.x(2) - self.x(1) >= _NARROW else 2

    def draw(self) -> None:
        self._scale()
        self._ruler()
        for number, clique in enumerate(self.ranking.cliques):
            ends = [self.x(self.ranking.mean_ranks[name]) for name in (clique[0], clique[-1])]
            y = self.scale + _BAR * (number + 1)
            self._line([ends[0] - 0.03, ends[1] + 0.03], [y, y], color=TEXT, linewidth=2.6, zorder=3)
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

    def _ruler(self) -> None:
        """Nemenyi's critical difference, from rank 1 on."""
        y, width = self.scale - 0.3, self.ranking.critical_difference
        ends = [self.x(1), self.x(1 + width)]
        for x in ends:
            self._line([x, x], [y - 0.04, y + 0.04], color=RULE, linewidth=0.9)
        self._line(ends, [y, y], color=RULE, linewidth=0.9)
        text = f"critical difference (Nemenyi): {width:.2f}"
        self._faint(sum(ends) / 2, y - 0.05, text, ha="center", va="bottom")

    def _model(self, name: str, row: int, side: float, flush: str) -> None:
        """A line to a model's name; only SpecAR-Net and ours have a colour and a marker."""
        colour, marker = (_OWN, "s") if name in self.ranking.own else (RULE, None)
        if name == OURS:
            colour, marker = _PUBLISHED, "o"
        x, y = self.x(self.ranking.mean_ranks[name]), self.rows + _ROW * (row + 0.5)
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
    """What the diagram shows, and what its tests can tell."""
    setting, datasets, pairs = setting_name(ranking.task), len(ranking.scores), len(ranking.pairs)
    averaged = f", averaged over the {setting}s first" if setting else ""
    number = ranking.table.partition(":")[2]
    apart = int((ranking.pairs["p_holm"] < ALPHA).sum())
    told = f"{apart} of {pairs} pairs are told apart"
    if ranking.smallest_p >= ALPHA:
        told = (
            f"with {datasets} datasets and {pairs} pairs no p value below {ranking.smallest_p:.2g} is "
            "possible, so that no pair can be told apart"
        )
    return [
        f"Numbers as printed in appendix Table {number}, {datasets} datasets{averaged}; each model's mean "
        "rank stands beside its name.",
        f"Friedman test: p = {ranking.friedman[1]:.2g}. Bars join models that Wilcoxon tests of all pairs, "
        f"Holm-corrected, do not tell apart (level {ALPHA:g}): {told}.",
        _against(ranking),
        *_own(ranking),
    ]


def _against(ranking: Ranking) -> str:
    tests = ranking.against_ours
    rows = tests[tests["p_holm"] < ALPHA]
    names = [str(row.second if row.first == OURS else row.first) for row in rows.itertuples()]
    possible = smallest_p(len(ranking.scores), len(tests)) < ALPHA
    listed = ", ".join(names) or ("none" if possible else "none, as with so few datasets none can be")
    return f"{OURS} against each other model only ({len(tests)} tests, Holm-corrected), told apart: {listed}."


def _own(ranking: Ranking) -> list[str]:
    if ranking.own:
        return ["Our runs (means over seeds) are further models."]
    parts = [f"{name}: {done} of {needed} cells" for name, done, needed in ranking.left_out]
    state = f" ({', '.join(parts)})" if parts else ""
    return [f"Our runs are not ranked: they do not cover every cell yet{state}."]
