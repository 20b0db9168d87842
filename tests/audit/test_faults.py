"""Faults put into a copy of the published numbers: exactly those are found."""

from copy import deepcopy
from dataclasses import replace

import pytest

from specar.paper.audit.checks import audit, flagged_cells
from specar.paper.audit.repairs import misprints
from specar.paper.numbers import KEY

PLACE = ["kind", "source_table", "place", "column", "metric"]


def changed(table, value, /, changed_column="value", **where):
    """A copy with one value changed, which the conditions have to single out."""
    chosen = (table[list(where)] == list(where.values())).all(axis=1)
    assert chosen.sum() == 1, where
    assert (table.loc[chosen, changed_column] != value).all()
    copy = table.copy()
    copy.loc[chosen, changed_column] = value
    if changed_column == "value" and "number" in copy:
        copy.loc[chosen, "number"] = float(value) * copy.loc[chosen, "unit"]
    return copy


def cell(source, dataset, model, metric, setting="", **more):
    names = {"source_table": source, "dataset": dataset, "setting": setting, "model": model, "metric": metric}
    return {**names, **more}


def places(findings):
    return set(findings[PLACE].itertuples(index=False, name=None))


@pytest.fixture
def difference(paper, findings):
    """Return a function that gives the findings that a change adds and takes away, and all of them."""

    def found(**changes):
        after = audit(replace(paper, **changes))
        return places(after) - places(findings), places(findings) - places(after), after

    return found


def test_swapped_digits_are_found_and_put_right(paper, difference):
    where = cell("appendix:10", "Weather", "Autoformer", "mae", "96")
    added, gone, after = difference(numbers=changed(paper.numbers, "0.363", **where))
    assert added == {
        ("typo", "appendix:10", "Weather / 96", "Autoformer", "mae"),
        ("average", "appendix:10", "Weather / avg", "Autoformer", "mae"),
        ("cross_table", "appendix:9", "Weather / 96", "Autoformer", "mae"),
    }
    assert not gone
    typo = after[(after["kind"] == "typo") & (after["model"] == "Autoformer")].iloc[0]
    assert (typo["printed"], typo["implied"]) == ("0.363", "0.336")
    assert "digits swapped" in typo["explanation"]
    assert "appendix Table 9 prints 0.336" in typo["explanation"]
    flagged = flagged_cells(after)
    assert flagged[list(where)].eq(list(where.values())).all(axis=1).sum() == 1


def test_numbers_that_do_not_follow_from_others(paper, difference):
    """One fault per check, in rows that have nothing to do with each other."""
    numbers = changed(paper.numbers, "79.52", **cell("appendix:6", "SMD", "LSTM", "precision"))
    numbers = changed(numbers, "79.77", **cell("appendix:6", "avg", "TCN", "f1"))
    numbers = changed(numbers, "0.401", **cell("main:5", "ETTm1", "TimesNet", "mse", "avg"))
    numbers = changed(numbers, "9.9", **cell("appendix:8", "Average", "TCN", "mase"))
    numbers = changed(numbers, "9.9", **cell("appendix:7", "Average", "TCN", "mase"))
    numbers = changed(numbers, "9.999", **cell("appendix:8", "Others", "LSSL", "owa"))
    numbers = changed(numbers, "9.999", **cell("appendix:7", "Others", "LSSL", "owa"))
    numbers = changed(numbers, "", "mark", **cell("appendix:8", "M4-Monthly", "TimesNet", "smape"))
    added, gone, _ = difference(numbers=numbers)
    assert not gone
    assert added == {
        ("f1", "appendix:6", "SMD", "LSTM", "f1"),
        ("average", "appendix:6", "avg", "TCN", "f1"),
        ("cross_table", "main:5", "ETTm1 / avg", "TimesNet", "mse"),
        *(("weighted_average", f"appendix:{n}", "Average", "TCN", "mase") for n in (7, 8)),
        *(("owa", f"appendix:{n}", "Average", "TCN", "owa") for n in (7, 8)),
        *(("owa", f"appendix:{n}", "Others", "LSSL", "owa") for n in (7, 8)),
        ("mark", "appendix:8", "Monthly", "first", "smape"),
    }


