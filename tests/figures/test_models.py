"""Figures through any model: it has its label and look, and what is said of SpecAR-Net stays."""

import pytest
from matplotlib.textpath import TextPath

from specar.config import parse_config
from specar.figures import comparison, learning_curves, parameters, window_examples
from specar.figures.drawing import drawings
from specar.figures.files import FIGURES, PAPER_FIGURES
from specar.figures.parameters_data import points_of
from specar.figures.style import LOG, OTHERS, PRINTED, figure_style, further_look, look_of
from specar.paper.published import published
from specar.results.ledger import ledger_of
from specar.runs.examples import write_examples

from .conftest import finish, planner
from .looks import check_tidy, words

MATRIX = [
    {"task": "classification", "datasets": ["Heartbeat"]},
    {"task": "long_term_forecast", "datasets": ["ETTh1"], "horizons": [96, 192]},
    {"task": "short_term_forecast", "datasets": ["M4-Yearly"]},
    {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]},
    {"task": "anomaly_detection", "datasets": ["PSM"]},
]
# What the other models do that SpecAR-Net does not: another dataset, and fewer horizons.
MORE = [
    {"task": "long_term_forecast", "datasets": ["Weather"], "horizons": [96], "models": ["mine", "linear"]},
    {"task": "imputation", "datasets": ["ETTh2"], "mask_ratios": [0.5], "models": ["mine", "linear"]},
]
MODELS = {
    "mine": {"module": "figure_mine"},
    "linear": {"module": "figure_linear", "published_as": "DLinear"},
}
OURS = ["specar", "specar-released"]
HISTORY = [{"epoch": n, "train_loss": 1 / n, "val": {"mse": 0.5 / n}, "seconds": 1.0} for n in range(1, 6)]


def values(*models, matrix=MATRIX):
    return {"matrix": matrix, "run_models": [*OURS, *models], "models": MODELS, "seeds": [1, 2]}


def shift(run):
    return 0.05 * (run.key.model == "mine") - 0.02 * run.key.top


@pytest.fixture
def together(plan):
    """A plan of SpecAR-Net and two other models."""
    return plan(values("mine", "linear", matrix=MATRIX + MORE), change=shift)


@pytest.fixture(scope="module")
def drawings_of_both(tmp_path_factory):
    """The plan of SpecAR-Net alone and that with two other models, each with all its figures by name."""
    with pytest.MonkeyPatch.context() as patch:
        plan = planner(tmp_path_factory.mktemp("both"), patch)
        both = (
            plan(values(), change=shift),
            plan(values("mine", "linear", matrix=MATRIX + MORE), change=shift),
        )
        return [(made, dict(all_figures(made))) for made in both]


def all_figures(made):
    ledger = ledger_of(made)
    yield from drawings(ledger, PAPER_FIGURES)
    for task in made.tasks:
        yield from ((f"{task} {name}", drawn) for name, drawn in drawings(ledger, FIGURES, task))


def drawn_of(figure, looks):
    """Coordinates of all markers with one of the looks; of a figure of differences the place of no line."""
    found = []
    for axes in figure.axes:
        named = [label.get_text() for label in axes.get_yticklabels()]
        if not any(text[:1].isalpha() for text in named):
            named = []
        for line in axes.lines:
            if (line.get_color(), line.get_marker()) in looks:
                for x, y in line.get_xydata():
                    found.append((axes.get_title(), round(x, 9), named[round(y)] if named else round(y, 9)))
    return sorted(found, key=str)


def test_three_models_draw_every_figure_and_leave_the_points_of_ours(drawings_of_both):
    (plan, alone), (_, beside) = drawings_of_both
    looks = {look_of(plan.config, label, top) for label in OURS for top in (False, True)} | {
        PRINTED,
        OTHERS,
        LOG,
    }
    looks = {(look.colour, look.marker) for look in looks}
    compared = 0
    for name, drawn in alone.items():
        check_tidy(beside[name].figure)
        points = drawn_of(drawn.figure, looks)
        assert drawn_of(beside[name].figure, looks) == points, name
        compared += len(points)
    assert compared > 100


def sentences(text):
    return [sentence.strip(" .") for sentence in text.split(". ")]


@pytest.mark.parametrize("name", ["parameters", "top_effect", "comparison"])
def test_what_is_said_of_ours_stays(drawings_of_both, name):
    alone, together = (drawn[name] for _, drawn in drawings_of_both)
    missing = set(sentences(words(alone.figure))) - set(sentences(words(together.figure)))
    assert [text for text in missing if "Hollow" not in text] == []  # this one names DLinear as well
    assert alone.alt.rstrip(".") in together.alt


def test_looks_are_told_apart_whatever_the_models(plan):
    names = [f"model-{number}" for number in range(30)]
    for own in (names, names[:2], []):
        config = parse_config({"models": {name: {"module": "specar"} for name in own}})
        looks = [look_of(config, name, top) for name in config.models for top in (False, True)]
        assert len(set(looks)) == len(looks) == 2 * len(config.models)
    assert len({further_look(number) for number in range(100)}) == 100
    four = [further_look(number) for number in range(4)]
    assert len({look.marker for look in four}) == len({look.colour for look in four}) == 4


def test_looks_of_a_model_stay_when_others_follow(plan):
    few = parse_config({"models": {"b": {"module": "specar"}}})
    more = parse_config({"models": {"b": {"module": "specar"}, "a": {"module": "specar"}}})
    assert [look_of(few, "b", top) for top in (False, True)] == [
        look_of(more, "b", top) for top in (False, True)
    ]


