"""The paper's tables are made from the records that are there, and train nothing."""

from specar.outputs.names import paper_files


def test_paper_tables_train_nothing(workspace):
    workspace.snakemake("paper_tables")
    results = workspace.folder / "results"
    assert sorted(path.name for path in (results / "paper").iterdir()) == sorted(paper_files())
    assert not any((results / name).exists() for name in ("runs", "data"))
