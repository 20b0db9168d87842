"""Models of one's own in the tables of tasks, and texts that a user chose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specar.tables.render import markdown, render
from specar.tables.table import Cell, Page, Table, listed
from specar.tables.task import task_page, terminal_table

from .page import Page as ParsedPage
from .table_inputs import ledger, results, run

TASK = "long_term_forecast"


def with_mine(published_as: str | None = None, labels: tuple[str, ...] = ("specar", "mine")) -> Any:
    asked = [run(96, model=label, top=top) for label in labels for top in (False, label == "specar")]
    asked = list({of["run_id"]: of for of in asked}.values())
    done = [results(of, {"mse": 0.4 + (of["model"] == "mine"), "mae": 0.5}) for of in asked]
    entry = {"module": "mine", "title": "A *small* | net", "published_as": published_as}
    return ledger(asked, *done, models={"mine": entry})


def tables(found: Any) -> dict[str, Table]:
    return {table.id.split("-")[1]: table for table in task_page(found, TASK)[1].tables}


def test_an_unpublished_model_has_a_table_of_its_own_with_reproduced_numbers_and_floors_only() -> None:
    own = tables(with_mine())["mine"]
    assert own.title == "Long-term forecasting (model: mine; protocol: published)"
    assert {column.headings[0] for column in own.columns} == {"without TOP", "floors"}
    assert [column.headings[2] for column in own.columns[:2]] == ["our runs", "our runs"]
    assert [line.names[:2] for block in own.blocks for line in block] == [("ETTh1", "96")]
    assert own.cells[0].text == "1.400"
    assert not any(cell.kind == "published" for cell in own.cells)
    notes = " ".join(own.notes)
    assert "Model mine (A *small* | net) is not one of the paper's: nothing here is published." in notes
    assert "Dev." not in notes


def test_the_tables_of_specar_net_are_the_same_beside_another_model() -> None:
    assert tables(with_mine())["specar"] == tables(with_mine(labels=("specar",)))["specar"]


def test_a_published_model_is_compared_with_its_own_printed_numbers() -> None:
    own = tables(with_mine("DLinear"))["mine"]
    assert own.notes[0].startswith("Published: DLinear as printed in the paper")
    line = next(line for block in own.blocks for line in block if line.names[:2] == ("ETTh1", "96"))
    assert [cell.text for cell in line.cells[:3]] == ["0.386", "1.400", "+262.7"]
    assert "Authors" not in " ".join(own.notes)


def test_the_terminal_shows_every_model_under_its_label() -> None:
    text = terminal_table(with_mine(), TASK)
    of_specar, of_mine = text.split("(model: mine; protocol: published)")
    assert "1.400" in of_mine
    assert "1.400" not in of_specar


# Each as a user may write it, and what Markdown would make of it.
NASTY = [
    "# no heading", "- no list", "+ none either", "1. not the first", "> no quote", "=== no rule", "--- none",
    "**bold** _italic_ __both__ `code`", "[link](x)", "![image](x)", "<b>tag</b> <http://x>", "~~gone~~",
    "$x^2$", "&lt;", "a\\*b", "a | b", "two\nlines", "trailing #", "snake_case and 2_000",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_texts_of_a_user_are_shown_as_they_are(text: str) -> None:
    line = " ".join(text.split())
    assert unescaped(markdown(text)) == line
    assert not active(markdown(text))


@given(st.text(alphabet="ab1 .-_*#`<>[]()&;~$\\|!+="))
def test_escaped_markdown_has_nothing_active_and_loses_nothing(text: str) -> None:
    assert unescaped(markdown(text)) == " ".join(text.split())
    assert not active(markdown(text))


def unescaped(text: str) -> str:
    """CommonMark: a backslash before punctuation stands for it."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def active(text: str) -> list[str]:
    """What Markdown would read in a line, once what is escaped is taken out."""
    plain = re.sub(r"\\[!-/:-@\[-`{-~]", ",", text)
    inline = r"[`*<\[~$]|(?<![^\W_])_|_(?![^\W_])|&#?\w+;|#$"
    return re.findall(rf"^(?:#|>|=|[-+](?:\s|-|$)|\d+[.)](?:\s|$))|{inline}", plain)


def test_every_name_and_text_of_a_table_is_escaped_in_every_form() -> None:
    nasty = "<b> | *x* & 5 % _a_ #"
    table = listed("id", nasty, ["Name", "Value"], [[nasty, nasty]], 1, ("Value",), (nasty,))
    page = Page(nasty, (table,), (nasty,), (nasty,))
    text = render(page, "md")
    assert (
        text.count(markdown(nasty)) == 4
    )  # title, notes, rules, notes of the table: its title is the page's
    assert text.count(markdown(nasty).replace("|", r"\|")) == 2
    assert not re.search(r"(?<!\\)[<*]", text)
    html = render(page, "html")
    assert "<b>" not in html
    assert ParsedPage(html).grids[0].rows()[1] == [nasty, nasty]
    tex = render(page, "tex")
    assert "5 % _a_" not in tex
    assert r"\textless{}b\textgreater{} \textbar{} *x* \& 5 \% \_a\_ \#" in tex


def test_headings_are_escaped_in_markdown() -> None:
    table = listed("id", "Table", ["a|b", "*c*"], [["x", Cell("value", "1|2")]])
    assert render(Page("Page", (table,)), "md").splitlines()[4:] == [
        r"| a\|b | \*c\* |", "| ---- | ----: |", r"| x    |  1\|2 |"
    ]  # fmt: skip
