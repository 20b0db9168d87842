"""Look-backs as an axis: rows of their own, of which only the experiment's is compared with the paper."""

import pytest

from specar.base.errors import SpecarError
from specar.config import Execution, RunConfig, expand, parse_config, run_id
from specar.judge.verdicts import verdicts_of
from specar.results.effects import own_effects
from specar.results.rows import setting_label
from specar.runs.records import read_record
from specar.runs.train import train

from ..judge.ledgers import ledger, run

ENTRY = {"task": "long_term_forecast", "datasets": ["Exchange"], "horizons": [96], "models": ["dlinear"]}


def runs_of(**changes):
    return list(expand(parse_config({"matrix": [{**ENTRY, **changes}], "seeds": [1]})).values())


def test_the_experiment_s_own_look_back_is_the_run_that_it_was():
    (own,), (same, longer) = runs_of(), runs_of(look_backs=[96, 336])
    assert run_id(own) == run_id(same)
    assert (own.key.setting, same.seq_len, longer.seq_len) == (96, 96, 336)
    assert longer.key.setting == "96 (look-back 336)" == setting_label(longer.setting)
    assert run_id(longer).startswith("long_term_forecast-Exchange-96-look-back-336-dlinear-notop-published-")
    assert RunConfig.model_validate_json(longer.model_dump_json()) == longer
    assert own.cell == same.cell != longer.cell


def test_ablations_have_it_too_and_other_tasks_do_not():
    levels = {"MSE": {}, "short": {"training": {"epochs": 1}}}
    entries = [{**ENTRY, "look_backs": [96, 192]}]
    about = {"title": "t", "question": "q", "entries": entries, "levels": levels}
    config = parse_config({"ablations": {"reach": about}, "seeds": [1]})
    assert config.ablations["reach"].entries[0].look_backs == [96, 192]
    with pytest.raises(SpecarError, match="look_backs does not apply to imputation"):
        parse_config({"matrix": [{"task": "imputation", "look_backs": [96]}]})


def test_only_the_experiment_s_own_look_back_is_judged_and_averaged():
    def of(horizon, mse, top):
        return run("Exchange", horizon, 1, {"mse": mse, "mae": mse}, task="long_term_forecast", top=top)

    horizons = {"96": 0.1, "96 (look-back 336)": 9.0, "192": 0.2, "336": 0.3, "720": 0.4}
    found = ledger(
        [row for top in (False, True) for name, mse in horizons.items() for row in of(name, mse, top)]
    )
    cells = found.cells[(found.cells["dataset"] == "Exchange") & (found.cells["metric"] == "mse")]
    without = cells[~cells["top"].astype(bool)].set_index("setting")
    assert list(without.index) == ["96", "96 (look-back 336)", "192", "336", "720", "avg"]
    assert without.loc["96 (look-back 336)", "ours"] == 9.0
    assert without.loc["96 (look-back 336)", "printed"] == ""
    assert without.loc["avg", "ours"] == pytest.approx(0.25)
    judged = verdicts_of(found)
    assert set(judged.loc[judged["runs"] != "", "setting"]) == {"96", "192", "336", "720", "avg"}
    (effect,) = own_effects("long_term_forecast", found.runs, "mse")
    assert effect.settings == ("96", "192", "336", "720")


def test_a_run_of_another_look_back_is_trained_and_read(prepared_folders, make_run, tmp_path):
    entry = {"task": "long_term_forecast", "datasets": ["Small"], "look_backs": [36]}
    small = make_run("long_term_forecast", matrix=[entry])
    record = train(small, prepared_folders / "Small", tmp_path, Execution(device="cpu", threads=1))
    assert record == read_record(tmp_path / "metrics.json", small)
    assert (record["setting"], record["config"]["seq_len"]) == ("12 (look-back 36)", 36)
    assert record["examples"]["test"] == 60 - 12 + 1  # the windows that every look-back is tested on
