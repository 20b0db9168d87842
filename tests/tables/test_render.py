"""Markdown, LaTeX and terminal forms of the tidy table."""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specar.tables.compare import compare
from specar.tables.layout import Style, deviation
from specar.tables.published import SOURCES, published
from specar.tables.render import escape_latex, render_latex, render_markdown
from specar.tables.terminal import terminal_table

FORMS = [(task, averaged) for task in sorted(SOURCES) for averaged in (False, True)]
HORIZONS = [96, 192, 336, 720]
# By protocol and seed.
VALUES = {"published": {1: 0.41, 2: 0.42}, "strict": {1: 0.81, 2: 0.82}}


@cache
def example(task: str) -> pd.DataFrame:
    """ETTh1 done, ETTh2 with one of two seeds, ETTm1 missing, an own dataset, two protocols."""
    settings = HORIZONS if task == "long_term_forecast" else [0.125, 0.25, 0.375, 0.5]
    axes = (["published", "strict"], ["ETTh1", "ETTh2", "ETTm1", "my_data"], settings, [1, 2])
    matrix: list[dict[str, Any]] = [
        {"protocol": protocol, "dataset": name, "setting": setting, "seed": seed}
        for protocol, name, setting, seed in itertools.product(*axes)
    ]
    matrix = [{**of, "run_id": str(of), "task": task, "top": False, "architecture": "paper"} for of in matrix]
    results = [
        {"run_id": of["run_id"], "metric": metric, "value": VALUES[of["protocol"]][of["seed"]], "floor": 1.25}
        for of in matrix
        for metric in ("mse", "mae")
        if of["dataset"] != "ETTm1" and (of["dataset"] != "ETTh2" or of["seed"] == 1)
    ]
    return compare(task, pd.DataFrame(results), matrix)


def markdown_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]


def latex_rows(text: str) -> list[list[str]]:
    lines = [line.removesuffix(r"\\") for line in text.splitlines() if line.endswith(r"\\")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", line)] for line in lines]


def spanned(row: list[str]) -> int:
    return sum(int(match[1]) if (match := re.match(r"\\multicolumn\{(\d+)\}", cell)) else 1 for cell in row)


def test_markdown_cells() -> None:
    text = render_markdown("long_term_forecast", example("long_term_forecast")).replace("\u00a0", " ")
    assert "| **ETTh1**" in text
    header, _, *rows = markdown_rows(text)
    assert header == [
        "Dataset", "Horizon", "MSE published", "MSE reproduced", "MSE dev. %",
        "MAE published", "MAE reproduced", "MAE dev. %", "MSE floor", "MAE floor",
    ]  # fmt: skip
    first = {row[0]: row for row in reversed(rows[:47]) if row[0]}
    assert first["ETTh1"] == [
        "ETTh1", "96", "0.442", "0.415 ± 0.007", "−6.1", "0.441", "0.415 ± 0.007", "−5.9", "1.250", "1.250",
    ]  # fmt: skip
    assert first["ETTh2"] == [
        "ETTh2", "96", "0.339", "0.410†", "+20.9", "0.376", "0.410†", "+9.0", "1.250", "1.250",
    ]  # fmt: skip
    assert first["ETTm1"] == ["ETTm1", "96", "0.378", "–", "", "0.397", "–", "", "", ""]
    assert first["Traffic"] == ["Traffic", "96", "0.599", "", "", "0.329", "", "", "", ""]
    assert first["my_data"] == [
        "my_data", "96", "", "0.415 ± 0.007", "", "", "0.415 ± 0.007", "", "1.250", "1.250",
    ]  # fmt: skip


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_markdown_prints_every_published_number(task: str, averaged: bool) -> None:
    text = render_markdown(task, example(task), averaged)
    rows = [row for row in markdown_rows(text) if row[0] != "Dataset" and not row[0].startswith("-")]
    first = 1 if averaged else 2
    found = [float(row[column]) for row in rows for column in (first, first + 3) if row[column]]
    expected = published(task)
    if averaged:
        expected = expected[expected["setting"] == "avg"]
    assert sorted(found) == sorted([*expected["published"].astype(float)] * 2)  # two protocols


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_protocols_never_share_a_table(task: str, averaged: bool) -> None:
    table = example(task)
    for text in (render_markdown(task, table, averaged), render_latex(task, table, averaged)):
        of_published, of_strict = re.split(r"protocol: strict", text, maxsplit=1)
        assert "protocol: published" in of_published
        assert "protocol: published" not in of_strict
        assert "0.415" in of_published
        assert "0.815" not in of_published
        assert "0.815" in of_strict
        assert "0.415" not in of_strict
        assert "change of protocol" in of_strict
        assert "change of protocol" not in of_published


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_no_nan_and_no_zero_for_missing(task: str, averaged: bool) -> None:
    table = example(task)
    texts = [
        render_markdown(task, table, averaged),
        render_latex(task, table, averaged),
        terminal_table(table),
    ]
    for text in texts:
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)
        assert "0.000" not in text


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_latex_is_balanced(task: str, averaged: bool) -> None:
    text = render_latex(task, example(task), averaged)
    plain = re.sub(r"\\[{}%&_#$\\]", "", text)
    assert plain.count("{") == plain.count("}")
    assert plain.count("$") % 2 == 0
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([^}]*)\}", text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert all(ord(sign) < 128 for sign in text)
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(set(labels)) == len(labels) == 2


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_latex_rows_fill_the_columns(task: str, averaged: bool) -> None:
    text = render_latex(task, example(task), averaged)
    (columns,) = {len(match) for match in re.findall(r"\\begin\{tabular\}\{(\w+)\}", text)}
    assert columns == (15 if averaged else 16)
    assert {spanned(row) for row in latex_rows(text)} == {columns}
    for line in re.findall(r"(\\cmidrule.*)", text):
        spans = [tuple(map(int, span)) for span in re.findall(r"\{(\d+)-(\d+)\}", line)]
        assert all(low <= high <= columns for low, high in spans)


