"""Figures of ablations: they hold what the table holds, and say it where there is nothing."""

from specar.figures.ablation import draw
from specar.figures.style import figure_style
from specar.results.ablations import ablation_runs, ablation_table
from specar.tables.ablation_write import write_ablation


def drawn(plan, name="depth"):
    with figure_style():
        return draw(plan.config.ablations[name], ablation_table(plan, name), ablation_runs(plan, name), None)


def test_curves_have_a_point_per_level_done(plan, write):
    for level, value in (("1", 0.1), ("3", 0.2)):
        for run_id in plan.levels_of("depth")[level]:
            write(plan, run_id, {"mse": value, "mae": value})
    figure = drawn(plan)
    (axes,) = figure.figure.axes
    (line, *_) = axes.lines
    assert list(line.get_xydata().ravel()) == [0, 0.1, 2, 0.2]
    assert "2 of 3 points reproduced" in figure.alt


def test_published_numbers_alone_are_drawn_and_nothing_is_said_in_words(plan):
    assert len(drawn(plan, "backbone").figure.axes) == 3
    assert not drawn(plan, "depth").figure.axes
    assert "None of its runs is done yet" in drawn(plan, "depth").alt


def test_all_files_are_written(plan):
    files = write_ablation(plan, "hop")
    assert sorted(path.suffix for path in files) == [".csv", ".html", ".md", ".pdf", ".png", ".svg", ".tex"]
    assert all(path.stat().st_size for path in files)
    assert "| published" in (plan.ablations / "hop.md").read_text()
