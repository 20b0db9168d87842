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
from matplotlib.transforms import Bbox

from specar.figures.style import DPI, FAINT, RULE, SMALL_SIZE, width_of

# Where a name is tried: directions in degrees, the likely ones first, and distances in points.
_DIRECTIONS = (0, 180, 90, 270, 45, 135, 315, 225, 20, 160, 340, 200)
# Distances, and whether on the line of equality: there only where that is nearer.
_DISTANCES = ((5.0, False), (14.0, False), (5.0, True), (26.0, False), (14.0, True), (40.0, False))
_LEADER = 10.0  # from this distance on a line leads to the point
_PIXELS = DPI / 72  # in a point


@dataclass
class Labels:
    """Writes names into a square panel, whose limits and scales have to be final.

    ``bars`` are coordinate x, and the lower and upper end of the error bar of every point, (points, 3);
    ``marker`` is the size of the markers in points.
    """

    axes: Axes
    bars: npt.NDArray[np.float64]
    marker: float
    _taken: list[Bbox] = field(init=False)

    def __post_init__(self) -> None:
        radius = _PIXELS * (self.marker / 2 + 0.5)
        lower, upper = (self.axes.transData.transform(self.bars[:, [0, i]]) for i in (1, 2))
        self._taken = [Bbox([low - radius, high + radius]) for low, high in zip(lower, upper, strict=True)]

    def write(self, names: Iterable[tuple[float, float, str]], most: int) -> None:
        """Write up to ``most`` names beside their points, in the order given, and as far as there is room.

        A name, after the coordinates of its point, is written once where its points cover one another.
        """
        written: list[tuple[str, npt.NDArray[np.float64]]] = []
        for x, y, name in names:
            place = self.axes.transData.transform((x, y))
            near = [other for text, other in written if text == name]
            covered = any(np.hypot(*(place - other)) < self.marker * _PIXELS for other in near)
            if len(written) < most and not covered and self._write(x, y, name, place):
                written.append((name, place))

    def _write(self, x: float, y: float, name: str, place: npt.NDArray[np.float64]) -> bool:
        """Write a name; returns whether there was room."""
        size = _PIXELS * np.array([width_of(name, SMALL_SIZE) + 2, 1.25 * SMALL_SIZE])
        for (distance, on_line), angle in itertools.product(_DISTANCES, _DIRECTIONS):
            direction = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
            offset = direction * (_PIXELS * distance + size / 2)
            box = Bbox([place + offset - size / 2, place + offset + size / 2])
            leader = _dots(place, offset, box) if distance >= _LEADER else []
            free = self._is_free(box) and self._are_free(leader, place)
            if free and self._is_on_diagonal(box) == on_line:
                self._annotate(x, y, name, offset / _PIXELS, bool(leader))
                self._taken += [box, *leader]
                return True
        return False

    def _is_free(self, box: Bbox) -> bool:
        frame = self.axes.bbox
        inside = all(bool(frame.min[i] <= box.min[i] and box.max[i] <= frame.max[i]) for i in range(2))
        return inside and not any(box.overlaps(other) for other in self._taken)

    def _are_free(self, dots: list[Bbox], place: npt.NDArray[np.float64]) -> bool:
        """Whether a line runs through nothing but the point that it leads to."""
        others = [box for box in self._taken if not box.contains(*place)]
        return not any(dot.overlaps(box) for dot in dots for box in others)

    def _is_on_diagonal(self, box: Bbox) -> bool:
        """Whether a box lies on the line from the lower left to the upper right of the panel."""
        right, up = (box.min[i] - self.axes.bbox.min[i] for i in range(2))
        return bool(up <= right + box.width and right <= up + box.height)

    def _annotate(self, x: float, y: float, name: str, offset: npt.NDArray[np.float64], leader: bool) -> None:
        line = {"arrowstyle": "-", "color": RULE, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        self.axes.annotate(
            name, (x, y), xytext=(float(offset[0]), float(offset[1])), textcoords="offset points",
            ha="center", va="center", color=FAINT, fontsize=SMALL_SIZE,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
            arrowprops=line if leader else None,
        )  # fmt: skip


def _dots(place: npt.NDArray[np.float64], offset: npt.NDArray[np.float64], label: Bbox) -> list[Bbox]:
    """The line from a point to its label, as small boxes."""
    along = [place + share * offset for share in np.linspace(0, 1, 40)]
    return [Bbox([dot - 1, dot + 1]) for dot in along if not label.contains(*dot)]
