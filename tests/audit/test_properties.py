"""Printed numbers stand for intervals: what rounding explains is no finding, and what it does not is one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from specar.metrics.short_term import owa as owa_of
from specar.paper.audit.colours import colours
from specar.paper.audit.groups import sums
from specar.paper.audit.printed import Paper
from specar.paper.audit.repairs import averages, corrections
from specar.paper.audit.scores import f1, f1_of, mae_against_mse, owa, weighted_averages
from specar.paper.metrics import half_unit
from specar.paper.numbers import COLUMNS

WHOLE = Paper()
errors = st.floats(0.01, 5)
shares = st.floats(1, 99)


def paper_of(*cells):
    """A paper with nothing but these cells: dictionaries with ``value`` and parts of the key."""
    fixed = {
        "source_table": "appendix:9",
        "task": "imputation",
        "unit": 1.0,
        "top": False,
        "stated_top": True,
    }
    rows = [{**dict.fromkeys(COLUMNS, ""), **fixed, **cell} for cell in cells]
    table = pd.DataFrame(rows, columns=COLUMNS)
    names = {f"paper_{name}": table[name].str.removeprefix("M4-") for name in ("dataset", "setting")}
    return replace(WHOLE, numbers=table.assign(number=table["value"].astype(float), **names))


def over_settings(parts, average, metric="mse"):
    values = {**{str(96 * (i + 1)): part for i, part in enumerate(parts)}, "avg": average}
    return paper_of(
        *(
            {
                "task": "long_term_forecast",
                "dataset": "D",
                "model": "M",
                "metric": metric,
                "setting": s,
                "value": v,
            }
            for s, v in values.items()
        )
    )


def found(check, paper):
    return [finding.printed for finding in check(paper)]


@settings(deadline=None, max_examples=25)
@given(st.lists(errors, min_size=2, max_size=10), st.integers(1, 4))
def test_rounding_explains_the_average_of_the_true_values(parts, digits):
    paper = over_settings([f"{part:.{digits}f}" for part in parts], f"{sum(parts) / len(parts):.{digits}f}")
    assert found(averages, paper) == []


@settings(deadline=None, max_examples=25)
@given(st.lists(errors, min_size=2, max_size=6), st.integers(2, 50), st.sampled_from([-1, 1]))
def test_rounding_does_not_explain_more_than_a_unit(parts, units, sign):
    texts = [f"{part:.3f}" for part in parts]
    wrong = round(sum(map(float, texts)) / len(texts), 3) + sign * units / 1000
    assume(wrong > 0)
    paper = over_settings(texts, f"{wrong:.3f}")
    assert found(averages, paper) == [f"{wrong:.3f}"]


def test_a_column_of_zeros_at_the_end_is_rounded():
    """Eight values with two decimals and a zero: an average that is off by 0.008 is explained by it."""
    texts = ["0.110", "0.120", "0.130", "0.110", "0.150", "0.110", "0.170"]
    paper = over_settings(texts, "0.120")
    assert [cell.half for cell in paper.cells] == [0.005] * 8
    assert sums(paper)[0].mean() == pytest.approx(0.1286, abs=1e-4)
    assert found(averages, paper) == []
    assert found(averages, over_settings([*texts[:-1], "0.171"], "0.120")) == ["0.120"]


@settings(deadline=None, max_examples=25)
@given(shares, shares)
def test_rounding_explains_the_f1_of_the_true_values(precision, recall):
    values = {"precision": precision, "recall": recall, "f1": f1_of(precision, recall)}
    assert found(f1, anomaly(values)) == []


@settings(deadline=None, max_examples=25)
@given(shares, shares, st.sampled_from([-0.1, 0.1]))
def test_an_f1_a_tenth_off_is_found(precision, recall, off):
    values = {"precision": precision, "recall": recall, "f1": f1_of(precision, recall) + off}
    assert found(f1, anomaly(values)) == [f"{values['f1']:.2f}"]


def anomaly(values):
    key = {"task": "anomaly_detection", "dataset": "D", "model": "M"}
    return paper_of(*({**key, "metric": metric, "value": f"{value:.2f}"} for metric, value in values.items()))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=20).filter(lambda e: max(map(abs, e)) > 0.1))
def test_errors_of_a_series_never_contradict_each_other(residuals):
    mse = sum(e * e for e in residuals) / len(residuals)
    mae = sum(map(abs, residuals)) / len(residuals)
    key = {"task": "long_term_forecast", "dataset": "D", "setting": "96", "model": "M"}
    for printed, expected in ((mae, 0), (mse**0.5 + 0.01, 1)):
        values = {"mse": mse, "mae": printed}
        paper = paper_of(
            *({**key, "metric": name, "value": f"{value:.3f}"} for name, value in values.items())
        )
        assert len(found(mae_against_mse, paper)) == expected


@settings(deadline=None, max_examples=25)
@given(
    st.fixed_dictionaries(
        {
            name: st.tuples(st.floats(5, 20), st.floats(1, 4))
            for name in ("Yearly", "Quarterly", "Monthly", "Others")
        }
    )
)
def test_m4_of_the_true_values(groups):
    """23,000, 24,000, 48,000 and 5,000 series; OWA over Naive2's printed errors."""
    weights = {"Yearly": 0.23, "Quarterly": 0.24, "Monthly": 0.48, "Others": 0.05}
    groups["Average"] = tuple(sum(weights[name] * groups[name][i] for name in weights) for i in (0, 1))
    naive2 = WHOLE.naive2.set_index("subset")[["smape", "mase"]].astype(float)
    cells = []
    for name, (smape, mase) in groups.items():
        values = {"smape": smape, "mase": mase, "owa": owa_of(smape, mase, *naive2.loc[name])}
        dataset = name if name in ("Others", "Average") else f"M4-{name}"
        key = {"source_table": "appendix:8", "task": "short_term_forecast", "dataset": dataset, "model": "M"}
        cells += [{**key, "metric": metric, "value": f"{value:.3f}"} for metric, value in values.items()]
    assert found(owa, paper_of(*cells)) == found(weighted_averages, paper_of(*cells)) == []


