"""Figures over the whole plan: their files, their words, and what stands in the way of drawing them."""

import json
import sys
import types

import pytest
from matplotlib.figure import Figure

from specar.base.errors import SpecarError
from specar.cli import main
from specar.figures import files
from specar.figures.plan_request import PaperFigure
from specar.figures.plan_write import write_paper_figures
from specar.runs.store import Places, write_plan

VALUES = {"matrix": [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}], "seeds": [1]}


def draw(results, *arguments):
    runs = results.of("imputation").runs
    done = int(runs["value"].notna().sum())
    assert results.of("imputation").runs is runs  # read once
    assert results.of("classification").table.empty
    return PaperFigure(Figure(), f"A figure {'-'.join(arguments)}", f"{done} results.")


@pytest.fixture
def other(monkeypatch):
    monkeypatch.setitem(sys.modules, "another", types.SimpleNamespace(draw=draw))
    monkeypatch.setattr(files, "PAPER_FIGURES", {"a": ("another",), "b": ("another", "x", "y")})
    monkeypatch.setattr("specar.figures.plan_write.PAPER_FIGURES", files.PAPER_FIGURES)


@pytest.mark.usefixtures("other")
def test_a_figure_is_a_module_and_a_line(plan):
    made = plan(VALUES)
    written = write_paper_figures(made)
    assert [path.name for path in written] == files.paper_figure_files()
    assert sorted(made.paper_figures.iterdir()) == sorted(written)
    said = json.loads((made.paper_figures / "b.json").read_text())
    assert said == {"title": "A figure x-y", "alt": "8 results."}  # 2 architectures, without and with TOP
    svg = (made.paper_figures / "b.svg").read_bytes()
    assert b"<dc:title>A figure x-y</dc:title>" in svg
    assert b"<dc:description>8 results.</dc:description>" in svg


@pytest.mark.usefixtures("other")
def test_only_what_is_asked_for(plan):
    made = plan(VALUES)
    assert {path.stem for path in write_paper_figures(made, ["b"])} == {"b"}
    with pytest.raises(SpecarError, match="no figure c; there are a, b"):
        write_paper_figures(made, ["c"])


@pytest.mark.usefixtures("other")
def test_a_damaged_record_is_named(plan):
    made = plan(VALUES)
    damaged = made.own_record_file(next(iter(made.runs)))
    damaged.write_text("{")
    with pytest.raises(SpecarError, match=r"metrics\.json is not valid JSON"):
        write_paper_figures(made)


@pytest.mark.usefixtures("other")
def test_the_command(plan, tmp_path):
    made = plan(VALUES)
    write_plan(made, tmp_path / "plan.json")
    assert main(["paper-figures", "a", "--plan", str(tmp_path / "plan.json")]) == 0
    assert (Places(made.config).paper_figures / "a.json").exists()
