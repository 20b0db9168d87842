"""The profile for SLURM, without a cluster."""

import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.profiles import ProfileConfigFileParser

from specar.config.tasks import TASK_INFO

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "workflow" / "profiles" / "slurm" / "config.yaml"


@pytest.fixture
def read(monkeypatch):
    def read_profile(**environment):
        for name in ("ACCOUNT", "PARTITION", "GPU_PARTITION"):
            monkeypatch.delenv(f"SPECAR_SLURM_{name}", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(f"SPECAR_SLURM_{name}", value)
        with PROFILE.open() as file:
            return ProfileConfigFileParser().parse(file)

    return read_profile


def test_every_task_has_memory_and_time_and_is_warned(read):
    resources = read()["set-resources"]
    for task in TASK_INFO:
        given = dict(item.split("=", 1) for item in resources if item.startswith(f"train_{task}:"))
        assert set(given) == {f"train_{task}:{name}" for name in ("mem_mb", "runtime", "slurm_extra")}
        assert given[f"train_{task}:mem_mb"].endswith("000 * attempt")


def test_account_and_partitions_come_from_the_environment(read):
    assert {"slurm_account=", "slurm_partition="} <= set(read()["default-resources"])
    profile = read(ACCOUNT="mine", PARTITION="all", GPU_PARTITION="cards")
    assert {"slurm_account=mine", "slurm_partition=all"} <= set(profile["default-resources"])
    partitions = {item for item in profile["set-resources"] if "slurm_partition" in item}
    assert partitions == {f"train_{task}:slurm_partition=cards" for task in TASK_INFO}


@pytest.mark.parametrize("name", ["slurm", "workflow/profiles/slurm"])
def test_the_profile_is_found_by_its_name_and_its_path(name, tmp_path):
    for entry in ("Snakefile", "workflow", "profiles", "config", "envs", "specar"):
        (tmp_path / entry).symlink_to(ROOT / entry)
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "all", "--workflow-profile", name]
    command += ["--configfile", "config/demo.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"profile {'profiles/slurm' if name == 'slurm' else name} for" in done.stderr
