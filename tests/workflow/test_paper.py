"""The paper's tables are made from the records that are there, and train nothing."""

import shutil
import time

from specar.paper.files import paper_files


def test_paper_tables_follow_the_records_and_train_nothing(workspace):
    workspace.snakemake("paper_tables")
    results = workspace.folder / "results"
    assert sorted(path.name for path in (results / "paper").iterdir()) == sorted(paper_files())
    assert not (results / "runs").exists()
    assert not (results / "data").exists()
    assert "Nothing to be done" in workspace.snakemake("paper_tables").stderr
    run = results / "runs" / workspace.specar("runs", "--config", "config.yaml").stdout.split()[0]
    run.mkdir(parents=True)
    (run / "status.json").write_text('{"attempts": []}')
    planned = (
        workspace.snakemake("paper_tables", "-n").stderr + workspace.snakemake("paper_tables", "-n").stdout
    )
    assert "write_paper_tables" in planned
    assert "train" not in planned
