"""The figure of published against our runs shows the cells of the ledger, and says what is missing."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from specar.figures import comparison
from specar.figures.style import look_of
from specar.paper.metrics import METRICS, margin_of
from specar.paper.sources import SOURCES
from specar.results.ledger import ledger_of
from specar.runs.plan import Plan

from .conftest import fail, finish
from .looks import check_tidy, words

TASKS = list(SOURCES)
BOTH = ["specar", "specar-released"]
FORECAST = {"task": "long_term_forecast", "datasets": ["ETTh1"]}
OF_TASK = {
    "long_term_forecast": ["ETTh1", "ILI"],
    "imputation": ["ETTh1", "Weather"],
    "short_term_forecast": ["M4-Yearly", "M4-Quarterly"],
    "classification": ["Heartbeat", "Handwriting", "PEMS-SF"],
    "anomaly_detection": ["SMD", "PSM"],
}


def values(task, models=("specar",), seeds=(1,), **more):
    matrix = [{"task": task, "datasets": OF_TASK[task]}]
    return {"matrix": matrix, "run_models": list(models), "seeds": list(seeds), **more}


def points(axes):
    """Coordinates of every point, by the look of its series."""
    found = {}
    for line, *_ in axes.containers:
        found.setdefault((line.get_color(), line.get_marker()), []).extend(map(tuple, line.get_xydata()))
    return found


def bars(axes):
    """Lower and upper ends of the error bars."""
    return [segment[:, 1] for _, _, (of,) in axes.containers for segment in of.get_segments() if len(segment)]


@pytest.mark.parametrize("task", TASKS)
def test_drawn_is_what_the_ledger_says(task, plan, drawn):
    made = plan(values(task, BOTH, (1, 2, 3)), change=lambda run: 0.03 * run.seed)
    figure, cells = drawn(comparison, made, task).figure, ledger_of(made).cells
    cells = cells[cells["published"].notna()]
    assert len(figure.axes) == cells["metric"].nunique()
    for axes, (metric, rows) in zip(figure.axes, cells.groupby("metric", sort=False), strict=True):
        assert axes.get_title().removesuffix(" (%)") == METRICS[metric].label
        rows, found = rows[rows["ours"].notna()], points(axes)
        assert sum(map(len, found.values())) == len(rows) > 1
        for (model, top), group in rows.groupby(["model", "top"]):
            look = look_of(made.config, model, top)
            expected = sorted(group[["published", "ours"]].itertuples(index=False, name=None))
            np.testing.assert_allclose(sorted(found[look.colour, look.marker]), expected)
        low, high = zip(*bars(axes), strict=True)
        np.testing.assert_allclose(sorted(low), sorted(rows["ours"] - rows["sd"]))
        np.testing.assert_allclose(sorted(high), sorted(rows["ours"] + rows["sd"]))
    for name in BOTH:
        of = cells[cells["model"] == name]
        text = f"Model {name}: {of['ours'].notna().sum()} of {len(of)} published cells run so far"
        assert text in words(figure)


def test_strict_results_are_never_drawn(plan, drawn):
    entry = {**FORECAST, "horizons": [96], "top": [False]}
    made = plan({"matrix": [entry, {**entry, "protocol": "strict"}], "run_models": ["specar"], "seeds": [1]})
    figure = drawn(comparison, made, "long_term_forecast").figure
    assert [len(list(itertools.chain(*points(axes).values()))) for axes in figure.axes] == [1, 1]
    assert "Protocol: published" in words(figure)
    only = drawn(comparison, plan(values("imputation", protocol="strict")), "imputation").figure
    assert not only.axes
    assert "no runs of this task under the protocol of the paper (published)" in words(only)


def test_one_seed_has_no_error_bars(plan, drawn):
    figure = drawn(comparison, plan(values("classification")), "classification").figure
    assert np.isnan(bars(figure.axes[0])).all()
    assert "One seed per point, so no error bars." in words(figure)


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        ({96: (1, 2, 3), 192: (1, 2, 3)}, "sample standard deviation over 3 seeds."),
        ({96: (1, 2), 192: (1, 2, 3)}, "sample standard deviation over 2 to 3 seeds."),
        ({96: (1, 2, 3), 192: (2,)}, "sample standard deviation over up to 3 seeds; one seed has none."),
    ],
)
def test_seeds_are_named(done, sentence, plan, drawn):
    made = plan(
        {"matrix": [{**FORECAST, "horizons": [96, 192]}], "run_models": ["specar"], "seeds": [1, 2, 3]},
        lambda run: run.seed in done[run.horizon],
    )
    assert sentence in words(drawn(comparison, made, "long_term_forecast").figure)


def test_what_is_missing_is_said(plan, drawn):
    made = plan(
        {
            "matrix": [FORECAST],
            "run_models": ["specar"],
            "seeds": [1, 2],
            "top": [False],
            "note": "Small\n  5 $, 6 $.",
        },
        lambda run: (run.horizon, run.seed) in {(96, 1), (96, 2), (192, 1)},
    )
    fail(made, next(name for name, run in made.runs.items() if run.horizon == 336))
    figure = drawn(comparison, made, "long_term_forecast").figure
    assert "Small 5 $, 6 $." in words(figure)
    # 2 metrics of 96 and 192 (one seed of two); 336 failed; 720 and the average are not done
    counts = (
        "Model specar: 4 of 180 published cells run so far, 2 of them without some of their seeds; "
        "2 failed, 4 asked for but not done yet, 170 not asked for."
    )
    assert counts in words(figure)
    FigureCanvasAgg(figure).draw()  # a dollar is no formula


def test_remarks_on_datasets_that_are_in_the_figure(plan, drawn, monkeypatch):
    remarks = {"SMD": "1 of its 28\n machines.", "PSM": "not drawn"}
    monkeypatch.setattr(Plan, "remarks_of", lambda self, task: remarks)
    made = plan(values("anomaly_detection"), lambda run: run.dataset == "SMD")
    text = words(drawn(comparison, made, "anomaly_detection").figure)
    assert "SMD: 1 of its 28 machines." in text
    assert "not drawn" not in text


@pytest.mark.parametrize("task", TASKS)
def test_nothing_to_compare_is_said_without_axes(task, plan, drawn):
    other = "imputation" if task == "classification" else "classification"
    expected = {
        "none has been run so far": plan(values(task, note="A caution."), lambda run: False),
        "no runs of this task under the protocol": plan(values(other, note="A caution.")),
    }
    for sentence, made in expected.items():
        figure, title, alt = drawn(comparison, made, task)
        assert not figure.axes
        assert sentence in words(figure)
        assert sentence in alt
        assert "A caution." in words(figure)
        assert title == f"{SOURCES[task].title}: published against our runs"


def test_settings_that_the_paper_does_not_print_are_no_comparison(plan, drawn):
    matrix = [{**FORECAST, "horizons": [100]}]
    experiments = {"long_term_forecast": {"ETTh1": {"horizons": {100: {}}}}}
    made = plan({"matrix": matrix, "experiments": experiments, "seeds": [1]})
    figure = drawn(comparison, made, "long_term_forecast").figure
    assert "the paper prints no result for the datasets and settings of this configuration" in words(figure)


def test_a_metric_without_any_point_is_an_empty_panel(plan, drawn):
    made = plan(
        {"matrix": [{**FORECAST, "horizons": [96]}], "run_models": ["specar"], "seeds": [1]}, lambda _: False
    )
    finish(made, next(iter(made.runs)), {"mse": 0.4})
    mse, mae = drawn(comparison, made, "long_term_forecast").figure.axes
    assert mse.containers
    assert not mae.containers
    assert not mae.axison
    assert [text.get_text() for text in mae.texts] == ["nothing run yet"]


def test_axes_are_logarithmic_only_over_more_than_a_factor_of_ten(plan, drawn):
    matrix = [{"task": "long_term_forecast", "datasets": ["ETTm2", "ILI"]}]
    wide = drawn(comparison, plan({"matrix": matrix, "seeds": [1]}), "long_term_forecast").figure
    assert [axes.get_xscale() for axes in wide.axes] == ["log", "linear"]
    narrow = drawn(comparison, plan({"matrix": [FORECAST], "seeds": [1]}), "long_term_forecast").figure
    assert [axes.get_xscale() for axes in narrow.axes] == ["linear", "linear"]
    for axes in [*wide.axes, *narrow.axes]:
        assert axes.get_xlim() == axes.get_ylim()
        assert axes.get_xscale() == axes.get_yscale()
        places = np.concatenate([line.get_xydata() for line, *_ in axes.containers])
        low, high = axes.get_xlim()
        assert low < places.min() <= places.max() < high


def test_an_error_bar_below_zero_does_not_spoil_a_logarithmic_axis(plan, drawn):
    entries = [("ILI", 24), ("ETTh1", 96)]
    matrix = [{"task": "long_term_forecast", "datasets": [name], "horizons": [h]} for name, h in entries]
    made = plan(
        {"matrix": matrix, "run_models": ["specar"], "top": [False], "seeds": [1, 2]}, lambda _: False
    )
    mse = {("ILI", 1): 2.0, ("ILI", 2): 2.1, ("ETTh1", 1): 0.001, ("ETTh1", 2): 0.3}
    for name, run in made.runs.items():
        finish(made, name, {"mse": mse[run.dataset, run.seed], "mae": 1.0})
    axes = drawn(comparison, made, "long_term_forecast").figure.axes[0]
    assert axes.get_xscale() == "log"
    low, high = axes.get_xlim()
    assert 0.05 < low < high < 5


@pytest.mark.parametrize(("task", "share", "amount"), [("imputation", 0.03, 0), ("classification", 0, 1)])
def test_the_band_is_the_margin_of_the_verdicts_and_as_wide_as_said(task, share, amount, plan, drawn):
    figure = drawn(comparison, plan(values(task)), task).figure
    for axes in figure.axes:
        (band,) = [patch for patch in axes.collections if patch.get_label() == "_band"]
        corners = band.get_paths()[0].vertices
        low, high = axes.get_xlim()
        for x in (low, high):
            y = corners[np.isclose(corners[:, 0], x), 1]
            assert y.max() - y.min() == pytest.approx(2 * (share * x + amount))
            assert y.max() - x == pytest.approx(margin_of(SOURCES[task].metrics[0]).at(x))
        (line,) = [line for line in axes.lines if line.get_label() == "_equal"]
        assert line.get_xydata().tolist() == [[low, low], [high, high]]
    assert ("within ±3 %" if share else "within ±1 point") in words(figure)


@pytest.mark.parametrize("task", TASKS)
def test_names_cover_neither_one_another_nor_a_point(task, plan, drawn):
    figure = drawn(comparison, plan(values(task, BOTH), change=lambda run: 0.2 * (run.seed % 2)), task).figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]  # without their lines
        assert 1 <= len(boxes) <= 6
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
        for line, *_ in axes.containers:
            for x, y in axes.transData.transform(line.get_xydata()):
                assert not any(box.contains(x, y) for box in boxes)
        for box in boxes:
            assert axes.bbox.x0 <= box.x0 + 1
            assert box.x1 - 1 <= axes.bbox.x1


def test_the_farthest_point_is_named(plan, drawn):
    made = plan(
        {"matrix": [FORECAST], "run_models": ["specar"], "top": [False], "seeds": [1]},
        change=lambda run: 0.2 * (run.horizon == 336),
    )
    axes = drawn(comparison, made, "long_term_forecast").figure.axes[0]
    assert axes.texts[0].get_text() == "ETTh1 336"
    assert axes.texts[0].xy[0] == 0.527  # appendix Table 9


@pytest.mark.parametrize(
    ("task", "entries"),
    [
        (
            "long_term_forecast",
            [f"{name}, {top} TOP" for name in BOTH for top in ("without", "with")],
        ),
        ("classification", BOTH),
    ],
)
def test_legend_has_what_is_there(task, entries, plan, drawn):
    made = plan(values(task, BOTH))
    figure = drawn(comparison, made, task).figure
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == entries
    for entry, handle in zip(entries, legend.legend_handles, strict=True):
        model, _, top = entry.partition(", ")
        look = look_of(made.config, model, top == "with TOP")
        assert (handle.get_color(), handle.get_marker()) == (look.colour, look.marker)


def test_averages_are_hollow(plan, drawn):
    figure = drawn(comparison, plan(values("imputation")), "imputation").figure
    assert "Hollow: averages." in words(figure)
    hollow = [line for line, *_ in figure.axes[0].containers if line.get_markerfacecolor() == "white"]
    assert sum(len(line.get_xdata()) for line in hollow) == 2 * 2  # of both datasets, without and with TOP


@pytest.mark.parametrize("task", [*TASKS, None])
def test_nothing_runs_out_of_the_figure_or_into_other_text(task, plan, drawn):
    note = "A caution that is long enough to need more than one line, " * 4
    matrix = [{"task": name, "datasets": OF_TASK[name]} for name in (TASKS if task is None else [task])]
    made = plan({"matrix": matrix, "run_models": BOTH, "seeds": [1], "note": note})
    check_tidy(drawn(comparison, made, *([task] if task else [])).figure)


def test_all_tasks_in_one_figure(plan, drawn):
    matrix = [
        {"task": "imputation", "datasets": ["ETTh1", "Weather"]},
        {"task": "long_term_forecast", "datasets": ["ETTh1"]},
        {"task": "classification", "datasets": ["Heartbeat"]},
    ]
    made = drawn(comparison, plan({"matrix": matrix, "run_models": ["specar"], "seeds": [1]}))
    errors, percent = made.figure.axes
    places = np.concatenate([line.get_xydata() for line, *_ in errors.containers])
    assert len(places) == (2 * 5 + 5) * 2 * 2  # cells with averages, without and with TOP, MSE and MAE
    assert np.all(np.abs(places[:, 1] / places[:, 0] - 1) < 0.1)
    (point,) = [line.get_xydata() for line, *_ in percent.containers]
    assert point[0, 0] == 78.0
    assert "No panel, as nothing is run that a number is printed for: sMAPE of M4; MASE, OWA of M4." in words(
        made.figure
    )
    assert "published results against our runs: specar 61 of " in made.alt
