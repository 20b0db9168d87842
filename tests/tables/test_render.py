"""Markdown, LaTeX and terminal forms of the tidy table."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache, partial
from typing import Any, cast

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.published import printed_datasets, published, released_log
from specar.paper.sources import SOURCES, metrics_of
from specar.results.ledger import Ledger
from specar.tables import render as escape
from specar.tables.render import render
from specar.tables.task import deviation, task_page, terminal_table

from .table_inputs import M4, floors, ledger, results, run

TASKS = list(SOURCES)
FORMS = [(task, False) for task in TASKS] + [
    (task, True) for task, info in TASK_INFO.items() if info.setting is not None
]
HORIZONS = [96, 192, 336, 720]
# By protocol and seed.
VALUES = {"published": {1: 0.41, 2: 0.42}, "strict": {1: 0.81, 2: 0.82}}


@cache
def example(task: str) -> Ledger:
    """One dataset done, one with one of two seeds, one missing, an own dataset, two protocols."""
    if TASK_INFO[task].setting:
        settings: list[Any] = HORIZONS if task == "long_term_forecast" else [0.125, 0.25, 0.375, 0.5]
        names = ["ETTh1", "ETTh2", "ETTm1", "my_data"]
    else:
        settings, names = [""], [*printed_datasets(task)[:3], "my_data"]
    axes = (["published", "strict"], names, settings, [1, 2])
    matrix = [
        run(setting, seed, protocol=protocol, dataset=name, task=task)
        for protocol, name, setting, seed in itertools.product(*axes)
    ]
    done = [
        results(of, dict.fromkeys(metrics_of(task, of["protocol"]), VALUES[of["protocol"]][of["seed"]]))
        for of in matrix
        if of["dataset"] != names[2] and (of["dataset"] != names[1] or of["seed"] == 1)
    ]
    naive = [
        floors(of, name, dict.fromkeys(metrics_of(task, of["protocol"]), 0.5 + i / 4))
        for of in matrix
        for i, name in enumerate(TASK_INFO[task].baselines)
        if of["seed"] == 1 and of["dataset"] != names[2]
    ]
    return ledger(matrix, *done, task=task, floors=naive)


def complete(task: str, protocol: str = "published", leave_out: str = "", **plan: Any) -> Ledger:
    """All that the task's averages over datasets need, at one seed; every value and floor is 0.5."""
    names = [f"M4-{name}" for name in M4] if "M4-Yearly" in printed_datasets(task) else printed_datasets(task)
    matrix = [
        run("", task=task, dataset=name, protocol=protocol, top=top)
        for name, top in itertools.product(names, {False, TASK_INFO[task].top})
        if name != leave_out
    ]
    values = dict.fromkeys(metrics_of(task, protocol), 0.5)
    naive = [floors(of, name, values) for of in matrix if not of["top"] for name in TASK_INFO[task].baselines]
    return ledger(matrix, *(results(of, values) for of in matrix), task=task, floors=naive, **plan)


def rendered(suffix: str, task: str, found: Ledger | None = None, averaged: bool = False) -> str:
    _, page = task_page(found or example(task), task, averaged)
    return render(page, suffix)


markdown, latex = partial(rendered, "md"), partial(rendered, "tex")


def ours(task: str) -> pd.DataFrame:
    """What the paper prints of SpecAR-Net."""
    return published(task).query("published_as == 'SpecAR-Net'")


def said(found: Ledger, **plan: Any) -> Ledger:
    """The same ledger with another note, or other remarks."""
    return replace(found, plan=replace(cast(Any, found.plan), **plan))


def markdown_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]


def latex_rows(text: str) -> list[list[str]]:
    table = "".join(re.findall(r"(?s)\\toprule(.*?)\\bottomrule", text)).replace("&\n", "& ")
    ends = (r"\\", r"\tabularnewline")
    lines = [line for line in table.splitlines() if line.endswith(ends)]
    lines = [re.sub(r"(\\\\|\\tabularnewline)$", "", line.strip()) for line in lines]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", line)] for line in lines]


