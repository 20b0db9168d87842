"""The figures target and Snakemake's report, of tiny real runs."""

import html
import importlib.resources
import json
import re
import zipfile

import pytest

from specar.outputs.names import figure_files, table_files

TASKS = {"long_term_forecast": "Long-term forecasting", "imputation": "Imputation"}
NOTE = "Small *stars* and an under_score_, `as typed`."
ASSETS = importlib.resources.files("snakemake.assets") / "data" / "vega" / "vega.js"


def fill(workspace):
    """Draw figures of a dataset of the paper, by name, so that there is something to compare."""
    small = workspace.values["datasets"]["Small"]
    experiments = workspace.values["experiments"]
    of_paper = {"long_term_forecast": {"ILI": {"seq_len": 24, "horizons": {24: {}}}}}
    matrix = [
        {"task": "long_term_forecast", "datasets": ["ILI"], "horizons": [24]},
        {"task": "imputation", "datasets": ["Small"]},
        {"task": "imputation", "datasets": ["Small"], "protocol": "strict"},
    ]
    workspace.configure(
        datasets={**workspace.values["datasets"], "ILI": small},
        experiments={**experiments, **of_paper},
        matrix=matrix,
        training={"epochs": 1, "batch_size": 16},
        note=NOTE,
    )
    workspace.snakemake("figures")


@pytest.fixture
def with_figures(made_once):
    """What ``ready`` copies; not to be changed."""
    return made_once("report", fill)


@pytest.fixture
def ready(with_figures, copied):
    """A workspace of one's own where ``snakemake figures`` has run."""
    return copied(with_figures)


@pytest.fixture
def complete(made_once, with_figures, copied):
    """The same where ``snakemake`` has run as well."""
    return copied(made_once("complete", lambda workspace: workspace.snakemake(), source=with_figures))


def embedded(page, name):
    """A value that the report's page carries as JSON."""
    return json.loads(re.search(rf'^ *var {name} = ([{{"].*);$', page, re.MULTILINE)[1])


def plain(text):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


def test_figures_target(ready):
    figures, tables = ready.folder / "results" / "figures", ready.folder / "results" / "tables"
    assert {path.name for path in figures.iterdir()} == {
        name for task in TASKS for name in figure_files(task)
    }
    assert not tables.exists()
    starts = {".pdf": b"%PDF-", ".svg": b"<?xml", ".png": b"\x89PNG\r\n\x1a\n"}
    before = {path: path.read_bytes() for path in figures.iterdir()}
    for path, content in before.items():
        assert content.startswith(starts[path.suffix])
    svg = (figures / "long_term_forecast_comparison.svg").read_text()
    assert "<!-- Protocol: published, which is how the paper measures. -->" in svg
    assert "<!-- Model specar: 2 of 180 published cells run so far; 178 not asked for. -->" in svg
    assert "Nothing to compare" in (figures / "imputation_comparison.svg").read_text()
    # a figure that was deleted is drawn again, to the same bytes, and nothing is trained
    trained = {path: path.stat().st_mtime_ns for path in ready.records()}
    (figures / "imputation_comparison.pdf").unlink()
    ready.snakemake("imputation")
    assert {path: path.read_bytes() for path in figures.iterdir()} == before
    assert {path: path.stat().st_mtime_ns for path in ready.records()} == trained
    assert {path.stem for path in tables.iterdir()} == {"imputation", "imputation_averaged"}


def test_the_report_takes_what_is_there_and_makes_nothing(complete):
    ready = complete
    next(path for path in ready.records() if path.parent.name.startswith("long_term")).unlink()
    trained = {path: path.stat().st_mtime_ns for path in ready.records()}
    done = ready.snakemake("report")
    assert "report  results/report/index.html" in done.stdout
    page = ready.folder / "results" / "report" / "index.html"
    assert "2 runs of 3 are done" in " ".join(page.read_text(encoding="utf-8").split())
    assert {path: path.stat().st_mtime_ns for path in ready.records()} == trained
    planned = ready.snakemake("report", "-n", "-p", "--quiet", "host").stdout
    assert "specar report" in planned  # it always runs
    ready.snakemake()  # with everything there, the page says so
    assert "3 runs of 3 are done" in " ".join(page.read_text(encoding="utf-8").split())
    assert "Nothing to be done" in ready.snakemake().stderr


@pytest.mark.skipif(
    not ASSETS.is_file(), reason="this snakemake lacks the files of its report and would download them"
)
def test_report_has_every_table_and_figure(complete, monkeypatch):
    ready = complete
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there: a download would fail
    ready.snakemake("--report", "report.html")
    page = (ready.folder / "report.html").read_text(encoding="utf-8")
    categories, results = embedded(page, "categories"), embedded(page, "results")
    kinds = {"Tables": ("tables", table_files), "Figures": ("figures", figure_files)}
    expected = {
        kind: {
            title: sorted(f"results/{folder}/{name}" for name in files(task)) for task, title in TASKS.items()
        }
        for kind, (folder, files) in kinds.items()
    }
    found = {
        kind: {title: sorted(paths) for title, paths in parts.items()} for kind, parts in categories.items()
    }
    assert [*found.pop("Report").values()] == [["results/report/index.html"]]
    assert found == expected
    labels = {path: result["labels"] for path, result in results.items()}
    assert labels["results/tables/imputation_averaged.html"] == {"form": "averaged", "format": "HTML"}
    assert labels["results/tables/imputation.md"] == {"form": "all cells", "format": "Markdown"}
    assert labels["results/figures/imputation_comparison.png"] == {"figure": "comparison", "format": "PNG"}
    for path, result in results.items():
        caption = plain(result["caption"])
        assert f"Note: {NOTE}" in caption
        if path == "results/report/index.html":
            continue
        assert "of the task " + ("long term forecast" if "long_term" in path else "imputation") in caption
        assert "problematic" not in result["caption"]
    assert "(protocol: published, strict)" in plain(results["results/tables/imputation.csv"]["caption"])
    description = plain(embedded(page, "workflow_desc"))
    assert description.startswith("Reproduction of SpecAR-Net")
    assert f"Note: {NOTE}" in description

    ready.snakemake("--report", "report.zip")
    with zipfile.ZipFile(ready.folder / "report.zip") as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {path.rpartition("/")[2] for path in results} | {"report.html"} == names


def test_no_part_of_the_report_is_missing_after_a_failed_run(failed):
    text = (failed.folder / "results" / "tables" / "imputation.html").read_text(encoding="utf-8")
    assert "Failed runs:" in text
    assert "lower training.learning_rate" in text
    failed.snakemake("--report", "report.html")
    found = embedded((failed.folder / "report.html").read_text(encoding="utf-8"), "results")
    names = [*table_files("imputation"), *figure_files("imputation"), "index.html"]
    assert sorted(path.rpartition("/")[2] for path in found) == sorted(names)
