"""How far test metrics move with the evaluation batches: measured by a command, shown with its conditions."""

import json

import pytest

from specar.cli import main
from specar.config import Execution, load_config
from specar.runs.store import plan_of
from specar.runs.train import train
from specar.tables.batches import batches_table, unmeasured

from ..conftest import config_values

EXECUTION = Execution(device="cpu", threads=1, keep_weights=True)
TIMESNET = {"module": "timesnet", "settings": {"d_model": 4, "d_ff": 4, "e_layers": 2, "top_k": 4}}


@pytest.fixture
def place(prepared_folders, tmp_path):
    """A plan of two networks of which one depends on the batch, and a function that runs a command."""
    values = config_values(
        matrix=[{"task": "imputation", "datasets": ["Small"], "models": ["dlinear", "timesnet"]}],
        models={"timesnet": TIMESNET},
        model={},
        results=str(tmp_path / "results"),
        cache=str(tmp_path / "cached"),
        data={"dir": str(prepared_folders.parent)},
    )
    (tmp_path / "config.json").write_text(json.dumps(values))
    plan = plan_of(load_config(tmp_path / "config.json"))
    return plan, lambda *words: main([*words, "--config", f"{tmp_path}/config.json"])


def moves(plan):
    table = batches_table(plan)
    at = [column.headings[0] for column in table.columns].index("Move")
    return {line.names[0]: float(line.cells[at].text.rstrip(" %")) for (line,) in table.blocks}


def test_a_model_moves_only_where_it_depends_on_the_batch(place, capsys):
    plan, command = place
    assert batches_table(plan) is None
    assert unmeasured(plan) == ["dlinear", "timesnet"]
    assert command("batches") == 0
    assert "untrained, seed 1" in capsys.readouterr().out
    assert moves(plan)["dlinear"] < 1e-3 < moves(plan)["timesnet"]
    assert unmeasured(plan) == []
    (path, _) = sorted(plan.batches.iterdir())
    content = json.loads(path.read_text())
    assert list(content["metrics"]) == ["1", "7", "256"]
    path.write_text(json.dumps({**content, "examples": 1}))
    assert command("report") == 1
    assert "was edited" in capsys.readouterr().err


def test_measurements_may_come_with_the_project_and_weights_from_the_run(place):
    plan, command = place
    name = next(iter(plan.runs))
    assert command("batches", name) == 0
    before = json.loads((plan.batches / f"{name}.json").read_text())["metrics"]
    plan.cache.mkdir()
    plan.batches.rename(plan.cache / "batches")
    assert list(moves(plan)) == ["dlinear"]
    train(plan.run(name), plan.prepared / "Small", plan.records / name, EXECUTION)
    assert command("batches", name) == 0
    assert batches_table(plan).blocks[0][0].cells[1].text == "trained, seed 1"
    assert json.loads((plan.batches / f"{name}.json").read_text())["metrics"] != before