def spanned(row: list[str]) -> int:
    return sum(int(match[1]) if (match := re.match(r"\\multicolumn\{(\d+)\}", cell)) else 1 for cell in row)


def test_markdown_cells() -> None:
    text = markdown("long_term_forecast").replace("\u00a0", " ")
    assert "| **ETTh1**" in text
    header, _, *rows = markdown_rows(text)
    assert header == [
        "Dataset", "Horizon", "MSE published", "MSE our runs", "MSE dev. %",
        "MAE published", "MAE our runs", "MAE dev. %", "MSE last value", "MSE seasonal naive",
        "MAE last value", "MAE seasonal naive",
    ]  # fmt: skip
    first = {row[0]: row for row in reversed(rows[:47]) if row[0]}
    naive = ["0.500", "0.750"] * 2
    assert first["ETTh1"] == [
        "ETTh1", "96", "0.442", "0.415 ± 0.007", "−6.1", "0.441", "0.415 ± 0.007", "−5.9", *naive,
    ]  # fmt: skip
    assert first["ETTh2"] == [
        "ETTh2", "96", "0.339", "0.410†", "+20.9", "0.376", "0.410†", "+9.0", *naive,
    ]  # fmt: skip
    assert first["ETTm1"] == ["ETTm1", "96", "0.378", "–", "", "0.397", "–", "", *["–"] * 4]
    assert first["Traffic"] == ["Traffic", "96", "0.599", "", "", "0.329", "", "", "", "", "", ""]
    assert first["my_data"] == [
        "my_data", "96", "", "0.415 ± 0.007", "", "", "0.415 ± 0.007", "", *naive,
    ]  # fmt: skip


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_markdown_prints_every_published_number(task: str, averaged: bool) -> None:
    found: list[str] = []
    for part in markdown(task, averaged=averaged).split("\n\n"):
        header, *rows = markdown_rows(part) or [[]]
        places = [i for i, name in enumerate(header) if name.endswith("published")]
        found += [row[i] for row in rows[1:] for i in places if row[i]]
    expected = ours(task)
    if averaged:
        expected = expected[expected["setting"] == "avg"]
    protocols = 1 if SOURCES[task].strict_metrics else 2
    assert sorted(map(float, found)) == sorted([*expected["published"].astype(float)] * protocols)


@pytest.mark.parametrize("task", TASKS)
def test_published_numbers_have_the_printed_digits(task: str) -> None:
    text = markdown(task)
    for row in ours(task).itertuples():
        # The paper prints 0.97 once where all others have three decimals.
        assert re.search(rf"\| +{re.escape(str(row.published))}0? \|", text), row


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_protocols_never_share_a_table(task: str, averaged: bool) -> None:
    own = {"published": (r"\b0\.415\b|\b41\.5",), "strict": (r"\b0\.815\b|\b81\.5",)}
    for text in (markdown(task, averaged=averaged), latex(task, averaged=averaged)):
        of_published, of_strict = re.split(r"protocol: strict", text, maxsplit=1)
        assert "protocol: published" in of_published
        assert "protocol: published" not in of_strict
        assert re.search(*own["published"], of_published)
        assert not re.search(*own["strict"], of_published)
        assert re.search(*own["strict"], of_strict)
        assert not re.search(*own["published"], of_strict)
        caution = "nothing here is published" if SOURCES[task].strict_metrics else "change of protocol"
        assert caution in of_strict
        assert caution not in of_published


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_no_nan_and_no_zero_for_missing(task: str, averaged: bool) -> None:
    texts = [
        markdown(task, averaged=averaged),
        latex(task, averaged=averaged),
        terminal_table(example(task), task),
    ]
    for text in texts:
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)
        assert "0.000" not in text


