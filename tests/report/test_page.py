"""The structure of the page, whatever has been run."""

import itertools
import re

import pandas as pd
import pytest

from specar.paper.claims import UNKNOWN
from specar.report.page import SECTIONS
from specar.report.runs import RunIndex
from specar.report.sections.answer import _by_both_sides

IDS = [
    *("summary", "explorer", "reading", "claims", "paper", "reproduction", "verdicts", "batches", "ranks"),
    *("figures", "ablations", "explain", "audit", "failures", "records", "origin"),
]
SIZE = 8_000_000
BLOCKS = ("div", "p", "ul", "ol", "dl", "table", "section", "details", "pre", "figure", "h2", "h3", "h4")


def check(text, page):
    """What holds for every page: it stands alone, its links lead somewhere, its tables have headers."""
    assert len(text.encode()) < SIZE
    assert len(page.ids) == len(set(page.ids)), [name for name in page.ids if page.ids.count(name) > 1]
    elements = page.root.all()
    for element in elements:
        for name in ("src", "href", "data", "srcset", "poster", "action"):
            target = element.attributes.get(name, "data:")
            if element.tag == "a" and target.startswith("https://"):
                continue
            assert target.startswith(("#", "data:")), (element.tag, target)
            assert target[:1] != "#" or target[1:] in page.ids, target
        for name in ("aria-labelledby", "for"):
            assert set(element.attributes.get(name, "").split()) <= set(page.ids), element
        assert not [name for name in element.attributes if name.startswith("on")], element
    assert not re.search(r"@import|url\((?!data:)|<link|<iframe", text)
    assert [len(page.root.all(tag)) for tag in ("main", "h1", "header", "footer", "style")] == [1] * 5
    assert page.root.all("html")[0].attributes["lang"] == "en"
    for image in page.root.all("img"):
        assert len(image.attributes["alt"]) > 20
        assert image.attributes["src"].startswith("data:image/")
    for table in page.root.all("table"):
        heads = table.all("th")
        assert heads
        assert all(head.attributes.get("scope") in ("col", "row", "colgroup", "rowgroup") for head in heads)
        assert table.inside("div")
    # What a browser would close by itself, or move.
    for tag, inner in {"p": BLOCKS, "a": ("a", "button"), "button": ("a", "button")}.items():
        for element in page.root.all(tag):
            assert not element.all(*inner), tag
    assert all(item.parent.tag in ("ul", "ol") for item in page.root.all("li"))
    levels = [int(heading.tag[1]) for heading in page.root.all("h1", "h2", "h3", "h4", "h5")]
    assert all(later - former <= 1 for former, later in itertools.pairwise(levels))


def part(page, name):
    return next(p for p in page.root.all("section") if p.attributes["aria-labelledby"] == name)


def headings(page):
    return [heading.attributes["id"] for heading in page.root.all("h2")]


def contents(page):
    (nav,) = page.root.all("nav")
    return [link.attributes["href"][1:] for link in nav.all("a")]


@pytest.mark.parametrize("case", ["nothing", "half_done"])
def test_the_page_is_whole_whatever_has_been_run(case, request):
    _, text, page = request.getfixturevalue(case)
    check(text, page)
    assert headings(page) == IDS
    assert len(SECTIONS) == len(IDS)
    assert [name for name in contents(page) if name in IDS] == IDS


def test_a_dataset_that_comes_again_keeps_its_runs(once):
    entries = [("ETTh1", "specar"), ("ETTh2", "specar"), ("ETTh1", "dlinear")]
    matrix = [
        {
            "task": "long_term_forecast",
            "datasets": [dataset],
            "horizons": [96],
            "models": [model],
            "top": [False],
        }
        for dataset, model in entries
    ]

    def fill(made):
        for name in made.plan.runs:
            made.finish(name)

    made, text, page = once("page-again", fill, matrix=matrix, seeds=[1])
    check(text, page)
    assert {f"run-{name}" for name in made.plan.runs} <= set(page.ids)