def test_latex_cells_and_rules() -> None:
    text = render_latex("long_term_forecast", example("long_term_forecast"))
    rows = {row[0]: row for row in reversed(latex_rows(text.split(r"\end{table*}")[0])) if row[0]}
    half = [r"0.415 $\pm$ 0.007", "$-$5.9"]
    assert rows["ETTh1"] == [
        "ETTh1", "96", "0.442", half[0], "$-$6.1", "0.441", *half,
        "0.399", "", "", "0.416", "", "", "1.250", "1.250",
    ]  # fmt: skip
    assert rows[r"my\_data"][2:5] == ["", half[0], ""]
    assert rows["ETTm1"][2:5] == ["0.378", "--", ""]
    assert rows["ETTh2"][3] == r"0.410$^\dagger$"
    datasets = 9 + 1
    assert text.count(r"\midrule") == 2 * datasets


@pytest.mark.parametrize("render", [render_markdown, render_latex])
def test_caption_says_what_the_columns_are(render: Any) -> None:
    text = render("imputation", example("imputation"))
    for words in (
        "Imputation",
        "architecture: paper",
        "single run",
        "Tables 11 and 12",
        "naive baselines",
        "same test",
    ):
        assert words in text
    assert "over 1 to 2 seeds" in text
    assert "none is done yet" in render(
        "imputation", compare("imputation", pd.DataFrame(), asked("imputation", 0.5))
    )


def asked(task: str, setting: float) -> list[dict[str, Any]]:
    place = {"task": task, "dataset": "ETTh1", "setting": setting, "top": True, "seed": 1}
    return [{**place, "run_id": "a", "architecture": "paper", "protocol": "published"}]


def test_difference_between_main_paper_and_appendix_is_noted() -> None:
    assert "0.105 for ETTm1 MAE" in render_markdown("imputation", example("imputation"), averaged=True)
    assert "0.105 for ETTm1 MAE" not in render_markdown("imputation", example("imputation"))


def test_nothing_asked_for() -> None:
    table = compare("imputation", pd.DataFrame(), [])
    assert "No run of this task" in render_markdown("imputation", table)
    assert all(line.startswith("%") or not line for line in render_latex("imputation", table).splitlines())
    assert terminal_table(table) == "No run is done yet."


def test_markdown_leaves_out_lines_without_anything() -> None:
    parts = render_markdown("imputation", example("imputation")).split("### ")
    assert ["my_data" in part for part in parts[1:3]] == [True, False]


def test_terminal_table() -> None:
    text = terminal_table(example("long_term_forecast"))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    header = "dataset setting TOP architecture metric published reproduced deviation floor"
    assert lines.count(header) == 2  # one block per protocol
    assert "ETTh1 96 no paper MSE 0.442 0.415 ± 0.007 -6.1 % 1.250" in lines
    assert "ETTh2 96 no paper MSE 0.339 0.410* +20.9 % 1.250" in lines
    assert "my_data avg no paper MAE 0.415 ± 0.007 1.250" in lines
    assert "ETTm1" not in text
    assert not re.search(r"ETTh2 +avg", text)


@given(st.floats(-1e4, 1e4))
def test_deviation_has_a_sign_and_one_decimal(percent: float) -> None:
    text = deviation(percent, Style("±", "–", "†"))
    assert re.fullmatch(r"[+-]\d+\.\d", text)
    assert text != "-0.0"
    assert float(text) == pytest.approx(percent, abs=0.0501)


@given(st.text(alphabet="ab\\{}$&#%_^~ "))
def test_escaped_text_leaves_nothing_active(text: str) -> None:
    escaped = re.sub(r"\\(?:[&%$#_{}]|text\w+\{\})", "", escape_latex(text))
    assert escaped == re.sub(r"[^ab ]", "", text)