@pytest.mark.parametrize(("task", "averaged"), FORMS)
def test_latex_is_balanced(task: str, averaged: bool) -> None:
    text = latex(task, said(example(task), remarks={"my_data": "50 % of {it} & more"}), averaged)
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
    text = latex(task, averaged=averaged)
    for part in text.split(r"\end{table*}")[:-1]:
        (columns,) = (len(match) for match in re.findall(r"\\begin\{tabular\}\{(\w+)\}", part))
        assert {spanned(row) for row in latex_rows(part)} == {columns}
        for line in re.findall(r"(\\cmidrule.*)", part):
            spans = [tuple(map(int, span)) for span in re.findall(r"\{(\d+)-(\d+)\}", line)]
            assert all(low <= high <= columns for low, high in spans)
            assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))


def test_latex_cells_and_rules() -> None:
    text = latex("long_term_forecast")
    rows = {row[0]: row for row in reversed(latex_rows(text.split(r"\end{table*}")[0])) if row[0]}
    half = [r"0.415 $\pm$ 0.007", "$-$5.9"]
    assert rows["ETTh1"] == [
        "ETTh1", "96", "0.442", half[0], "$-$6.1", "0.441", *half,
        "0.399", "", "", "0.416", "", "", *["0.500", "0.750"] * 2,
    ]  # fmt: skip
    assert rows[r"my\_data"][2:5] == ["", half[0], ""]
    assert rows["ETTm1"][2:5] == ["0.378", "--", ""]
    assert rows["ETTh2"][3] == r"0.410$^\dagger$"
    datasets = 9 + 1
    assert text.count(r"\addlinespace") == 2 * (datasets - 1)


@pytest.mark.parametrize("render", [markdown, latex])
def test_caption_says_what_the_columns_are(render: Any) -> None:
    text = render("imputation")
    for words in (
        "Imputation",
        "model: specar",
        "single run",
        "Tables 11 and 12",
        "naive baselines",
        "same test",
        "in percent of published",
    ):
        assert words in text
    assert "over 1 to 2 seeds" in text
    assert "none is done yet" in render(
        "imputation", ledger([run(0.5, task="imputation")], task="imputation")
    )


@pytest.mark.parametrize("render", [markdown, latex])
def test_every_baseline_is_there_by_name(render: Any) -> None:
    names = {
        "long_term_forecast": ("last value", "seasonal naive"),
        "short_term_forecast": ("last value", "seasonal naive", "Naive2"),
        "imputation": ("observed mean", "linear interpolation"),
        "classification": ("majority class",),
        "anomaly_detection": ("random scores", "PCA"),
    }
    for task in TASKS:
        text = render(task).replace(r"\\", " ")
        shown = terminal_table(example(task), task)
        for name in names[task]:
            assert text.count(name) >= 2
            assert all(word in shown for word in name.split())


def test_difference_between_main_paper_and_appendix_is_noted() -> None:
    assert "0.105 for ETTm1 MAE" in markdown("imputation", averaged=True)
    assert "0.105 for ETTm1 MAE" not in markdown("imputation")


def test_nothing_asked_for() -> None:
    for task in TASKS:
        table = ledger([], task=task)
        assert "No run of this task" in markdown(task, table)
        assert all(line.startswith("%") or not line for line in latex(task, table).splitlines())
        assert terminal_table(table, task) == "No run is done yet."


def test_markdown_leaves_out_lines_without_anything() -> None:
    parts = markdown("imputation").split("### ")
    assert ["my_data" in part for part in parts[1:3]] == [True, False]


def test_m4_lines_are_those_of_the_paper_with_its_parts() -> None:
    text = markdown("short_term_forecast", complete("short_term_forecast"))
    rows = markdown_rows(text)
    assert rows[0] == [
        "Subset", "Metric", "published", "our runs", "dev. %", "last value", "seasonal naive", "Naive2",
    ]  # fmt: skip
    names = [row[0] for row in rows if row[0] not in ("", "Subset") and not row[0].startswith("-")]
    assert names == [*M4, "Others", "Average"] * 2
    assert ["Others", "sMAPE", "4.872", "0.500", "−89.7", "0.500", "0.500", "0.500"] in rows
    # OWA of Naive2 is 1 whatever is recorded.
    assert ["", "OWA", "0.860", "1.000", "+16.3", "1.000", "1.000", "1.000"] in rows
    assert ["Weekly", "sMAPE", "", "0.500", "", "0.500", "0.500", "0.500"] in rows


