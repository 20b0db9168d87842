"""What a reader would stumble over in a figure."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from specar.figures.style import figure_style


def words(figure):
    """All text around the panels, in one line."""
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def check_tidy(figure):
    """Nothing runs out of the figure, and no text or panel covers another."""
    canvas = FigureCanvasAgg(figure)
    with figure_style():
        canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [axes.get_tightbbox(renderer) for axes in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends if legend.get_texts()]
    for box in boxes:
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other), (one, other)
    for axes in figure.axes:
        # Without the lines that lead to the points.
        inner = [Text.get_window_extent(text, renderer) for text in axes.texts if text.get_text()]
        for one, other in itertools.combinations(inner, 2):
            assert not one.overlaps(other), [text.get_text() for text in axes.texts]
