"""The explorer in a browser: it sorts, filters, opens, links and writes files."""

import csv
import io
import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def found(browser):
    return browser.measure("index.html", 1400, 900, "light", Path(__file__).with_name("explorer.js"))


def number(text):
    return float(text.replace("−", "-"))


def test_it_filters_and_keeps_the_choice_in_the_address(found, half_done):
    _, _, page = half_done
    cells = json.loads(page.by_id("explore-data").text)["cells"]
    of_task = [cell for cell in cells if cell[2] == "Classification on UEA"]
    assert found["all"] == f"1–{min(20, len(cells))} of {len(cells)} cells"
    assert found["filtered"]["count"].endswith(f"of {len(of_task)} cells")
    assert found["filtered"]["tasks"] == ["Classification on UEA"]
    assert found["filtered"]["address"] == "#explorer?task=Classification+on+UEA"


def test_it_sorts(found):
    up, down = found["ascending"], found["descending"]
    assert (up["sort"], down["sort"]) == ("ascending", "descending")
    assert len(up["values"]) > 3
    assert list(map(number, up["values"])) == sorted(map(number, up["values"]))
    assert sorted(down["values"]) == sorted(up["values"])
    assert list(map(number, down["values"])) == sorted(map(number, up["values"]), reverse=True)
    assert down["address"] == "#explorer?metric=MSE&dataset=ETTh1&sort=-published"


def test_an_address_leads_to_the_same_choice(found):
    assert found["linked"] == {"values": found["descending"]["values"], "metric": "MSE"}
    assert found["anchor"] == ["#audit", True]


def test_it_writes_what_is_chosen(found):
    rows = list(csv.DictReader(io.StringIO(found["written"]["csv"])))
    assert found["chosen"].endswith(f"of {len(rows)} cells")
    assert {row["Metric"] for row in rows} == {"MSE"}
    assert [row["Published"] for row in rows][: len(found["linked"]["values"])] == found["linked"]["values"]
    (own,) = [row for row in rows if row["sd"]]
    assert (own["Dataset"], own["Setting"], own["Our runs"], own["sd"]) == ("ETTh1", "96", "0.392", "0.001")
    assert len(own["Runs"].split()) == 2
    assert len(found["written"]["md"].splitlines()) == len(rows) + 2
    assert all(line.startswith("| ") for line in found["written"]["md"].splitlines())
    assert found["written"]["tex"].count(r"\\") == len(rows) + 1
    assert r"0.392 $\pm$ 0.001" in found["written"]["tex"]


def test_a_square_leads_to_its_cell_and_its_runs(found):
    square = found["square"]
    assert tuple(square["cell"][name] for name in ("Dataset", "Setting", "TOP")) == ("ETTh1", "96", "without")
    assert (square["expanded"], square["focused"], found["closed"]) == ("true", True, "false")
    assert square["links"] == [True, True]
    for word in ("seed 1", "seed 2", "commit", "data", "validation accuracy by epoch"):
        assert word in square["runs"]
