"""Learning curves and examples: drawn from what runs leave, tidy, and honest about what is missing."""

import json

import numpy as np
import pytest
import torch
from matplotlib.colors import LogNorm

from specar.figures import anomaly_examples, learning_curves, spectrograms, window_examples
from specar.figures.style import figure_style
from specar.models import build_model
from specar.runs.examples import write_examples

from ..conftest import OF_TASK, config_values
from .conftest import finish
from .looks import check_tidy, words

DRAWN = [
    (learning_curves,), (window_examples, "forecast"), (window_examples, "imputation"), (anomaly_examples,),
    (spectrograms,),
]  # fmt: skip
MATRIX = [{"task": task, "datasets": [dataset]} for task, dataset in OF_TASK.items()]


@pytest.fixture
def shown(plan, make_small_task):
    """A plan with records, epochs and real examples of untrained models, without those of ``leave_out``."""

    def make(leave_out=()):
        made = plan(config_values(matrix=MATRIX, seeds=[1, 2]))
        for name, run in made.runs.items():
            key = {"classification": "accuracy", "short_term_forecast": "smape"}.get(run.task, "mse")
            history = [
                {
                    "epoch": epoch,
                    "train_loss": 1 / epoch,
                    "val": {key: 0.5 + 0.1 * (epoch % 3)},
                    "seconds": 1.0,
                }
                for epoch in range(1, 6)
            ]
            finish(made, name, {key: 0.5}, history=history)
            if run.task not in leave_out:
                task = make_small_task(run.task)
                torch.manual_seed(run.seed)
                model = build_model(run.model.module, run.model.settings, task.shape).eval()
                with torch.inference_mode():
                    examples = task.examples(model, task.test(model).details)
                write_examples(made.own_examples_file(name), run, {}, {}, examples)
        return made

    return make


def test_all_are_tidy_and_say_what_is_shown(shown, drawn, tmp_path):
    made = shown()
    for module, *arguments in DRAWN:
        figure, title, alt = drawn(module, made, *arguments)
        check_tidy(figure)
        assert title in alt
        if module is not learning_curves:
            assert "seed 1" in words(figure)
        with figure_style():
            figure.savefig(tmp_path / "a.svg")
        assert (tmp_path / "a.svg").stat().st_size < 300_000


def test_a_forecast_panel_shows_the_numbers_of_the_file(shown, drawn):
    made = shown()
    (name,) = [n for n, run in made.runs.items() if run.task == "long_term_forecast" and run.seed == 1]
    content = json.loads(made.examples_file(name).read_text())
    figure = drawn(window_examples, made, "forecast").figure
    lines = figure.axes[0].lines[1:]
    for line, key in zip(lines, ("input", "target", "prediction"), strict=True):
        assert line.get_ydata().tolist() == content["examples"][0][key]
    assert "among 49 test windows" in words(figure)
    assert "Runs with examples: 4 of 4." in words(figure)
    assert "2 in all; 2 left out." in words(figure)


def test_scores_are_on_a_log_scale_with_the_threshold_and_the_segments(shown, drawn):
    figure = drawn(anomaly_examples, shown()).figure
    score, series = figure.axes
    content = next(line for line in score.lines if line.get_linestyle() == "--")
    assert score.get_yscale() == "log"
    assert content.get_ydata()[0] == content.get_ydata()[1] > 0
    assert len(score.patches) == len(series.patches) == 3
    assert score.get_xlim() == series.get_xlim() == (-0.5, 399.5)


def test_maps_have_frequencies_and_steps_as_axes(shown, drawn):
    figure = drawn(spectrograms, shown()).figure
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == 2 * 5
    for axes in panels:
        (image,) = axes.images
        assert isinstance(image.norm, LogNorm)
        assert axes.get_ylim() == pytest.approx((-0.125, 0.625))  # three bins of a window of four steps
    forecast = panels[0], panels[1]
    assert [axes.get_xlim()[1] for axes in forecast] == [23.5, 35.5]  # input, and with the horizon


def test_the_selected_epoch_is_marked(shown, drawn):
    figure = drawn(learning_curves, shown()).figure
    loss, validation = figure.axes[:2]
    marks = [line for line in loss.lines if len(line.get_xdata()) == 1]
    assert [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks] == [(3, 1 / 3)] * 2
    assert len(validation.lines) == 4
    assert np.isclose(figure.axes[7].lines[0].get_ydata()[0], 60)  # accuracy in percent


@pytest.mark.parametrize("named", DRAWN)
def test_what_is_missing_is_said_in_words(plan, drawn, named):
    for done in (False, True):
        figure, _, alt = drawn(named[0], plan(config_values(matrix=MATRIX), lambda _, d=done: d), *named[1:])
        check_tidy(figure)
        assert "Nothing to show" in alt
        assert not figure.axes


def test_a_plan_without_the_task_says_so(plan, drawn):
    made = plan(config_values(matrix=MATRIX[:1]))
    assert "has no runs of anomaly detection" in drawn(anomaly_examples, made).alt


def test_runs_without_examples_are_counted(shown, drawn):
    figure = drawn(spectrograms, shown(["classification", "imputation"])).figure
    assert "Runs with such maps: 6 of 10" in words(figure)


def test_damaged_examples_cost_their_own_run(shown, drawn):
    made = shown()
    name = next(name for name, run in made.runs.items() if run.task == "long_term_forecast")
    made.own_examples_file(name).write_text("{")
    text = words(drawn(window_examples, made, "forecast").figure)
    assert "Runs with examples: 3 of 4." in text
    assert "Examples of 1 more cannot be read." in text
