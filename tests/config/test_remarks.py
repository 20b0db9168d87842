"""What the tables have to say about datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specar.config.load import load_config
from specar.runs.plan import Plan
from specar.runs.store import plan_of_values, read_plan, write_plan

ANOMALY = {"task": "anomaly_detection"}
SERIES = {"task": "imputation", "datasets": ["ETTh1"]}
OWN = {
    "title": "mine", "licence": "private", "source": "me", "folder": "mine", "files": [{"name": "mine.csv"}],
    "splits": {"train": 0.7, "val": 0.1, "test": 0.2}, "seasonality": 24, "restricted": "ask me",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)


def plan_of(folder: Path, *matrix: dict[str, Any], **other: Any) -> Plan:
    return plan_of_values({"matrix": list(matrix), "data": {"dir": str(folder)}, **other})


def put(folder: Path, count: int = 2) -> None:
    """Put the first files of SWaT in place."""
    folder.mkdir(parents=True)
    for file in load_config().datasets["SWaT"].files[:count]:
        (folder / file.name).touch()


@pytest.mark.parametrize(
    "matrix",
    [[{**ANOMALY, "datasets": ["MSL", "PSM"]}], [{**ANOMALY, "datasets": ["SWaT"]}], [SERIES]],
)
def test_a_dataset_is_left_out_only_where_it_was_wanted(tmp_path: Path, matrix: list[dict[str, Any]]) -> None:
    assert "SWaT" in plan_of(tmp_path, *matrix).absent
    assert plan_of(tmp_path, *matrix).remarks == {}


def test_a_dataset_in_place_is_not_left_out(tmp_path: Path) -> None:
    put(tmp_path / "raw" / "SWaT")
    for matrix in ([ANOMALY], [{**ANOMALY, "datasets": ["MSL"]}], [SERIES]):
        plan = plan_of(tmp_path, *matrix)
        assert "SWaT" not in {**plan.absent, **plan.remarks}


def test_what_is_left_out_concerns_the_tasks_that_wanted_it(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ANOMALY, SERIES, {**ANOMALY, "datasets": ["MSL"], "protocol": "strict"})
    assert list(plan.remarks) == list(plan.remarks_of("anomaly_detection")) == ["SWaT"]
    assert plan.remarks_of("imputation") == {}
    forecast = {"task": "long_term_forecast", "seeds": [1]}
    own = plan_of(tmp_path, forecast, SERIES, datasets={"Mine": OWN})
    assert list(own.remarks_of("long_term_forecast")) == ["Mine"]
    assert own.remarks_of("imputation") == {}


def test_the_remark_says_which_files_are_missing_and_where_they_go(tmp_path: Path) -> None:
    request = load_config().datasets["SWaT"].restricted
    raw = f"{tmp_path.as_posix()}/raw/SWaT"
    text = plan_of(tmp_path, ANOMALY).remarks["SWaT"]
    assert text == (f"left out: swat_train2.csv and swat2.csv not in place (to be put into {raw}); {request}")
    put(tmp_path / "raw" / "SWaT", 1)
    data = {"dir": str(tmp_path), "mirror": "/mirror"}
    text = plan_of(tmp_path, ANOMALY, data=data).remarks["SWaT"]
    assert text.startswith(f"left out: swat2.csv not in place (to be put into {raw} or /mirror/swat); ")
    data["mirror"] = "https://example.org/mirror"
    assert "example.org" not in plan_of(tmp_path, ANOMALY, data=data).remarks["SWaT"]


def test_of_many_missing_files_the_first_are_named(tmp_path: Path) -> None:
    machines = [f"m{i}" for i in range(3)]
    files = [{"name": f"{part}/{name}.txt"} for part in ("train", "test", "test_label") for name in machines]
    own = {
        "title": "mine", "licence": "private", "source": "me", "folder": "mine", "format": "machines",
        "files": files, "machines": machines, "restricted": "ask me",
    }  # fmt: skip
    text = plan_of(tmp_path, ANOMALY, datasets={"Mine": own}).remarks["Mine"]
    assert text.startswith("left out: train/m0.txt, train/m1.txt, train/m2.txt and 6 more not in place (")


def test_cautions_concern_the_tasks_of_their_dataset(tmp_path: Path) -> None:
    some = load_config().datasets["SMD"].machines[:2]  # type: ignore[union-attr]
    smd = {**ANOMALY, "datasets": ["SMD"]}
    plan = plan_of(tmp_path, smd, SERIES, datasets={"SMD": {"machines": some}})
    assert plan.remarks == plan.remarks_of("anomaly_detection")
    assert plan.remarks["SMD"].startswith("2 of its 28 machines")
    assert plan.remarks_of("imputation") == {}


def test_what_is_absent_survives_its_way_through_a_file(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ANOMALY)
    write_plan(plan, tmp_path / "plan.json")
    put(tmp_path / "raw" / "SWaT")  # only a new plan has the dataset
    found = read_plan(tmp_path / "plan.json")
    assert found == plan
    assert found.remarks == plan.remarks
    assert found.digest == plan.digest != plan_of(tmp_path, ANOMALY).digest