def test_classification_has_one_block_and_the_authors_log() -> None:
    text = markdown("classification", complete("classification"))
    assert "TOP" not in text
    assert "TOP" not in latex("classification")
    assert "its average is 70.1, where the paper prints 74.7" in text
    assert "authors' released log (best epoch on test)" in text
    header, _, *rows = markdown_rows(text)
    assert header == [
        "Dataset", "accuracy published", "accuracy authors' log", "accuracy our runs",
        "accuracy dev. points", "macro F1 our runs", "accuracy majority class", "macro F1 majority class",
    ]  # fmt: skip
    assert rows[-1] == ["avg", "74.7", "70.1", "50.0", "−24.7", "50.0", "50.0", "50.0"]
    log = {row.dataset: row.released_log for row in released_log("classification").itertuples()}
    assert {row[0]: row[2] for row in rows} == {name: f"{value:.1f}" for name, value in log.items()}


def test_anomaly_detection_under_both_protocols() -> None:
    task = "anomaly_detection"
    rows = markdown_rows(markdown(task, complete(task)))
    assert rows[0] == ["Dataset", "Metric", "published", "our runs", "dev. points", "random scores", "PCA"]
    assert ["", "F1", "86.45", "50.00", "−36.45", "50.00", "50.00"] in rows
    assert ["avg", "precision", "", "50.00", "", "50.00", "50.00"] in rows
    text = markdown(task, complete(task, "strict"))
    header, _, *rows = markdown_rows(text)
    assert header == ["Dataset", "Metric", "our runs", "random scores", "PCA"]
    assert len(rows) == 10 * (5 + 1)
    assert "published" not in "".join(header)
    assert "nothing here is published" in text


def test_remarks_stand_below_every_table() -> None:
    remarks = {
        "SWaT": "left out: ask\n  for it",
        "SMD": "6 of its 28 machines",
    }
    task = "anomaly_detection"
    found = complete(task, leave_out="SWaT", remarks=remarks, note="A  caution.")
    text = markdown(task, found)
    table, below = text.split("- Marks:")
    assert "**SMDᵃ**" in table
    assert "**SWaTᵇ**" in table
    assert "**avgᵃᵇ**" in table
    assert "**PSM**" in table
    assert "- ᵃ SMD: 6 of its 28 machines.\n- ᵇ SWaT: left out: ask for it.\n" in below
    assert "- A caution." in table
    strict = markdown(task, complete(task, "strict", leave_out="SWaT", remarks=remarks))
    table, below = strict.split("- Marks:")
    assert "SWaT" not in table
    assert "**avg" not in table
    assert "**SMDᵃ**" in table
    assert "- ᵃ SMD: 6 of its 28 machines.\n- SWaT: left out: ask for it.\n" in below
    text = latex(task, complete(task, "strict", leave_out="SWaT", remarks=remarks))
    assert "of its 28 machines. SWaT: left out" in text
    assert r"SMD$^{\mathrm{a}}$ &" in latex(task, complete(task, remarks=remarks))


def test_dataset_left_out_stays_blank_and_missing_is_a_dash() -> None:
    rows = markdown_rows(markdown("anomaly_detection", complete("anomaly_detection", leave_out="SWaT")))
    assert ["SWaT", "precision", "91.55", "", "", "", ""] in rows
    assert ["avg", "F1", "86.45", "", "", "", ""] in rows
    rows = markdown_rows(markdown("anomaly_detection"))
    assert ["MSL", "precision", "89.97", "41.00†", "−48.97", "50.00", "75.00"] in rows
    assert ["SMAP", "precision", "89.98", "–", "", "–", "–"] in rows


