"""The paper's tables are made from the records that are there, and train nothing."""

import json

from specar.paper.files import paper_files


def test_paper_tables_follow_the_records_and_train_nothing(workspace):
    workspace.configure(
        matrix=[{"task": "classification", "datasets": ["JapaneseVowels"]}],
        architectures=["paper", "released"],
    )
    workspace.snakemake("paper_tables")
    results = workspace.folder / "results"
    assert sorted(path.name for path in (results / "paper").iterdir()) == sorted(paper_files())
    assert not any((results / name).exists() for name in ("runs", "data", "collected"))
    assert "ran out of beans" not in (results / "paper" / "appendix-5.md").read_text()
    fail(results, next(name for name in plan_of(results)["runs"] if "released" in name), "ran out of beans")
    workspace.snakemake("paper_tables")
    assert "ran out of beans" in (results / "paper" / "appendix-5.md").read_text()


def plan_of(results):
    return json.loads((results / "plan.json").read_text())


def fail(results, run, message):
    """Leave what a failed attempt leaves."""
    attempt = {"state": "failed", "error": {"class": "SpecarError", "message": message}}
    folder = results / "runs" / run
    folder.mkdir(parents=True)
    (folder / "status.json").write_text(json.dumps({"run_id": run, "attempts": [attempt]}))
