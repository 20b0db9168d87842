"""The report as a reader sees it: on a phone and a desktop, in light and dark, and on paper."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
WIDTHS = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1400, 900)}
MEASURE = Path(__file__).with_name("measure.js")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", WIDTHS)
def test_nothing_overflows_overlaps_or_is_faint(browser, device, theme):
    width, height = WIDTHS[device]
    found = browser.measure("index.html", width, height, theme, MEASURE)
    assert found["overflow"] <= 0
    for fault in ("outside", "faint", "broken", "small", "overlapping", "hidden", "unfocused"):
        assert not found[fault], fault
    assert found["images"] >= 3
    assert found["opened"] is True  # what a number leads to
    assert found["contents"] is (device == "desktop")
    assert found["theme"] is False
    picture = browser.folder / f"{device}-{theme}.png"
    browser.picture("index.html", width, height, theme, picture)
    print(picture)  # make test-report-browser shows where it is


def test_it_prints(browser):
    path = browser.folder / "page.pdf"
    browser.pdf("index.html", path)
    assert path.read_bytes().startswith(b"%PDF-")
    assert path.stat().st_size > 50_000
    print(path)


def test_it_is_valid_html(browser):
    """By the checker of the W3C; a newer one knows more of CSS."""
    checker = shutil.which("vnu")
    if checker is None:
        pytest.skip("needs the Nu Html Checker: npm install --global vnu-jar, and Java")
    done = subprocess.run([checker, browser.folder / "index.html"], capture_output=True, text=True)
    assert done.stderr == ""