@pytest.mark.parametrize("task", TASKS)
def test_a_floor_that_is_not_there_is_a_dash_where_it_was_asked_for(task: str) -> None:
    named = printed_datasets(task)[0]
    setting = {"long_term_forecast": 96, "imputation": 0.125}.get(task, "")
    of = run(setting, task=task, dataset=named)
    known, *others = TASK_INFO[task].baselines
    metric = next(iter(metrics_of(task, "published")))
    table = ledger([of], task=task, floors=[floors(of, known, {metric: 0.5})])
    first, *rest = markdown_rows(markdown(task, table))[2:]
    (half,) = {text for text in first if re.fullmatch(r"50\.0+|0\.50+", text)}
    metrics = 1 if SOURCES[task].metric_rows else len(metrics_of(task, "published"))
    asked = [half, *["–"] * len(others)] + ["–"] * (metrics - 1) * (1 + len(others))
    assert first[-len(asked) :] == asked
    # The paper's other datasets were not asked for.
    other = next(row for row in rest if row[0])
    assert set(other[-len(asked) :]) == {""}


@pytest.mark.parametrize("render", [markdown, latex])
def test_floors_are_on_the_same_test_data_only_where_they_are_there(render: Any) -> None:
    matrix = [run(0.5, task="imputation")]
    absent = render("imputation", ledger(matrix, task="imputation"))
    assert "linear interpolation), of which none is done yet." in absent
    assert "same test data" not in absent
    assert "floor requested, but not done yet (" in absent
    naive = [floors(matrix[0], "mean", {"mse": 1})]
    there = render("imputation", ledger(matrix, task="imputation", floors=naive))
    assert "linear interpolation), computed on the same test data." in there


def flat(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_terminal_table() -> None:
    text = terminal_table(example("long_term_forecast"), "long_term_forecast")
    lines = flat(text)
    assert lines.count("without TOP") == 2  # a table per protocol
    header = "Dataset Horizon published runs % published runs % value naive value naive"
    assert lines.count(header) == 2
    assert "Long-term forecasting (model: specar; protocol: strict)" in lines
    same = "0.500 0.750 0.500 0.750"
    assert f"ETTh1 96 0.442 0.415 ± 0.007 −6.1 0.441 0.415 ± 0.007 −5.9 {same}" in lines
    assert f"ETTh2 96 0.339 0.410† +20.9 0.376 0.410† +9.0 {same}" in lines
    assert f"avg 0.415 ± 0.007 0.415 ± 0.007 {same}" in lines
    assert "ETTm1" not in text
    assert not re.search(r"ETTh2 +avg", text)
    for block in text.split("\n\n"):
        columns = [line.rindex("0.750") for line in block.splitlines() if line.endswith("0.750")]
        assert len(set(columns)) <= 1


def test_terminal_table_of_tasks_without_setting_and_top() -> None:
    lines = flat(terminal_table(complete("classification"), "classification"))
    assert "PEMS-SF 90.2 90.2 50.0 −40.2 50.0 50.0 50.0" in lines
    assert not any("TOP" in line for line in lines)
    strict = terminal_table(complete("anomaly_detection", "strict"), "anomaly_detection")
    assert "published" not in strict


@given(st.floats(-1e4, 1e4))
def test_deviation_has_a_sign_and_one_decimal(percent: float) -> None:
    text = deviation(percent, METRICS["mse"])
    assert re.fullmatch(r"[+−]\d+\.\d", text)
    assert text != "−0.0"
    assert float(text.replace("−", "-")) == pytest.approx(percent, abs=0.0501)


def test_long_headings_stand_on_two_lines() -> None:
    assert escape.latex_heading("linear interpolation") == r"\shortstack[r]{linear\\interpolation}"
    assert [escape.latex_heading(text) for text in ("dev. %", "our runs", "a_b")] == [
        r"dev. \%",
        "our runs",
        r"a\_b",
    ]


@given(st.text(alphabet='ab\\{}$&#%_^~<>|`" '))
def test_escaped_text_leaves_nothing_active(text: str) -> None:
    escaped = re.sub(r"\\(?:[&%$#_{}]|text\w+\{\}|`\{\})|''", "", escape.latex(text))
    assert escaped == re.sub(r"[^ab ]", "", " ".join(text.split()))


def test_two_hyphens_are_no_dash() -> None:
    assert escape.latex("--plan --- x-y") == "-{}-plan -{}-{}- x-y"
