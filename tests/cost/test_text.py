"""What 'specar status' and 'specar cost' say of the time that runs take."""

import json
from pathlib import Path

import pytest

from specar.cli import main
from specar.config import parse_config
from specar.cost.predict import duration, summary
from specar.runs.store import plan_of
from specar.tables.render import pipes
from specar.tables.status import cost_table, cost_text

PAGE = Path(__file__).parents[2] / "docs/speed.md"
ROW = {
    "device": "known",
    "threads": 4,
    "precision": "fp32",
    "batch_size": 1,
    "forward_multiply_adds": 1,
    "training_multiply_adds": 3,
    "elements": 1,
    "step_seconds": {"specar": 3.0},
    "evaluation_seconds_per_example": 1.0,
}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Two runs in a folder without data and without a benchmark."""
    monkeypatch.chdir(tmp_path)
    matrix = [{"task": "long_term_forecast", "datasets": ["ILI"], "horizons": [24], "top": [False]}]
    return plan_of(parse_config({"matrix": matrix, "seeds": [1]}))


def test_without_a_benchmark(plan):
    first, *_ = plan.runs
    head, *lines, last = summary(plan, {first: 0.5}).splitlines()
    assert "patience may end runs earlier" in head
    assert [line.split(": ")[1].split(" (")[0] for line in lines] == [
        "H200",
        "RTX 3090",
        "AMD EPYC, 2 threads",
    ]
    assert all(" for 2 runs, " in line and " for the 1 left" in line for line in lines)
    assert ["not measured" in line for line in lines] == [True, True, False]
    assert "(measured on " in lines[2]
    assert last.strip() == "'make bench' measures this machine"


def test_with_a_benchmark(plan, tmp_path):
    path = tmp_path / "results" / "benchmarks" / "speed.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps([ROW] * 6))
    _, line = summary(plan, dict.fromkeys(plan.runs, 1.0)).splitlines()
    assert "for the 2 left: known, 4 threads (measured, results/benchmarks/speed.json; " in line
    assert "known, 4 threads (make bench)" in [column.headings[0] for column in cost_table(plan).columns]


def test_a_model_of_ones_own_is_left_out(plan, tmp_path):
    (tmp_path / "mine_of_cost.py").write_text("def build(config, shape):\n    raise NotImplementedError\n")
    values = {
        "matrix": plan.config.model_dump()["matrix"],
        "models": {"mine": {"module": "mine_of_cost"}},
        "run_models": ["mine"],
    }
    own = plan_of(parse_config(values))
    left_out = f"without {len(own.runs)} runs of a dataset of unknown sizes or of a model without 'work'"
    assert summary(own, {}) == f"cost model: {left_out}"
    assert cost_text(own).endswith(left_out)


def test_nothing_is_left(plan):
    assert "left" not in summary(plan, {})


def test_table_of_the_command(plan, capsys, tmp_path):
    (tmp_path / "config.yaml").write_text("seeds: [1]\n")
    assert main(["cost", "--config", "config.yaml"]) == 0
    text = capsys.readouterr().out.split("\n\n")[0]
    assert main(["cost", "--json", "--config", "config.yaml"]) == 0
    rows = json.loads(capsys.readouterr().out)
    for row in rows:
        assert list(row["hours"]) == [
            "H200 (assumed)",
            "RTX 3090 (assumed)",
            "AMD EPYC, 2 threads (measured)",
        ]
    counts = [row["runs"] for row in rows]
    assert counts[:-2] == [288, 48, 192, 60, 24]
    assert counts[-2] == sum(counts[:-2])
    assert rows[-1]["task"] == "all but Traffic and Electricity"
    lines = text.splitlines()[-len(rows) :]
    assert [line.split("  ")[0] for line in lines] == [row["task"] for row in rows]
    assert len(set(map(len, lines))) == 1  # aligned


def test_the_page_has_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    assert pipes(cost_table(plan_of(parse_config({})))) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12, "12 s"), (3000, "50 min"), (86400 * 2 + 7200, "2 d 2 h"), (86400 * 3000.4, "3,000 d")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
