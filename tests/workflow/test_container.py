"""Jobs in the container that a configuration names: Snakemake starts them in it, without this interpreter."""

import os
import stat
import sys
from pathlib import Path

FAKE = """#!/bin/sh
[ "$1" = --version ] && echo "apptainer version 1.3.0" && exit
echo "$@" >> {log}
while [ "$1" != -c ]; do shift; done
PATH={bin}:$PATH exec bash -c "$2"
"""


def test_jobs_run_in_the_image_that_is_named(workspace, monkeypatch):
    log, program = workspace.folder / "log", workspace.folder / "bin" / "apptainer"
    program.parent.mkdir()
    program.write_text(FAKE.format(log=log, bin=Path(sys.executable).parent))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (workspace.folder / "own.sif").touch()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    workspace.configure(execution={"device": "cpu", "threads": 1, "container": "own.sif"})
    workspace.snakemake("audit", "--sdm", "apptainer")
    (said,) = log.read_text().splitlines()
    assert "own.sif bash -c" in said
    assert "export PYTHONPATH=" in said
    assert "export PATH=" not in said  # the container has an interpreter of its own
    assert (workspace.folder / "results" / "paper" / "audit.csv").exists()
