"""The files of the figures: which there are, and that the same results give the same bytes."""

import json
import logging
import subprocess
import sys
import types

import pytest
from matplotlib.figure import Figure

from specar.base.errors import SpecarError
from specar.cli import main
from specar.figures.drawing import Drawing
from specar.figures.files import FIGURES, PAPER_FIGURES
from specar.outputs import names
from specar.outputs.write import write_figures, write_paper_figures
from specar.results.ledger import ledger_of
from specar.runs.places import Places
from specar.runs.store import write_plan

VALUES = {
    "matrix": [
        {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]},
        {"task": "long_term_forecast", "datasets": ["ETTh1"], "horizons": [96]},
    ],
    "seeds": [1, 2],
}


def test_files_are_those_named(plan, caplog):
    made = plan(VALUES)
    with caplog.at_level(logging.INFO):
        files = write_figures(ledger_of(made), "imputation")
    assert not caplog.records
    assert [path.name for path in files] == names.figure_files("imputation")
    assert sorted(made.figures.iterdir()) == sorted(files)
    for path, start in zip(files, (b"%PDF-", b"<?xml", b"\x89PNG"), strict=True):
        assert path.read_bytes().startswith(start)


def test_names():
    assert names.figure_files("imputation") == [
        f"imputation_comparison.{suffix}" for suffix in ("pdf", "svg", "png")
    ]


CODE = """
import sys
from pathlib import Path
from specar.outputs.write import write_figures, write_paper_figures
from specar.results.ledger import ledger_of
from specar.runs.store import read_plan

ledger = ledger_of(read_plan(Path(sys.argv[1])))
write_figures(ledger, "long_term_forecast")
write_paper_figures(ledger, ["learning_curves"])
print("matplotlib.pyplot" in sys.modules)
"""


def test_same_results_give_the_same_bytes(plan, tmp_path, monkeypatch):
    """In another process, with other hashes, and whatever a user's matplotlibrc says."""
    made = plan({**VALUES, "models": {"mine": {"module": "figure_mine"}}, "run_models": ["specar", "mine"]})
    write_plan(made, tmp_path / "plan.json")
    write_figures(ledger_of(made), "long_term_forecast")
    write_paper_figures(ledger_of(made), ["learning_curves"])
    here = {path: path.read_bytes() for path in made.figures.rglob("*.*")}
    assert len(here) == 3 + 4
    for path in here:
        path.unlink()
    rc = tmp_path / "matplotlibrc"
    rc.write_text("font.size: 20\nsavefig.bbox: tight\nlines.linewidth: 5\nsvg.fonttype: none\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(rc))
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    monkeypatch.setenv("PYTHONPATH", ":".join(["", *sys.path]).strip(":"))
    arguments = [sys.executable, "-c", CODE, str(tmp_path / "plan.json")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"  # no state of pyplot
    assert {path: path.read_bytes() for path in made.figures.rglob("*.*")} == here
    for path, content in here.items():
        name = path.name
        for word in (b"CreationDate", b"dc:date", b"Software", b"Matplotlib v", b"tEXtCreation"):
            assert word not in content, (name, word)
        if not name.endswith("json"):
            assert (b"Title" if name.endswith(("pdf", "png")) else b"<dc:title>") in content


def draw(ledger, *arguments):
    done = int(ledger.of("imputation").runs["value"].notna().sum())
    assert ledger.of("classification").cells.empty
    return Drawing(Figure(), f"A figure {'-'.join(arguments)}", f"{done} results.")


@pytest.fixture
def other(monkeypatch):
    monkeypatch.setitem(sys.modules, "another", types.SimpleNamespace(draw=draw))
    one = {"a": ("another",)}
    for figures, added in ((FIGURES, one), (PAPER_FIGURES, {**one, "b": ("another", "x", "y")})):
        for name in list(figures):
            monkeypatch.delitem(figures, name)
        for name, item in added.items():
            monkeypatch.setitem(figures, name, item)


@pytest.mark.usefixtures("other")
def test_a_figure_is_a_module_and_a_line(plan):
    made = plan(VALUES)
    ledger = ledger_of(made)
    assert [path.name for path in write_figures(ledger, "imputation")] == names.figure_files("imputation")
    assert b"A figure imputation" in (made.figures / "imputation_a.svg").read_bytes()
    written = write_paper_figures(ledger)
    assert [path.name for path in written] == names.paper_figure_files()
    assert sorted(made.paper_figures.iterdir()) == sorted(written)
    said = json.loads((made.paper_figures / "b.json").read_text())
    # 2 models, without and with TOP, 2 seeds, MSE and MAE
    assert said == {"title": "A figure x-y", "alt": "16 results."}
    svg = (made.paper_figures / "b.svg").read_bytes()
    assert b"<dc:title>A figure x-y</dc:title>" in svg
    assert b"<dc:description>16 results.</dc:description>" in svg


@pytest.mark.usefixtures("other")
def test_only_what_is_asked_for(plan):
    ledger = ledger_of(plan(VALUES))
    assert {path.stem for path in write_paper_figures(ledger, ["b"])} == {"b"}
    with pytest.raises(SpecarError, match="no figure 'c'; known: a, b"):
        write_paper_figures(ledger, ["c"])


@pytest.mark.usefixtures("other")
def test_a_damaged_record_costs_its_own_run(plan):
    made = plan(VALUES)
    made.own_record_file(next(name for name in made.runs if name.startswith("imputation"))).write_text("{")
    write_paper_figures(ledger_of(made), ["a"])
    assert json.loads((made.paper_figures / "a.json").read_text())["alt"] == "14 results."


@pytest.mark.usefixtures("other")
def test_the_command(plan, tmp_path):
    made = plan(VALUES)
    write_plan(made, tmp_path / "plan.json")
    assert main(["paper-figures", "a", "--plan", str(tmp_path / "plan.json")]) == 0
    assert (Places(made.config).paper_figures / "a.json").exists()


def test_a_folder_that_cannot_be_written_to_is_one_line(plan):
    made = plan(VALUES)
    made.figures.touch()
    with pytest.raises(SpecarError, match=r"^cannot write .*imputation_comparison\.pdf.*$"):
        write_figures(ledger_of(made), "imputation")


def test_names_need_no_drawing():
    heavy = {"matplotlib", "pandas", "numpy", "torch"}
    code = f"import sys, specar.figures.files; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