def test_naive2_fits_the_printed_owa(paper):
    """OWA is linear in sMAPE and MASE: least squares on the printed rows gives Naive2's errors back."""
    numbers = paper.numbers[paper.numbers["source_table"] == "appendix:8"]
    for name, row in paper.naive2.set_index("subset").iterrows():
        table = numbers[numbers["paper_dataset"] == name].pivot(
            index="model", columns="metric", values="number"
        )
        scaled = table[["smape", "mase"]].div(table["owa"], axis=0).to_numpy()
        (a, b), *_ = np.linalg.lstsq(scaled, [1.0] * len(scaled), rcond=None)
        assert 0.5 / a == pytest.approx(float(row["smape"]), rel=0.004)
        assert 0.5 / b == pytest.approx(float(row["mase"]), rel=0.004)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9999).map(lambda units: f"{units / 1000:.3f}"), st.data())
def test_a_slip_can_be_put_right(meant, data):
    """Swapped and wrong digits go back the way they came."""
    slip = data.draw(st.sampled_from([c for c in corrections(meant) if c.slip != "digits shifted"]))
    assert meant in [correction.text for correction in corrections(slip.text)]


@pytest.mark.parametrize(
    ("printed", "meant", "slip"),
    [
        ("0.460", "0.046", "digits shifted"),
        ("0.210", "0.021", "digits shifted"),
        ("0.609", "0.690", "digits swapped"),
        ("0.288", "0.388", "one digit wrong"),
        ("74.7", "47.7", "digits swapped"),
        ("73", "37", "digits swapped"),
    ],
)
def test_kinds_of_slips(printed, meant, slip):
    assert {c.text: c.slip for c in corrections(printed)}[meant] == slip


def test_digits_are_kept():
    assert half_unit("0.460") == 0.0005
    assert half_unit("73") == 0.5
    assert all(len(c.text.partition(".")[2]) == 3 for c in corrections("0.460"))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 9), min_size=3, max_size=6), st.booleans())
def test_colours_that_follow_the_values(ranks, higher):
    """Ties share a colour; taking a colour away is found."""
    metric = "accuracy" if higher else "mse"
    distinct = sorted(set(ranks), reverse=higher)
    assume(len(distinct) > 1)
    marks = {distinct[0]: "first", distinct[1]: "second"}
    cells = [
        {
            "task": "classification",
            "dataset": "D",
            "model": f"M{i}",
            "metric": metric,
            "value": f"0.{rank}",
            "mark": marks.get(rank, ""),
        }
        for i, rank in enumerate(ranks)
    ]
    assert found(colours, paper_of(*cells)) == []
    first = next(i for i, c in enumerate(cells) if c["mark"] == "first")
    other = {
        "task": "classification",
        "dataset": "E",
        "model": "M0",
        "metric": metric,
        "value": "0.1",
        "mark": "first",
    }
    cells[first] = {**cells[first], "mark": ""}
    missed = [f for f in colours(paper_of(*cells, other)) if f.place == "D"]
    assert [f.column for f in missed] == ["first"]
