"""A model of one's own beside SpecAR-Net, through Snakemake; a broken one costs its own cells."""

import json
import subprocess

import pandas as pd
import pytest

MINE = """
from pydantic import BaseModel
from torch import nn

class Config(BaseModel):
    hidden: int = 8

class Mine(nn.Module):
    def __init__(self, config, shape):
        super().__init__()
        steps = shape.pred_len or shape.seq_len
        self.first = nn.Linear(shape.seq_len, config.hidden)
        self.second = nn.Linear(config.hidden, steps)

    def forward(self, x, time_features=None, observed_mask=None):
        hidden = self.first(x.transpose(1, 2)).relu()
        return self.second(hidden).transpose(1, 2)

def build(config, shape):
    return Mine(config, shape)
"""
BROKEN = "def build(config, shape):\n    raise ValueError('no idea how')\n"
WRONG = MINE.replace(".transpose(1, 2)\n\ndef", "\n\ndef")
ENTRY = {"task": "imputation", "datasets": ["Small"]}


def own_cells(workspace):
    table = pd.read_csv(workspace.folder / "results" / "tables" / "imputation.csv")
    own = table[(table["dataset"] == "Small") & (table["setting"] == "0.25") & (table["metric"] == "mse")]
    return own.set_index("model")


def test_a_model_beside_specar_net_has_cells_of_its_own(workspace):
    (workspace.folder / "mine.py").write_text(MINE)
    models = {"mine": {"module": "mine"}, "Mine-2": {"module": "mine", "settings": {"hidden": 2}}}
    workspace.configure(matrix=[ENTRY], models=models, run_models=["specar", *models])
    workspace.snakemake()
    records = {
        json.loads(path.read_text())["model"]: json.loads(path.read_text()) for path in workspace.records()
    }
    assert list(records) == ["Mine-2", "mine", "specar"]
    cells = own_cells(workspace)
    for label, record in records.items():
        assert record["run_id"].startswith(f"imputation-Small-0.25-{label}-notop-published-seed1-")
        assert cells.loc[label, "state"] == "done"
        assert cells.loc[label, "ours"] == pytest.approx(record["metrics"]["mse"])
    assert len(set(cells["ours"])) == 3
    markdown = (workspace.folder / "results" / "tables" / "imputation.md").read_text()
    report = (workspace.folder / "results" / "report" / "index.html").read_text()
    for label in records:
        assert label in markdown
        assert label in report
    assert "Nothing to be done" in workspace.snakemake().stderr


BROKEN_MODELS = {
    "broken": (BROKEN, "model 'broken': build raises: ValueError: no idea how (broken.py:2)"),
    "wrong": (WRONG, "model 'wrong' returned output of shape (16, 3, 24); wanted is (16, 24, 3)"),
}


def test_broken_models_cost_their_own_cells_and_one_line_each(workspace):
    for name, (text, _) in BROKEN_MODELS.items():
        (workspace.folder / f"{name}.py").write_text(text)
    models = {name: {"module": name} for name in BROKEN_MODELS}
    workspace.configure(matrix=[ENTRY], models=models, run_models=["specar", *models])
    done = workspace.snakemake("--keep-going", check=False)
    assert done.returncode != 0
    logs = workspace.folder / "results" / "logs" / "train"
    status = workspace.specar("status", "--config", "config.yaml").stdout
    markdown = (workspace.folder / "results" / "tables" / "imputation.md").read_text()
    for name, (_, message) in BROKEN_MODELS.items():
        (log,) = (path.read_text() for path in logs.glob(f"*-{name}-*.log"))
        assert [line for line in log.splitlines() if "error" in line] == [f"specar: error: {message}"]
        assert "Traceback" not in log
        assert message in status
        assert message in markdown
    states = {"specar": "done", "broken": "failed", "wrong": "failed"}
    assert own_cells(workspace)["state"].to_dict() == states
    assert (workspace.folder / "results" / "report" / "index.html").stat().st_size > 0


def test_a_module_that_cannot_be_imported_stops_before_anything_is_done(workspace):
    (workspace.folder / "mine.py").write_text("def build(config, shape)\n    pass\n")
    workspace.configure(matrix=[ENTRY], models={"mine": {"module": "mine"}}, run_models=["mine"])
    line = "models.mine: model module 'mine' cannot be imported: SyntaxError: expected ':' (mine.py:1)"
    done = workspace.snakemake(check=False)
    assert done.returncode != 0
    assert sum(line in text for text in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not (workspace.folder / "results").exists()
    done = workspace.specar("runs", "--config", "config.yaml", check=False)
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (1, [f"specar: error: {line}"])


def test_a_module_is_found_in_the_folder_that_is_given(workspace, tmp_path_factory):
    """`snakemake --directory`: where one works, not where one starts."""
    (workspace.folder / "mine.py").write_text(MINE)
    workspace.configure(matrix=[ENTRY], models={"mine": {"module": "mine"}}, run_models=["mine"])
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    command = workspace._snakemake("tables", "--directory", str(workspace.folder))
    command[command.index("config.yaml")] = str(workspace.folder / "config.yaml")
    subprocess.run(command, cwd=elsewhere, env=workspace._environment(), check=True, capture_output=True)
    assert [path.parent.name.split("-")[3] for path in workspace.records()] == ["mine"]
    assert (workspace.folder / "results" / "tables" / "imputation.csv").exists()
    assert not list(elsewhere.iterdir())
