"""Ablations in the configuration: which runs they ask for."""

from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.config import load_config, parse_config, run_id
from specar.runs.store import plan_of

ROOT = Path(__file__).parents[2]


def test_levels_change_one_thing_and_share_runs_with_the_matrix(plan):
    levels = plan.levels_of("depth")
    assert list(levels) == ["1", "2", "3"]
    assert [{run.model.settings.e_layers for run in runs.values()} for runs in levels.values()] == [
        {1},
        {2},
        {3},
    ]
    assert set(levels["2"]) == set(plan.runs)  # two blocks are what the authors have
    (first, second, third) = ({run.seed: run for run in runs.values()} for runs in levels.values())
    for seed in (1, 2):
        changed = first[seed].model_copy(update={"model": second[seed].model})
        assert run_id(changed) == run_id(second[seed]) != run_id(third[seed])


def test_runs_of_ablations_are_found_by_id_and_stay_out_of_the_matrix(plan):
    deep = next(iter(plan.levels_of("depth")["3"]))
    assert plan.run(deep).model.settings.e_layers == 3
    assert deep not in plan.runs
    assert deep not in plan.runs_of("imputation")
    with pytest.raises(SpecarError, match="no run 'nothing'"):
        plan.run("nothing")
    with pytest.raises(SpecarError, match=r"no ablation 'nothing'.*depth"):
        plan.levels_of("nothing")


def change(plan, **values):
    config = plan.config.model_dump(exclude_unset=True)
    config["ablations"] = {"depth": {**config["ablations"]["depth"], **values}}
    return plan_of(parse_config(config))


def test_a_level_can_set_the_axes(plan):
    entries = [
        {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]},
        {"task": "classification"},
    ]
    levels = {
        "a": {"models": ["specar-released"], "top": True, "datasets": ["ETTh2"]},
        "b": {"top": False},
    }
    runs = change(plan, entries=entries[:1], levels=levels).levels_of("depth")
    assert {(r.dataset, r.key.model, r.model.top) for r in runs["a"].values()} == {
        ("ETTh2", "specar-released", True)
    }
    assert {(r.dataset, r.key.model, r.model.top) for r in runs["b"].values()} == {("ETTh1", "specar", False)}
    # Classification has no TOP to switch on.
    both = change(plan, entries=entries[1:], levels={"on": {"top": True}, "off": {}}).levels_of("depth")
    assert set(both["on"]) == set(both["off"])


def test_what_contradicts_itself_only_hurts_where_it_is_asked_for(plan):
    broken = change(plan, levels={"a": {"model": {"dilations": [1]}}, "b": {}})
    assert set(broken.runs) == set(plan.runs)
    with pytest.raises(SpecarError, match="dilations needs"):
        broken.levels_of("depth")
    with pytest.raises(SpecarError, match="no run"):
        broken.run("nothing")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ablations": {"depth": {"levels": {"1": {}}}}}, "at least 2"),
        ({"ablations": {"depth": {"levels": {"{1}": {}}}}}, "braces"),
        ({"ablations": {"De pth": {}}}, "ablations"),
        ({"ablations": {"window": {"levls": {}}}}, "unknown key ablations.window.levls .did you mean levels"),
        ({"run_ablations": ["depht"]}, "no ablation depht; known: window"),
    ],
)
def test_mistakes_are_one_line_that_says_where(values, message):
    small = {"title": "x", "question": "?", "entries": [{"task": "classification"}]}
    for name, entry in values.get("ablations", {}).items():
        values["ablations"][name] = {**small, **entry}
    with pytest.raises(SpecarError, match=message):
        parse_config(values)


def test_the_ablations_of_the_project_expand():
    plan = plan_of(parse_config({}))
    for name, ablation in plan.config.ablations.items():
        levels = plan.levels_of(name)
        assert list(levels) == list(ablation.levels)
        assert all(levels.values())
        assert len({run for runs in levels.values() for run in runs}) > len(levels[next(iter(levels))]), name


def test_window_lengths_are_compared_on_runs_that_converge(monkeypatch):
    """Not at the script's learning rate and six epochs, after which the validation error still falls."""
    monkeypatch.chdir(ROOT)
    for config in (parse_config({}), load_config("config/cached.yaml")):
        for runs in plan_of(config).levels_of("window").values():
            assert {(run.training.learning_rate, run.training.epochs) for run in runs.values()} == {
                (1e-4, 20)
            }
            assert {run.seed for run in runs.values()} >= {1, 2, 3}