def test_what_is_published_beside_the_tables(paper, difference):
    experiments = deepcopy(paper.experiments)
    experiments["long_term_forecast"]["ETTh2"]["model"]["hop_length"] = 1
    del experiments["long_term_forecast"]["ETTh2"]["horizons"][720]["model"]["hop_length"]
    experiments["anomaly_detection"]["PSM"]["task_settings"]["val_from"] = "train"
    experiments["classification"]["Heartbeat"]["model"]["e_layers"] = 7
    added, gone, after = difference(
        first_counts=changed(
            paper.first_counts, "43", "printed_count", source_table="appendix:12", column="SpecAR-Net"
        ),
        log=changed(paper.log, "0.85", dataset="PEMS-SF"),
        hop_length=changed(paper.hop_length, "0.902", hop_length="1", dataset="PEMS-SF"),
        random_scores=changed(paper.random_scores, "99.00", "f1", dataset="PSM"),
        learning_rates=changed(
            paper.learning_rates, "0.1091", "at_script", dataset="Exchange", metric="mse", top="true"
        ),
        experiments=experiments,
    )
    assert added == {
        ("first_count", "appendix:12", "Count 1st", "SpecAR-Net", ""),
        ("release_log", "appendix:5", "PEMS-SF", "SpecAR-Net", "accuracy"),
        ("random_scores", "appendix:6", "PSM", "SpecAR-Net", "f1"),
        ("setting", "appendix:text", "all tasks", "e_layers", ""),
    }
    assert gone == {
        ("learning_rate", "appendix:10", "Exchange / 96", "SpecAR-Net", "mse"),
        ("figure", "appendix:fig1a", "PEMS-SF", "SpecAR-Net at hop length 1", "accuracy"),
        ("setting", "main:text", "all tasks", "hop_length", ""),
        ("setting", "appendix:text", "all tasks", "hop_length", ""),
    }
    selected = after[(after["kind"] == "selection") & (after["place"] == "anomaly detection")]
    assert "3 of 5 datasets" in selected["explanation"].item()


def test_a_row_that_is_not_printed(paper, difference):
    row = (paper.numbers[["source_table", "dataset", "setting"]] == ["appendix:11", "Weather", "avg"]).all(
        axis=1
    )
    added, gone, _ = difference(numbers=paper.numbers[~row])
    assert added == {("missing_row", "appendix:11", "Weather / avg", "all", "")}
    assert not gone


def test_the_corrected_paper_has_no_misprints(paper, findings):
    """With the misprints put right, nothing is left that follows from them."""
    numbers = paper.numbers
    for repair in misprints(paper):
        key = {name: getattr(repair.cell, name) for name in KEY}
        numbers = changed(numbers, repair.correction.text, **key)
    after = audit(replace(paper, numbers=numbers))
    assert not (after["kind"] == "typo").any()
    assert places(after) < places(findings)
    gone = findings[
        [place not in places(after) for place in findings[PLACE].itertuples(index=False, name=None)]
    ]
    assert gone["kind"].value_counts().to_dict() == {
        "typo": 7,
        "average": 6,
        "order": 3,
        "mark": 8,
        "cross_table": 1,
        "claim": 2,  # firsts of Tables 9 and 10: ETSformer's 0.288 took one from SpecAR-Net
    }
    assert not after["explanation"].str.contains("follows from").any()


def test_learning_rates_show_both_rates_and_that_they_are_measured(paper, findings):
    rows = findings[findings["kind"] == "learning_rate"].set_index(["dataset", "metric"])
    assert list(rows.index) == [("Exchange", "mse"), ("Exchange", "mae"), ("Handwriting", "accuracy")]
    first = rows.loc[("Exchange", "mse")]
    assert (first["printed"], first["implied"]) == ("0.109", "0.1536 at 1e-5 and 0.1140 at 1e-4")
    assert "a run of ours at each rate" in first["explanation"]
    assert "without TOP 0.128 at the script's 1e-5 for the printed 0.130" in first["explanation"]
    assert rows.loc[("Handwriting", "accuracy"), "implied"] == "1e-4, not the script's 1e-3"
    for row in paper.learning_rates.itertuples():
        script = paper.experiments[row.task][row.dataset]["training"]["learning_rate"]
        assert float(row.script_rate) == float(script)
