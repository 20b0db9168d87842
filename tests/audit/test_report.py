"""The audit as a command, as files and as marks for tables."""

import io

import pandas as pd
import pytest

from specar.base.files import write_json
from specar.cli import main
from specar.paper.audit.checks import flagged_cells
from specar.paper.audit.finding import COLUMNS, SEVERITIES
from specar.paper.audit.outside import with_floors
from specar.paper.numbers import KEY
from specar.runs.records import FORMAT, describe_cell, sealed
from specar.runs.store import plan_of_values
from specar.tables.audit import audit_page, summary
from specar.tables.render import render

MISPRINTS = {
    ("appendix:9", "Weather", "720", "ETSformer", "", "mae", "0.288", "0.388"),
    ("appendix:10", "Weather", "720", "ETSformer", "", "mae", "0.288", "0.388"),
    ("appendix:11", "ETTh1", "0.125", "Pyraformer", "", "mae", "0.609", "0.690"),
    ("appendix:12", "ETTh1", "0.125", "Pyraformer", "", "mae", "0.609", "0.690"),
    ("appendix:11", "ETTh2", "0.25", "TimesNet", "", "mse", "0.460", "0.046"),
    ("appendix:12", "ETTh2", "0.25", "TimesNet", "", "mse", "0.460", "0.046"),
    ("appendix:4", "ETTm1", "0.25", "SpecAR-Net", "unified", "mse", "0.210", "0.021"),
}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    matrix = "matrix: [{task: classification, datasets: [Heartbeat]}]"
    path.write_text(f"results: {tmp_path / 'results'}\nuse_cache: false\n{matrix}\n", encoding="utf-8")
    return path


def test_misprints_of_the_paper(findings):
    columns = ["source_table", "dataset", "setting", "model", "variant", "metric", "printed", "implied"]
    found = findings.loc[findings["kind"] == "typo", columns]
    assert set(found.itertuples(index=False, name=None)) == MISPRINTS


def test_averages_of_lssl_stay_open(findings):
    rows = findings[(findings["kind"] == "average") & (findings["model"] == "LSSL")]
    several, none = (
        rows["explanation"].str.contains(text) for text in ("nothing tells them apart", "no single slip")
    )
    assert len(rows) == 9
    assert (several ^ none).all()
    assert set(rows[none]["dataset"]) == {"ETTh1", "ETTh2"}


def test_columns_and_order(findings):
    assert list(findings.columns[: len(COLUMNS)]) == COLUMNS
    assert set(KEY) <= set(findings.columns)
    assert list(dict.fromkeys(findings["severity"])) == list(SEVERITIES)
    assert findings.map(lambda text: isinstance(text, str)).all(axis=None)
    assert not findings.duplicated().any()


def test_flagged_cells_are_printed_cells(paper, findings):
    flagged = flagged_cells(findings)
    assert not flagged.duplicated(KEY).any()
    # Where there is no TOP, the finding leaves it open and the number says false.
    both = flagged.merge(paper.numbers, on=[name for name in KEY if name != "top"])
    in_figure = flagged["source_table"].str.contains("fig")
    assert len(both) == (~in_figure).sum() > 30
    assert (both["printed"] == both["value"]).all()


def test_seconds(timed):
    assert timed[1] < 5


def test_markdown_has_every_finding(findings):
    text = render(audit_page(findings)[1], "md")
    assert sum(line.startswith("| ") for line in text.splitlines()) == len(findings) + 2 * len(SEVERITIES)


def test_summary_hides_labels_unless_asked(findings):
    short, full = summary(findings), summary(findings, full=True)
    assert "56 mark" in short
    assert "a tied cell" not in short
    assert "a tied cell" in full
    assert all(len(line) <= 110 for line in full.splitlines())


def test_command_prints_csv(config, findings, capsys):
    assert main(["audit", "--config", str(config), "--csv", "--kind", "typo"]) == 0
    printed = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(printed, findings[findings["kind"] == "typo"].reset_index(drop=True))


def test_command_writes_files(config, tmp_path, findings):
    assert main(["audit", "--config", str(config), "--write"]) == 0
    written = pd.read_csv(tmp_path / "results" / "paper" / "audit.csv", dtype=str, keep_default_na=False)
    assert len(written) == len(findings)
    assert (tmp_path / "results" / "paper" / "audit.md").read_text(encoding="utf-8").startswith("# Audit")


def test_floor_records_replace_the_known_chance_levels(paper, tmp_path):
    matrix = [{"task": "anomaly_detection", "datasets": ["PSM", "MSL"], "seeds": [1]}]
    plan = plan_of_values({"results": str(tmp_path), "matrix": matrix, "use_cache": False})
    name = next(name for name, cell in plan.cells.items() if cell.dataset == "PSM")
    cell = plan.cell(name)
    nothing = {"details": {}, "examples": {"train": 0, "val": 0, "test": 0}}
    about = {
        "data": {"sha256": {}, "prepared_sha256": {}},
        "provenance": {"git": {"commit": None, "modified": None}, "device": {"name": "cpu"}, "versions": {}},
    }
    record = {
        **describe_cell(cell), "format": FORMAT, "baseline": "random", "metrics": {"f1": 0.99},
        **nothing, **about,
        "config": cell.model_dump(mode="json"),
    }  # fmt: skip
    write_json(plan.floor_file(name, "random"), sealed(record))
    scores = with_floors(paper, plan).random_scores.set_index("dataset")
    assert scores.loc["PSM", "f1"] == "99.00"
    assert scores.loc["PSM", "measured"] == f"floor record of {name}"
    assert scores.loc["MSL", "f1"] == "84.63"
