"""The figure of published against reproduced shows the tidy table, and says in words what is missing."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from specar.figures.style import figure_style, series_of
from specar.figures.tolerance import tolerance_of
from specar.figures.words import title_of
from specar.paper.metrics import METRICS
from specar.paper.sources import SOURCES

from ..tables.table_inputs import results, run, tidy

TASKS = list(SOURCES)
BOTH = ("paper", "released")


def texts(figure):
    return [text.get_text() for text in figure.texts]


def said(figure):
    return " ".join(texts(figure))


def points(axes):
    """What is drawn: x, y and the ends of the error bar of every point, by the look of its series."""
    found = {}
    for line, _, (bars,) in axes.containers:
        ends = {
            (round(low[0], 9), round(low[1], 9)): high[1] for low, high in map(tuple, bars.get_segments())
        }
        ends = {x: (low, high) for (x, low), high in ends.items()}
        key = (line.get_color(), line.get_marker())
        for x, y in line.get_xydata():
            found.setdefault(key, []).append((x, y))
        found.setdefault("bars", []).extend(ends.values())
    return found


def panels(figure, table):
    """Panels and the rows of the table that belong into each."""
    rows = table[(table["protocol"] == "published") & table["published"].notna()]
    metrics = list(rows["metric"].unique())
    assert len(figure.axes) == len(metrics)
    for axes, metric in zip(figure.axes, metrics, strict=True):
        assert axes.get_title().removesuffix(" (%)") == METRICS[metric].label
        yield axes, rows[(rows["metric"] == metric) & rows["reproduced"].notna()]


@pytest.mark.parametrize("task", TASKS)
def test_drawn_is_what_the_table_says(task, table, drawn):
    matrix = table(task, seeds=(1, 2, 3), architectures=BOTH)
    figure = drawn(task, matrix)
    for axes, rows in panels(figure, matrix):
        found = points(axes)
        bars = sorted(found.pop("bars"))
        assert sum(map(len, found.values())) == len(rows) > 5
        for (architecture, top), group in rows.groupby(["architecture", "top"]):
            look = series_of(architecture, top)
            expected = sorted(group[["published", "reproduced"]].itertuples(index=False, name=None))
            np.testing.assert_allclose(sorted(found[look.colour, look.marker]), expected)
        ends = sorted(zip(rows["reproduced"] - rows["sd"], rows["reproduced"] + rows["sd"], strict=True))
        assert {round(low, 6) for low, _ in bars} <= {round(low, 6) for low, _ in ends}
        assert {round(high, 6) for _, high in bars} <= {round(high, 6) for _, high in ends}
        assert bars
    total = len(matrix[matrix["published"].notna() & (matrix["architecture"] == "paper")])
    for name in BOTH:
        assert f"Architecture {name}: {total} of {total} published cells reproduced so far." in texts(figure)


def test_strict_results_are_never_drawn(table, drawn):
    published, strict = (table("imputation", cells=4, protocol=name) for name in ("published", "strict"))
    figure = drawn("imputation", pd.concat([published, strict]))
    for axes, rows in panels(figure, published):
        assert (
            sum(len(line.get_xydata()) for line, *_ in axes.containers) == len(rows) == 5
        )  # with an average
    assert "Protocol: published" in said(figure)
    only = drawn("imputation", strict)
    assert not only.axes
    assert "no runs of this task under the protocol of the paper (published)" in said(only).replace("\n", " ")


def test_one_seed_has_no_error_bars(table, drawn):
    figure = drawn("classification", table("classification", cells=3))
    (axes,) = figure.axes
    for *_, (bars,) in axes.containers:
        assert all(math.isnan(value) for segment in bars.get_segments() for _, value in segment)
    assert "One seed per point, so no error bars." in said(figure)


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        ({96: (1, 2, 3), 192: (1, 2, 3)}, "sample standard deviation over 3 seeds."),
        ({96: (1, 2), 192: (1, 2, 3)}, "sample standard deviation over 2 to 3 seeds."),
        ({96: (1, 2, 3), 192: (2,)}, "sample standard deviation over up to 3 seeds; one seed has none."),
    ],
)
def test_seeds_are_named(done, sentence, drawn):
    matrix = [run(horizon, seed) for horizon in (96, 192) for seed in (1, 2, 3)]
    rows = [
        results(of, {"mse": 0.4 + of["seed"] / 100, "mae": 0.5})
        for of in matrix
        if of["seed"] in done[of["setting"]]
    ]
    assert sentence in said(drawn("long_term_forecast", tidy(matrix, *rows)))


def test_what_is_missing_is_said(drawn):
    matrix = [run(horizon, seed) for horizon in (96, 192, 336, 720) for seed in (1, 2)]
    rows = [results(of, {"mse": 0.4, "mae": 0.5}) for of in matrix[:3]]
    table = tidy(matrix, *rows, failed={matrix[4]["run_id"]: "out of memory"})
    figure = drawn("long_term_forecast", table, note="Small\n  models, 5 $ and 6 $.")
    assert "Small models, 5 $ and 6 $." in texts(figure)
    # 2 metrics of 96 and 192 (one seed of two); 336 failed; 720 and the average are not done
    counts = (
        "Architecture paper: 4 of 180 published cells reproduced so far, 2 of them without some of their "
        "seeds; 2 failed, 4 asked for but not done yet, 170 not asked for."
    )
    assert counts in said(figure)
    FigureCanvasAgg(figure).draw()  # a dollar is no formula


def test_remarks_on_datasets_that_are_in_the_figure(table, drawn):
    remarks = {"SMD": "1 of its 28\n machines.", "my_data": "not in the paper"}
    figure = drawn("anomaly_detection", table("anomaly_detection"), remarks=remarks)
    assert "SMD: 1 of its 28 machines." in texts(figure)
    assert "my_data" not in said(figure)


@pytest.mark.parametrize("task", TASKS)
def test_nothing_to_compare_is_said_without_axes(task, drawn):
    own = [run(0.5, task=task, dataset="my_data")]
    of_paper = {"long_term_forecast": (96, "ETTh1"), "imputation": (0.5, "ETTh1")}
    setting, name = of_paper.get(task, ("", {"classification": "Heartbeat"}.get(task, "SMD")))
    asked = [run(setting, task=task, dataset="M4-Yearly" if "short" in task else name)]
    expected = {
        "prints no result for the datasets and settings": tidy(own, task=task),
        "none is reproduced so far": tidy(asked, task=task),
        "no runs of this task under the protocol": tidy([], task=task),
    }
    for sentence, table in expected.items():
        figure = drawn(task, table, note="A caution.")
        assert not figure.axes
        shown = said(figure).replace("\n", " ")
        assert sentence in shown
        assert "Nothing to compare" in shown
        assert "A caution." in shown
        assert title_of(task) in texts(figure)


def test_a_metric_without_any_point_is_an_empty_panel(drawn):
    matrix = [run(96)]
    figure = drawn("long_term_forecast", tidy(matrix, results(matrix[0], {"mse": 0.4})))
    mse, mae = figure.axes
    assert mse.containers
    assert not mae.containers
    assert not mae.axison
    assert [text.get_text() for text in mae.texts] == ["nothing reproduced yet"]


def test_axes_are_logarithmic_only_over_more_than_a_factor_of_ten(table, drawn):
    wide = drawn("long_term_forecast", table("long_term_forecast"))
    assert [axes.get_xscale() for axes in wide.axes] == ["log", "linear"]
    narrow = drawn("long_term_forecast", table("long_term_forecast", cells=4))
    assert [axes.get_xscale() for axes in narrow.axes] == ["linear", "linear"]
    for axes in [*wide.axes, *narrow.axes]:
        assert axes.get_xlim() == axes.get_ylim()
        assert axes.get_xscale() == axes.get_yscale()
        drawn_points = np.concatenate([line.get_xydata() for line, *_ in axes.containers])
        low, high = axes.get_xlim()
        assert low < drawn_points.min() <= drawn_points.max() < high


def test_an_error_bar_below_zero_does_not_spoil_a_logarithmic_axis(drawn):
    matrix = [run(24, seed, dataset="ILI") for seed in (1, 2)] + [run(96, seed) for seed in (1, 2)]
    values = (2.0, 2.1, 0.001, 0.3)
    rows = [results(of, {"mse": value, "mae": 1}) for of, value in zip(matrix, values, strict=True)]
    axes = drawn("long_term_forecast", tidy(matrix, *rows)).axes[0]
    assert axes.get_xscale() == "log"
    low, high = axes.get_xlim()
    assert 0.05 < low < high < 5


@pytest.mark.parametrize(
    ("metric", "half"),
    [
        ("mse", 0.015),
        ("mae", 0.015),
        ("owa", 0.015),
        ("mase", 0.015),
        ("smape", 0.3),
        ("accuracy", 1),
        ("f1", 1),
    ],
)
def test_tolerances(metric, half):
    assert float(tolerance_of(metric).at(0.5)) == pytest.approx(half)


@pytest.mark.parametrize(("task", "share", "amount"), [("imputation", 0.03, 0), ("classification", 0, 1)])
def test_the_band_is_as_wide_as_said(task, share, amount, table, drawn):
    figure = drawn(task, table(task))
    for axes in figure.axes:
        (band,) = [patch for patch in axes.collections if patch.get_label() == "_band"]
        corners = band.get_paths()[0].vertices
        low, high = axes.get_xlim()
        for x in (low, high):
            y = corners[np.isclose(corners[:, 0], x), 1]
            assert y.max() - y.min() == pytest.approx(2 * (share * x + amount))
        (line,) = [line for line in axes.lines if line.get_label() == "_equal"]
        assert line.get_xydata().tolist() == [[low, low], [high, high]]
    assert ("within ±3 %" if share else "within ±1 point") in said(figure)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("cells", [1, 3, None])
def test_names_cover_neither_one_another_nor_a_point(task, cells, table, drawn):
    figure = drawn(task, table(task, architectures=BOTH, cells=cells, noise=0.2))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]  # without their lines
        if cells is not None and axes.containers:
            assert boxes
        assert len(boxes) <= 6
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
        for line, *_ in axes.containers:
            for x, y in axes.transData.transform(line.get_xydata()):
                assert not any(box.contains(x, y) for box in boxes)
        for box in boxes:
            assert axes.bbox.x0 <= box.x0 + 1
            assert box.x1 - 1 <= axes.bbox.x1


def test_the_farthest_point_is_named(drawn):
    matrix = [run(horizon) for horizon in (96, 192, 336, 720)]
    published = {96: 0.442, 192: 0.490, 336: 0.527, 720: 0.533}
    values = {horizon: value * (1.2 if horizon == 336 else 1.01) for horizon, value in published.items()}
    rows = [results(of, {"mse": values[of["setting"]], "mae": 0.5}) for of in matrix]
    axes = drawn("long_term_forecast", tidy(matrix, *rows)).axes[0]
    assert axes.texts[0].get_text() == "ETTh1 336"
    assert axes.texts[0].xy == pytest.approx((0.527, 0.527 * 1.2))


def test_series_are_told_apart_without_colour():
    looks = [series_of(architecture, top) for architecture in BOTH for top in (False, True)]
    assert len({look.marker for look in looks}) == len({look.colour for look in looks}) == 4


@pytest.mark.parametrize(
    ("task", "entries"),
    [
        (
            "long_term_forecast",
            ["paper, without TOP", "paper, with TOP", "released, without TOP", "released, with TOP"],
        ),
        ("classification", ["paper", "released"]),
    ],
)
def test_legend_has_what_is_there(task, entries, table, drawn):
    figure = drawn(task, table(task, architectures=BOTH))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == entries
    assert "Hollow: averages." in said(figure)
    for entry, handle in zip(entries, legend.legend_handles, strict=True):
        architecture, _, top = entry.partition(", ")
        look = series_of(architecture, top == "with TOP")
        assert (handle.get_color(), handle.get_marker()) == (look.colour, look.marker)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("cells", [1, None])
def test_nothing_runs_out_of_the_figure_or_into_other_text(task, cells, table, drawn):
    note = "A caution that is long enough to need more than one line, " * 4
    with figure_style():
        figure = drawn(task, table(task, architectures=BOTH, cells=cells), note=note)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [axes.get_tightbbox(renderer) for axes in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    for box in boxes:
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other), (one, other)
