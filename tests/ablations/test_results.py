"""The table of an ablation: means, states, published numbers, best levels, parts of joined datasets."""

import math

import pandas as pd
import pytest

from specar.config import parse_config
from specar.figures.ablation_differences import changes
from specar.paper.published import published_best, published_levels
from specar.results.ablations import ablation_runs, ablation_table, best_levels
from specar.runs.store import plan_of
from specar.tables.ablation import ablation_levels
from specar.tables.render import render
from specar.tables.table import FAILED, NOT_RUN, OWN, page_of

VALUES = {"1": {1: 0.08, 2: 0.10}, "2": {1: 0.06, 2: 0.07}}


@pytest.fixture
def done(plan, write):
    """Two levels done, of the third one seed failed."""
    for level, values in VALUES.items():
        for run_id, run in plan.levels_of("depth")[level].items():
            write(plan, run_id, {"mse": values[run.seed], "mae": 2 * values[run.seed]})
    failed = next(iter(plan.levels_of("depth")["3"]))
    folder = plan.records / failed
    folder.mkdir(parents=True)
    error = {"class": "NotFinite", "message": "training loss became nan"}
    attempt = {"state": "failed", "error": error}
    (folder / "status.json").write_text(pd.Series({"attempts": [attempt]}).to_json())
    return plan


def test_means_and_states_by_hand(done):
    table = ablation_table(done, "depth").set_index(["level", "metric"])
    assert table.loc[("1", "mse"), "ours"] == pytest.approx(0.09)
    assert table.loc[("1", "mse"), "sd"] == pytest.approx(0.02 / math.sqrt(2))
    assert table.loc[("2", "mae"), "ours"] == pytest.approx(0.13)
    assert list(table["state"]) == ["done"] * 4 + ["failed"] * 2
    assert list(table["seeds"]) == [2] * 4 + [0] * 2
    assert len(table.loc[("1", "mse"), "run_ids"].split()) == 2
    best = best_levels(table.reset_index(), "ours")
    assert list(table.index[best.to_numpy()]) == [("2", "mse"), ("2", "mae")]


def test_the_printed_table_says_what_is_missing_and_why(done):
    table = ablation_levels(done, "depth", ablation_table(done, "depth"))
    ((mse, mae),) = table.blocks
    assert mse.names == ("ETTh1", "mask ratio 0.25", "MSE", "our runs (specar, without TOP)")
    assert [(cell.kind, cell.text, cell.mark) for cell in mse.cells] == [
        (OWN, "0.090", ""),
        (OWN, "0.065", "first"),
        (FAILED, "", ""),
    ]
    assert len(mse.cells[0].runs) == 2
    assert mae.cells[1].text == "0.130"
    (reason,) = table.failures.texts
    assert "training loss became nan" in reason


def test_an_ablation_without_any_run_is_a_table_without_lines(plan):
    table = ablation_table(plan, "depth")
    assert set(table["state"]) == {"missing"}
    assert ablation_levels(plan, "depth", table).blocks == ()
    assert not best_levels(table, "ours").any()


def test_some_seeds_are_marked(plan, write):
    name = next(iter(plan.levels_of("depth")["1"]))
    write(plan, name, {"mse": 0.1, "mae": 0.2})
    ((line, _),) = ablation_levels(plan, "depth", ablation_table(plan, "depth")).blocks
    assert line.cells[0].partial
    assert [cell.kind for cell in line.cells] == [OWN, NOT_RUN, NOT_RUN]
    assert line.cells[0].mark == ""  # one level alone is not the best


def test_differences_pair_the_seeds(done):
    table, runs = ablation_table(done, "depth"), ablation_runs(done, "depth")
    (change,) = changes(table[table["metric"] == "mse"], runs, ["1", "2", "3"])
    assert change.level == "2"
    # -25 % and -30 %: mean -27.5, t interval with one degree of freedom 12.706 * 2.5
    assert change.value == pytest.approx(-27.5)
    assert (change.low, change.high) == pytest.approx((-27.5 - 31.77, -27.5 + 31.77), abs=0.01)
    assert not change.published


def test_published_numbers_stand_beside_their_levels():
    backbone = published_levels("backbone").set_index(["level", "task", "dataset", "setting", "metric"])[
        "published"
    ]
    assert backbone["MCN", "imputation", "ETTh1", "0.25", "mse"] == 0.061
    assert backbone["DCN", "classification", "JapaneseVowels", "", "accuracy"] == pytest.approx(95.1, abs=0.1)
    assert backbone["Embed", "anomaly_detection", "avg", "", "f1"] == 75.78  # printed as 0.7578
    hop = published_levels("hop").set_index(["level", "dataset", "setting"])["published"]
    assert hop["1", "PEMS-SF", ""] == 90.0
    assert hop["6", "ETTh2", "720"] == 0.438
    assert published_levels("branches").empty
    assert dict(published_best("window")[["setting", "level"]].to_numpy()) == {
        "96": "4", "192": "24", "336": "192", "720": "192"
    }  # fmt: skip


