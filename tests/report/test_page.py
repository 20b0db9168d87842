"""The structure of the page, whatever has been run."""

import itertools
import re

import pytest

from specar.report.page import SECTIONS
from specar.report.runs import RunIndex

IDS = [
    *("summary", "reading", "claims", "paper", "reproduction", "verdicts", "ranks", "figures"),
    *("ablations", "audit", "failures", "records", "origin"),
]
SIZE = 15_000_000


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
    assert [len(page.root.all(tag)) for tag in ("main", "h1", "header", "footer", "script", "style")] == [
        1
    ] * 6
    assert page.root.all("html")[0].attributes["lang"] == "en"
    for image in page.root.all("img"):
        assert len(image.attributes["alt"]) > 20
        assert image.attributes["src"].startswith("data:image/")
    for table in page.root.all("table"):
        heads = table.all("th")
        assert heads
        assert all(head.attributes.get("scope") in ("col", "row", "colgroup", "rowgroup") for head in heads)
        assert table.inside("div")
    levels = [int(heading.tag[1]) for heading in page.root.all("h1", "h2", "h3", "h4", "h5")]
    assert all(later - former <= 1 for former, later in itertools.pairwise(levels))


def headings(page):
    return [heading.attributes["id"] for heading in page.root.all("h2")]


def contents(page):
    (nav,) = page.root.all("nav")
    return [link.attributes["href"][1:] for link in nav.all("a")]


@pytest.mark.parametrize("case", ["nothing", "half_done", "all_done", "all_failed"])
def test_the_page_is_whole_whatever_has_been_run(case, request):
    _, text, page = request.getfixturevalue(case)
    check(text, page)
    assert headings(page) == IDS
    assert len(SECTIONS) == len(IDS)
    assert [name for name in contents(page) if name in IDS] == IDS


def test_nothing_has_been_run(nothing):
    _, _, page = nothing
    parts = {part.attributes["aria-labelledby"]: part.text for part in page.root.all("section")}
    assert "None of the 20 runs of this configuration is done" in parts["summary"]
    assert "No run of this configuration has been started yet" in parts["records"]
    assert "No run has failed" in parts["failures"]
    assert "0.399" in parts["reproduction"]  # published: ETTh1, 96, MSE with TOP
    assert not [e for e in page.root.all("a") if e.attributes["href"].startswith("#seeds")]


def test_half_of_the_runs_are_missing(half_done):
    made, _, page = half_done
    done = sum(made.plan.record_file(name).exists() for name in made.plan.runs)
    assert f"{done} runs of 20 are done, 1 failed" in page.root.text
    links = {
        link.text: link.attributes["href"]
        for link in page.by_id("reproduction").parent.all("a")
        if link.inside("td")
    }
    assert links
    assert all(target.startswith(("#seeds-", "#runs-")) for target in links.values())


def test_every_reproduced_number_leads_to_its_runs(all_done):
    made, _, page = all_done
    numbers = [link for link in page.by_id("reproduction").parent.all("a") if link.inside("td")]
    texts = [link.text for link in numbers]
    assert texts.count("0.392 ± 0.001") == 4  # MSE: two horizons, without and with TOP
    assert len(texts) == 10
    index = RunIndex(made.plan)
    for link in numbers:
        place = page.by_id(link.attributes["href"][1:])
        assert place.tag == "details"
        (group,) = [group for group in index.groups if group.id == place.attributes["id"]]
        rows = [row for row in place.all("tr") if row.attributes.get("id", "").startswith("run-")]
        assert [row.attributes["id"] for row in rows] == [f"run-{run.name}" for run in group.runs]
        for run, row in zip(group.runs, rows, strict=True):
            origin = run.record["provenance"]
            for text in (run.name, origin["device"]["name"], origin["git"]["commit"][:10]):
                assert text in row.text
        for digest in group.runs[0].record["data"]["sha256"].values():
            assert digest in place.text
        assert "learning_rate:" in place.text


def test_all_runs_failed(all_failed):
    made, _, page = all_failed
    total = len(made.plan.runs)
    assert f"None of the {total} runs of this configuration is done, {total} failed" in page.root.text
    listed = [item for item in page.by_id("failures").parent.all("li") if "no memory" in item.text]
    assert len(listed) == total


def test_texts_of_others_are_escaped(half_done):
    _, text, page = half_done
    assert "<script>alert" not in text
    assert "<b>marks</b>" not in text
    assert len(page.root.all("script")) == 1
    (item,) = [item for item in page.by_id("failures").parent.all("li") if "alert" in item.text]
    assert """</code><script>alert("x")</script> it's 'quoted' & "broken\"""" in item.text
    assert 'Note with <b>marks</b> & "quotes".' in page.root.text


def test_same_records_same_bytes(all_failed):
    made, text, _ = all_failed
    assert made.page()[0] == text