def test_nothing_has_been_run(nothing):
    _, _, page = nothing
    parts = {part.attributes["aria-labelledby"]: part.text for part in page.root.all("section")}
    assert "None of the 20 runs of this configuration is done" in parts["summary"]
    assert (
        "13 of 30 are consistent in themselves, 13 in part, 2 are not, and 2 cannot be judged"
        in parts["summary"]
    )
    assert "published cells run, by 0 runs of 10; " in parts["summary"]
    assert "30 of 30 claims cannot be judged by our runs yet" in parts["summary"]
    assert "81.72 printed, 84.63 by chance" in parts["summary"]
    assert "No run of this configuration has been started yet" in parts["records"]
    assert "No run has failed" in parts["failures"]
    assert "0.399" in parts["reproduction"]  # published: ETTh1, 96, MSE with TOP
    assert not [e for e in page.root.all("a") if e.attributes["href"].startswith("#seeds")]


def test_claims_are_judged_by_runs_of_both_sides(once):
    def fill(made):
        for name, run in made.plan.runs.items():
            made.finish(name, less=(run.model.label == "dlinear") * (0.3 + run.seed / 100))

    entry = {"task": "classification", "datasets": ["JapaneseVowels", "Handwriting"]}
    models = [{**entry, "models": [model]} for model in ("specar", "dlinear")]
    _, _, page = once("page-sides", fill, matrix=models, seeds=[1, 2, 3])
    summary = part(page, "summary").text
    assert "by runs of both sides on 2 of 10 datasets: holds against dlinear" in summary
    assert "29 of 30 claims cannot be judged by our runs yet" in summary


def test_a_claim_that_is_judged_in_one_metric_is_not_said_to_hold_in_all():
    names, words = {"claim": "best", "model": "specar", "tested": 2, "datasets": 6}, ("holds", UNKNOWN)
    rows = [
        {**names, "rival": rival, "metric": metric, "word": word}
        for rival, found in {"timesnet": words, "dlinear": ("holds", "holds")}.items()
        for metric, word in zip(("mse", "mae"), found, strict=True)
    ]
    said = _by_both_sides(pd.DataFrame(rows))["best", "specar"]
    assert said.endswith(": holds against timesnet in MSE, dlinear")


def test_half_of_the_runs_are_missing(half_done):
    _, _, page = half_done
    assert "4 runs of 20 are done, 1 failed" in page.root.text
    (listed,) = [item for item in part(page, "failures").all("li") if "SpecarError" in item.text]
    (link,) = listed.all("a")
    assert page.by_id(link.attributes["href"][1:]).inside("details")
    assert "missing" in page.by_id("runs-counts").text


def test_every_reproduced_number_leads_to_its_runs(half_done):
    made, _, page = half_done
    numbers = [link for link in part(page, "reproduction").all("a") if link.inside("td")]
    texts = [link.text for link in numbers]
    assert texts == ["0.392 ± 0.001", "0.411 ± 0.001", "0.391 †", "0.411 †", "97.2 †", "96.2 †"]
    index = RunIndex(made.plan)
    for link in numbers:
        place = page.by_id(link.attributes["href"][1:])
        assert place.tag == "details"
        (group,) = [group for group in index.groups if group.id == place.attributes["id"]]
        assert len(group.runs) == 2
        rows = [row for row in place.all("tr") if row.attributes.get("id", "").startswith("run-")]
        assert [row.attributes["id"] for row in rows] == [f"run-{run.name}" for run in group.shown]
        for run, row in zip(group.shown, rows, strict=True):
            if run.record:
                origin = run.record["provenance"]
                for text in (run.name, origin["device"]["name"], origin["git"]["commit"][:10]):
                    assert text in row.text
                for digest in run.record["data"]["sha256"].values():
                    assert digest in place.text
        assert "learning_rate:" in place.text


def test_verdicts_are_counted_and_told_one_by_one(half_done):
    _, _, page = half_done
    table = page.by_id("verdicts-counts")
    assert "undecided" in part(page, "verdicts").text
    header = [cell.text for cell in table.all("thead")[0].all("th")]
    number = header.index("Undecided")
    rows = [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")[1:]]
    judged = [row for row in part(page, "verdicts").all("tr") if row.all("td")]
    assert sum(int(row[number]) for row in rows) <= len(judged)
    assert len(judged) == 5  # MSE and MAE of two cells, one accuracy


def test_texts_of_others_are_escaped(half_done):
    _, text, page = half_done
    assert "<script>alert" not in text
    assert "<b>marks</b>" not in text
    assert len(page.root.all("script")) == 3
    (item,) = [item for item in part(page, "failures").all("li") if "alert" in item.text]
    assert """</code><script>alert("x")</script> it's 'quoted' & "broken\"""" in item.text
    assert 'Note with <b>marks</b> & "quotes".' in page.root.text
