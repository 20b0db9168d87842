"""Figures of ablations: they hold what the table holds, and say it where there is nothing."""

from specar.figures.ablation import draw
from specar.figures.style import figure_style
from specar.outputs.write import write_ablation
from specar.results.ablations import ablation_runs, ablation_table

from .conftest import plan_with


def drawn(plan, name="depth"):
    with figure_style():
        return draw(plan, name, ablation_table(plan, name), ablation_runs(plan, name))


def test_curves_have_a_point_per_level_done(plan, write):
    for level, value in (("1", 0.1), ("3", 0.2)):
        for run_id in plan.levels_of("depth")[level]:
            write(plan, run_id, {"mse": value, "mae": value})
    figure = drawn(plan)
    (axes,) = figure.figure.axes
    (line, *_) = axes.lines
    assert list(line.get_xydata().ravel()) == [0, 0.1, 2, 0.2]
    assert "2 of 3 points run" in figure.alt


def test_noise_is_not_magnified(plan, write):
    for level, value in (("1", 0.2), ("2", 0.2005), ("3", 0.2)):
        first = next(iter(plan.levels_of("depth")[level]))
        write(plan, first, {"mse": value, "mae": value})
    (axes,) = drawn(plan).figure.axes
    low, high = axes.get_ylim()
    assert high - low >= 0.1 * 0.2  # of one seed: 5 % to both sides
    assert [text.get_text() for text in axes.texts] == ["one seed"]


def test_published_numbers_alone_are_drawn_and_nothing_is_said_in_words(plan):
    assert len(drawn(plan, "backbone").figure.axes) == 3
    assert not drawn(plan, "depth").figure.axes
    assert "None of its runs is done yet" in drawn(plan, "depth").alt


def test_all_files_are_written(plan):
    files = write_ablation(plan, "hop")
    assert sorted(path.suffix for path in files) == [".csv", ".html", ".md", ".pdf", ".png", ".svg", ".tex"]
    assert all(path.stat().st_size for path in files)
    assert "| published" in (plan.ablations / "hop.md").read_text()


def test_levels_that_are_models_are_compared_with_one_another(tmp_path, write):
    """A level of several models is none: they are compared each by itself."""
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}
    one = {"title": "Models", "question": "Which?", "entries": [entry]}
    levels = {"ours": {"models": ["specar"]}, "theirs": {"models": ["specar-released"]}}
    both = {"ours": {}, "same": {"model": {"e_layers": 3}}}
    made = plan_with(
        tmp_path,
        run_models=["specar", "specar-released"],
        ablations={"models": {**one, "levels": levels}, "blocks": {**one, "levels": both}},
    )
    for name in ("models", "blocks"):
        for level, runs in made.levels_of(name).items():
            for run_id in runs:
                if not made.own_record_file(run_id).exists():
                    write(made, run_id, {"mse": 0.2 if level in ("theirs", "same") else 0.1, "mae": 0.1})
    rows = [label.get_text() for label in drawn(made, "models").figure.axes[0].get_yticklabels()]
    assert rows == ["ETTh1, our runs (without TOP)"]
    rows = [label.get_text() for label in drawn(made, "blocks").figure.axes[0].get_yticklabels()]
    assert rows == [f"ETTh1, our runs ({name}, without TOP)" for name in ("specar", "specar-released")]