def test_a_model_is_compared_with_what_it_is_published_as_and_with_nothing_else(drawings_of_both):
    made, drawn = drawings_of_both[1]
    figure = drawn["long_term_forecast comparison"].figure
    text = words(figure)
    assert "Model linear, compared with DLinear:" in text
    assert "Left out, as the paper prints no numbers of it: mine." in text
    assert "Model mine" not in text
    look = look_of(made.config, "linear", False)
    (mse,) = {line for line, *_ in figure.axes[0].containers if line.get_color() == look.colour}
    table = published("long_term_forecast").query("published_as == 'DLinear' and metric == 'mse'")
    cells = [("ETTh1", "96"), ("ETTh1", "192"), ("Weather", "96")]
    printed = table.set_index(["dataset", "setting"])["published"].astype(float)
    assert sorted(mse.get_xdata()) == sorted(printed[cell] for cell in cells)
    names = [entry.get_text() for entry in figure.legends[0].get_texts()]
    assert names == [
        *(f"{label}, {top} TOP" for label in OURS for top in ("without", "with")),
        "linear, without TOP",
    ]


def test_only_models_that_are_not_published_is_said(plan, drawn):
    figure = drawn(comparison, plan({**values(), "run_models": ["mine"]}), "imputation").figure
    assert not figure.axes
    assert "of a model that the paper prints" in words(figure)
    assert "mine" in words(figure)


def test_a_model_without_published_numbers_has_points_where_it_has_results(plan):
    made = plan(values("mine"), lambda run: run.key.model != "mine" or run.horizon != 192)
    found = points_of(ledger_of(made), "long_term_forecast", "mse")
    (point, with_top) = [point for point in found.points if point.model == "mine"]
    assert (point.name, point.top, point.own, with_top.top) == ("ETTh1 96", False, True, True)
    none = plan(values("mine"), lambda run: False)
    found = points_of(ledger_of(none), "long_term_forecast", "mse")
    assert {point.model for point in found.points} == set(OURS)  # hollow: published
    assert found.known["mine"] == {"ETTh1"}


def test_a_model_that_cannot_be_built_costs_its_own_points(plan, drawn):
    entry = {"broken": {"module": "figure_broken"}}
    models = {"models": {**MODELS, **entry}, "run_models": [*OURS, "broken"]}
    made = plan({**values(), **models}, lambda run: run.key.model != "broken")
    figure = drawn(parameters, made).figure
    assert "Left out where no run of it is done: broken; " in words(figure)
    assert "no such layer" in words(figure)
    assert words(figure).count("no such layer") == 1
    check_tidy(figure)
    alone = points_of(ledger_of(plan(values())), "long_term_forecast", "mse").points
    assert points_of(ledger_of(made), "long_term_forecast", "mse").points == alone


def test_what_other_models_alone_ran_has_no_published_point(drawings_of_both):
    mse = drawings_of_both[1][1]["top_effect"].figure.axes[0]
    names = [label.get_text() for label in mse.get_yticklabels()]
    assert "ETTh1\n(96, 192 only)" in names
    hollow = [line.get_ydata()[0] for line in mse.lines if line.get_markerfacecolor() == "white"]
    assert hollow == [names.index("ETTh1\n(96, 192 only)")]
    assert "Weather\n(96 only)" in names


def test_learning_curves_of_all_models(together, drawn):
    made = together
    for name in made.runs_of("long_term_forecast"):
        finish(made, name, {"mse": 0.4}, history=HISTORY)
    figure = drawn(learning_curves, made).figure
    names = [entry.get_text() for entry in figure.legends[0].get_texts()]
    assert names[-3:] == ["mine, without TOP", "mine, with TOP", "linear, without TOP"]


def test_examples_of_other_models_follow_those_of_ours(together, drawn):
    made = together
    window = {"input": [0.0] * 4, "target": [1.0] * 4, "prediction": [1.1] * 4, "mse": 0.01}
    examples = {
        "examples": [{**window, "quantile": quantile} for quantile in (0.5, 0.9)],
        "how": "chosen", "channel": None, "unit": "value", "maps": None,
    }  # fmt: skip
    for name in reversed(made.runs_of("long_term_forecast")):
        write_examples(made.own_examples_file(name), made.runs[name], {}, {}, examples)
    drawing = drawn(window_examples, made, "forecast")
    text = words(drawing.figure)
    assert len(drawing.figure.axes) == 2 * 5
    rows = [text.split(f"Row {number}: ")[1].split(",")[0] for number in range(1, 6)]
    assert rows[0] == "ETTh1 96: model specar"
    assert {row.partition("model ")[2] for row in rows[1:]} == {"mine", "linear"}
    assert "of each dataset, of SpecAR-Net and of each other model," in text
    check_tidy(drawing.figure)


def test_long_labels_fit(plan):
    label = "a-model-with-the-longest-label-there-is1"
    entry = {label: {"module": "figure_mine", "published_as": "TimesNet"}}
    made = plan({**values(), "models": entry, "run_models": [*OURS, label]})
    names = ("comparison", "classification_models", "parameters", "top_effect")
    for _, drawn in drawings(ledger_of(made), {name: PAPER_FIGURES[name] for name in names}):
        check_tidy(drawn.figure)


def test_a_number_as_a_marker_is_drawn_without_dollars():
    with figure_style():
        shape, text = further_look(40).shape, TextPath((0, 0), further_look(40).marker.strip("$"))
        assert len(shape.get_path().vertices) == len(text.vertices)
