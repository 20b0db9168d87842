"""Spectrogram of an input and of what the first block's convolutions make of it, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from specar.config.tasks import TASK_INFO
from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.shown import Shown, choose, format_logarithmic, without_examples
from specar.figures.words import notes
from specar.results.ledger import Ledger

_TITLE = "Spectrogram of an input, and learned features"
_MOST = 5
_RANGE = 300.0  # of the largest to the smallest value with a colour of its own
_BELOW = (
    "Input: modulus of the first block's transform of one channel, as it enters the model. Learned "
    "features: modulus of the mean over the block's convolution branches, averaged over all its "
    "channels, before the mean over frequency. Logarithmic colours over a factor of 300, of each panel "
    "its own; what is below is darkest. Above 0.5 cycles per step, where shown: negative frequencies. "
    "Dotted: end of the input, beyond which the model has extended the series."
)
# Inches: width of a colour bar, room to the left of it, and of a panel for both and the numbers.
_BAR, _BAR_GAP, _BAR_ROOM = 0.09, 0.07, 0.5


def draw(ledger: Ledger) -> Drawing:
    """Draw a row per run, one of each task first, with the two maps of its first example."""
    choice = choose(ledger.plan, list(TASK_INFO), _MOST, "maps", each="task")
    if not choice.shown:
        return without_examples(_TITLE, ledger.plan, choice, "a model with SpecAR blocks")
    shown = choice.shown
    said = [f"Row {i}: {_words(one)}" for i, one in enumerate(shown, 1)]
    page = Page(_TITLE, [choice.counts, *notes(ledger.plan)], [_BELOW, *said])
    figure, panels = page.with_grid(Grid((3.0, 3.0), (1.2,) * len(shown)))
    for row, one in enumerate(shown):
        maps = one.content["maps"]
        pair = panels[2 * row : 2 * row + 2]
        for axes, name in zip(pair, ("spectrogram", "features"), strict=True):
            _draw_map(figure, axes, maps, maps[name])
            axes.set_title(f"{one.place}: {'input' if name == 'spectrogram' else 'learned features'}")
        if (frames := maps["spectrogram"]["frames"]) < maps["features"]["frames"]:  # the input ends before
            end = (frames - 0.5) * maps["hop_length"]
            pair[1].axvline(end, color="white", linewidth=1.2, linestyle=":")
        pair[0].set_ylabel("cycles per step")
    for axes in panels[-2:]:
        axes.set_xlabel("time step")
    return Drawing(figure, _TITLE, f"{_TITLE}. {' '.join(said)}")


def _words(one: Shown) -> str:
    maps, on_segment = one.content["maps"], "segment" in one.content["examples"][0]
    even = "of median error among up to 64 that are evenly spread"
    which = "on the true segment of median length" if on_segment else even
    transform = f"{maps['transform']} with n_fft {maps['n_fft']}"
    return f"{one.run}{one.channel}; test example {which}; {transform}."


def _draw_map(figure: Figure, axes: Axes, maps: Mapping[str, Any], one: Mapping[str, Any]) -> None:
    values = np.array(one["values"], float)
    bins, frames = values.shape[0] * one["block"][0], values.shape[1] * one["block"][1]
    top = float(np.nanmax(values)) or 1.0
    hop, n_fft = maps["hop_length"], maps["n_fft"]
    image = axes.imshow(
        np.maximum(values, top / _RANGE / 10), norm=LogNorm(top / _RANGE, top), cmap="cividis",
        origin="lower", aspect="auto", interpolation="none",
        extent=(-0.5 * hop, (frames - 0.5) * hop, -0.5 / n_fft, (bins - 0.5) / n_fft),
    )  # fmt: skip
    axes.set_xlim(-0.5 * hop, (one["frames"] - 0.5) * hop)
    axes.set_ylim(-0.5 / n_fft, (one["bins"] - 0.5) / n_fft)
    box, inch = axes.get_position(), 1 / figure.get_size_inches()[0]
    axes.set_position((box.x0, box.y0, box.width - _BAR_ROOM * inch, box.height))
    left = box.x1 - (_BAR_ROOM - _BAR_GAP) * inch
    bar = figure.colorbar(image, cax=figure.add_axes((left, box.y0, _BAR * inch, box.height)))
    assert bar.solids is not None
    bar.solids.set_rasterized(True)  # 256 shapes in an SVG otherwise
    format_logarithmic(bar.ax.yaxis)
