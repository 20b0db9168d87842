"""Names at points, none of which covers another, a point, or the edge of the panel."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from specar.figures.style import DPI, FAINT, RULE, SMALL_SIZE, width_of

# Where a name is tried: directions in degrees, the likely ones first, and distances in points.
_DIRECTIONS = (0, 180, 90, 270, 45, 135, 315, 225, 20, 160, 340, 200)
# Distances, and whether on the line of equality: there only where that is nearer.
_DISTANCES = ((5.0, False), (14.0, False), (5.0, True), (26.0, False), (14.0, True), (40.0, False))
_LEADER = 10.0  # from this distance on a line leads to the point
_PIXELS = DPI / 72  # in a point

Array = npt.NDArray[np.float64]  # boxes are (4,) or (boxes, 4): left, bottom, right, top, in pixels
Flags = npt.NDArray[np.bool_]


@dataclass
class Labels:
    """Writes names into a square panel, whose limits and scales have to be final.

    ``bars`` are coordinate x, and the lower and upper end of the error bar of every point, (points, 3);
    ``marker`` is the size of the markers in points.
    """

    axes: Axes
    bars: Array
    marker: float
    _taken: Array = field(init=False)

    def __post_init__(self) -> None:
        radius = _PIXELS * (self.marker / 2 + 0.5)
        lower, upper = (self.axes.transData.transform(self.bars[:, [0, i]]) for i in (1, 2))
        self._taken = np.hstack([lower - radius, upper + radius])

    def write(self, names: Iterable[tuple[float, float, str]], most: int) -> None:
        """Write up to ``most`` names beside their points, in the order given, and as far as there is room.

        A name, after the coordinates of its point, is written once where its points cover one another.
        """
        written: list[tuple[str, Array]] = []
        for x, y, name in names:
            place = self.axes.transData.transform((x, y))
            near = [other for text, other in written if text == name]
            covered = any(np.hypot(*(place - other)) < self.marker * _PIXELS for other in near)
            if len(written) < most and not covered and self._write(x, y, name, place):
                written.append((name, place))

    def _write(self, x: float, y: float, name: str, place: Array) -> bool:
        """Write a name; returns whether there was room."""
        size = _PIXELS * np.array([width_of(name, SMALL_SIZE) + 2, 1.25 * SMALL_SIZE])
        for (distance, on_line), angle in itertools.product(_DISTANCES, _DIRECTIONS):
            direction = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
            offset = direction * (_PIXELS * distance + size / 2)
            box = np.hstack([place + offset - size / 2, place + offset + size / 2])
            if not self._is_free(box) or self._is_on_diagonal(box) != on_line:
                continue
            leader = _dots(place, offset, box) if distance >= _LEADER else box[:0].reshape(0, 4)
            if self._are_free(leader, place):
                self._annotate(x, y, name, offset / _PIXELS, len(leader) > 0)
                self._taken = np.vstack([self._taken, box, leader])
                return True
        return False

    def _is_free(self, box: Array) -> bool:
        frame = self.axes.bbox
        inside = bool((frame.min <= box[:2]).all() and (box[2:] <= frame.max).all())
        return inside and not _overlap(box[None], self._taken).any()

    def _are_free(self, dots: Array, place: Array) -> bool:
        """Whether a line runs through nothing but the point that it leads to."""
        return not _overlap(dots, self._taken[~_contain(self._taken, place)]).any()

    def _is_on_diagonal(self, box: Array) -> bool:
        """Whether a box lies on the line from the lower left to the upper right of the panel."""
        (right, up), (width, height) = box[:2] - self.axes.bbox.min, box[2:] - box[:2]
        return bool(up <= right + width and right <= up + height)

    def _annotate(self, x: float, y: float, name: str, offset: Array, leader: bool) -> None:
        line = {"arrowstyle": "-", "color": RULE, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        self.axes.annotate(
            name, (x, y), xytext=(float(offset[0]), float(offset[1])), textcoords="offset points",
            ha="center", va="center", color=FAINT, fontsize=SMALL_SIZE,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
            arrowprops=line if leader else None,
        )  # fmt: skip


def _dots(place: Array, offset: Array, label: Array) -> Array:
    """The line from a point to its label, as small boxes."""
    along = place + np.linspace(0, 1, 40)[:, None] * offset
    dots = np.hstack([along - 1, along + 1])
    return dots[~_contain(label[None], along)]


def _overlap(some: Array, others: Array) -> Flags:
    """Which boxes meet which, (some, others)."""
    a, b = some[:, None], others[None]
    meet: Flags = np.all((a[..., :2] <= b[..., 2:]) & (b[..., :2] <= a[..., 2:]), axis=-1)
    return meet


def _contain(boxes: Array, places: Array) -> Flags:
    """Which boxes hold a place, or which places a box holds."""
    inside: Flags = np.all((boxes[:, :2] <= places) & (places <= boxes[:, 2:]), axis=1)
    return inside