def test_averages_need_all_datasets(tmp_path, write):
    entry = {"task": "anomaly_detection", "datasets": ["SMD", "MSL", "SMAP", "PSM", "SWaT"]}
    values = {
        "results": str(tmp_path / "results"),
        "cache": str(tmp_path / "cached"),
        "run_models": ["specar"],
        "seeds": [1],
        "ablations": {"backbone": {"entries": [entry]}},
    }
    plan = plan_of(parse_config(values))
    f1 = [0.8, 0.7, 0.6, 0.9, 0.5]
    for run_id, value in zip(plan.levels_of("backbone")["DCN"], f1, strict=True):
        write(plan, run_id, {"precision": 0.5, "recall": 0.5, "f1": value})
    for run_id in list(plan.levels_of("backbone")["Embed"])[:4]:
        write(plan, run_id, {"precision": 0.5, "recall": 0.5, "f1": 0.5})
    table = ablation_table(plan, "backbone")
    average = table[(table["dataset"] == "avg") & (table["task"] == "anomaly_detection")].set_index("level")
    assert average.loc["DCN", "ours"] == pytest.approx(70.0)
    assert average.loc["DCN", "published"] == 84.03
    assert average.loc["Embed", "state"] == "missing"
    assert len(average) == 3


@pytest.fixture
def uneven(plan, write):
    """Seed 1 at every level, seed 2, which is far off, at one."""
    for level, seeds in (("1", (1,)), ("2", (1, 2)), ("3", (1,))):
        for run_id, run in plan.levels_of("depth")[level].items():
            if run.seed in seeds:
                value = 0.06101 + int(level) / 10_000 + (run.seed == 2)
                write(plan, run_id, {"mse": value, "mae": value})
    return plan


def test_levels_are_compared_on_the_seeds_that_they_share(uneven):
    table = ablation_table(uneven, "depth")
    assert set(table["seeds"]) == {1}
    assert set(table["state"]) == {"partial"}
    assert best_levels(table, "ours").sum() == 2
    ((mse, _),) = ablation_levels(uneven, "depth", table).blocks
    # Three decimals would not tell the levels apart.
    assert [(cell.text, cell.mark) for cell in mse.cells] == [
        ("0.0611", "first"),
        ("0.0612", ""),
        ("0.0613", ""),
    ]


def test_levels_that_share_no_seed_keep_what_they_have(plan, write):
    for level, seed in (("1", 1), ("2", 2)):
        for run_id, run in plan.levels_of("depth")[level].items():
            if run.seed == seed:
                write(plan, run_id, {"mse": seed / 10, "mae": seed / 10})
    table = ablation_table(plan, "depth")
    assert list(table["ours"].dropna()) == pytest.approx([0.1, 0.1, 0.2, 0.2])
    assert not best_levels(table, "ours").any()


def test_levels_that_set_an_axis_share_seeds_over_it(tmp_path, write):
    entry = {"task": "classification", "datasets": ["JapaneseVowels"]}
    values = {"results": str(tmp_path / "results"), "cache": str(tmp_path / "cached"), "seeds": [1, 2, 3]}
    values["ablations"] = {"definition": {"entries": [entry]}}
    plan = plan_of(parse_config(values))
    for level, seeds in (("paper", (2, 3)), ("released", (1, 3))):
        for run_id, run in plan.levels_of("definition")[level].items():
            if run.seed in seeds:
                write(plan, run_id, {"accuracy": run.seed / 10, "macro_f1": run.seed / 10})
    assert list(ablation_table(plan, "definition")["ours"]) == pytest.approx([30.0] * 4)


def test_what_is_reproduced_follows_what_is_published_on_a_dataset(tmp_path, write):
    entry = {"task": "classification", "datasets": ["JapaneseVowels"], "models": ["specar"]}
    values = {"results": str(tmp_path / "results"), "cache": str(tmp_path / "cached"), "seeds": [1]}
    plan = plan_of(parse_config({**values, "ablations": {"backbone": {"entries": [entry]}}}))
    for run_id in plan.ablation_runs("backbone"):
        write(plan, run_id, {"accuracy": 0.9, "macro_f1": 0.9})
    table = ablation_table(plan, "backbone")
    shown = table[table["metric"] == "accuracy"]
    lines = list(
        dict.fromkeys(c.line for c in changes(shown, ablation_runs(plan, "backbone"), ["MCN", "DCN"]))
    )
    place = lines.index("JapaneseVowels, published")
    assert lines[place + 1] == "JapaneseVowels, our runs (specar)"
    assert len(lines) == 11
    assert list(table.loc[table["task"] == "anomaly_detection", "dataset"])[-1] == "avg"


def test_the_legend_says_one_thing_of_bold(done):
    table = ablation_levels(done, "depth", ablation_table(done, "depth"))
    for suffix in ("html", "md", "tex"):
        assert render(page_of(table), suffix).count("Bold") == 1
