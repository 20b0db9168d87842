"""The files of the figures: which there are, and that the same results give the same bytes."""

import logging
import subprocess
import sys
import types

import pytest
from matplotlib.figure import Figure

from specar.base.errors import SpecarError
from specar.figures.files import FIGURES, figure_files
from specar.figures.write import write_figures
from specar.paper.sources import SOURCES


@pytest.mark.parametrize("task", SOURCES)
def test_files_are_those_named(task, written, tmp_path, caplog):
    folder = tmp_path / "figures"
    with caplog.at_level(logging.INFO):
        files = write_figures(*written(task, cells=2), folder)
    assert not caplog.records
    assert [path.name for path in files] == figure_files(task)
    assert sorted(folder.iterdir()) == sorted(files)
    for path, start in zip(files, (b"%PDF-", b"<?xml", b"\x89PNG"), strict=True):
        assert path.read_bytes().startswith(start)


def test_names():
    assert figure_files("imputation") == [
        f"imputation_comparison.{suffix}" for suffix in ("pdf", "svg", "png")
    ]


CODE = """
import sys
import pandas as pd
from specar.figures.write import write_figures

task, collected, floors, matrix, folder = sys.argv[1:]
write_figures(task, collected, floors, pd.read_csv(matrix), __import__("pathlib").Path(folder))
print("matplotlib.pyplot" in sys.modules)
"""


def test_same_results_give_the_same_bytes(written, tmp_path, monkeypatch):
    """In another process, with other hashes, and whatever a user's matplotlibrc says."""
    task, collected, floors, matrix = written("long_term_forecast", seeds=(1, 2), cells=6)
    matrix = tmp_path / "matrix.csv"
    own = tmp_path / "matplotlibrc"
    own.write_text("font.size: 20\nsavefig.bbox: tight\nlines.linewidth: 5\nsvg.fonttype: none\n")
    contents = []
    for seed, rc in (("1", None), ("2", own)):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        if rc:
            monkeypatch.setenv("MATPLOTLIBRC", str(rc))
        folder = tmp_path / f"figures{seed}"
        arguments = [task, *map(str, (collected, floors, matrix, folder))]
        done = subprocess.run(
            [sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=True
        )
        assert done.stdout == "False\n"  # no state of pyplot
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1]
    for name, content in contents[0].items():
        for word in (b"CreationDate", b"dc:date", b"Software", b"Matplotlib v", b"tEXtCreation"):
            assert word not in content, (name, word)
        assert (b"Title" if name.endswith(("pdf", "png")) else b"<dc:title>") in content


def test_a_figure_is_a_module_and_a_line(written, tmp_path, monkeypatch):
    def draw(results):
        return Figure(), f"Another figure of {results.task}"

    monkeypatch.setitem(sys.modules, "another", types.SimpleNamespace(draw=draw))
    monkeypatch.setitem(FIGURES, "another", "another")
    files = write_figures(*written("imputation", cells=1), tmp_path / "figures")
    assert [path.name for path in files] == figure_files("imputation")
    assert b"Another figure of imputation" in (tmp_path / "figures" / "imputation_another.svg").read_bytes()


def test_a_folder_that_cannot_be_written_to_is_one_line(written, tmp_path):
    (tmp_path / "figures").touch()
    with pytest.raises(SpecarError, match=r"^cannot write .*imputation_comparison\.pdf.*$"):
        write_figures(*written("imputation", cells=1), tmp_path / "figures")


def test_unreadable_inputs(tmp_path):
    with pytest.raises(SpecarError, match=r"none\.csv"):
        write_figures("imputation", tmp_path / "none.csv", tmp_path / "none.csv", [], tmp_path)


def test_names_and_tables_need_no_drawing():
    code = (
        "import sys, {}; print(sorted({{'matplotlib', 'pandas', 'numpy', 'torch', {}}} & set(sys.modules)))"
    )
    for module, allowed in (("specar.figures.files", []), ("specar.tables.write", ["numpy", "pandas"])):
        done = subprocess.run(
            [sys.executable, "-c", code.format(module, "'scipy'")], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{allowed}\n"
