"""Plans with records as runs leave them, without training anything."""

import copy
import json
import os
from pathlib import Path

import pytest

from specar.base.files import write_json, write_text
from specar.base.locks import write_lock
from specar.config import parse_config
from specar.report import figures
from specar.report.page import page
from specar.runs.records import describe, sealed
from specar.runs.status import STATUS
from specar.runs.store import plan_of

from .browser import NAMES, browser_on, find_chromium
from .html_page import Page

ROOT = Path(__file__).parents[2]
TEMPLATE = json.loads(next((ROOT / "results" / "cached").glob("classification-*-specar-*.json")).read_text())
METRICS = {
    "long_term_forecast": {"mse": 0.39, "mae": 0.41},
    "classification": {"accuracy": 0.97, "macro_f1": 0.96},
}
MATRIX = [
    {"task": "long_term_forecast", "datasets": ["ETTh1"], "horizons": [96, 192]},
    {"task": "classification", "datasets": ["JapaneseVowels"]},
]


class Results:
    """A results folder: a plan, and what runs leave in it."""

    def __init__(self, folder, **changes):
        values = {"results": str(folder / "results"), "cache": str(folder / "cached"), "seeds": [1, 2]}
        values |= {"matrix": MATRIX, "data": {"dir": str(folder / "data")}}
        self.plan = plan_of(parse_config({**values, **changes}))

    def finish(self, name, less=0.0):
        """Leave a record that says what a run's record says, its metrics lower by ``less``."""
        run = self.plan.run(name)
        record = copy.deepcopy(TEMPLATE)
        values = {metric: value + run.seed / 1000 - less for metric, value in METRICS[run.task].items()}
        record |= {**describe(run), "metrics": values, "config": run.model_dump(mode="json")}
        write_json(self.plan.own_record_file(name), sealed(record))

    def measure(self, name):
        """Leave what is measured of its evaluation batches."""
        sizes = {str(size): METRICS[self.plan.run(name).task] for size in (1, 7, 256)}
        found = {**describe(self.plan.run(name)), "batch_dependent": False, "weights": "untrained"}
        write_json(self.plan.batches / f"{name}.json", sealed({**found, "examples": 9, "metrics": sizes}))

    def fail(self, name, message="no memory"):
        """Leave what a failed attempt leaves."""
        attempt = {"state": "failed", "error": {"class": "SpecarError", "message": message}}
        write_json(self.plan.records / name / STATUS, {"attempts": [attempt]})

    def page(self, in_full=False):
        """Return the page as text and parsed; figures are drawn but, unless it is in full, not rendered."""
        with pytest.MonkeyPatch.context() as patch:
            if not in_full:
                patch.setattr(figures, "_bytes", lambda drawn, suffix: b"<svg/>")
            text = page(self.plan)
        return text, Page(text)


NASTY = """</code><script>alert("x")</script> it's 'quoted' & "broken" \x1b[31m"""


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Return a function that gives a plan, its page as text and parsed; made once for all processes."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name, fill=lambda made: None, in_full=False, **changes):
        made, file = Results(base / name, **changes), base / name / "page.html"
        with write_lock(base / name, f"makes {name}"):
            if not file.exists():
                fill(made)
                write_text(file, made.page(in_full)[0])
        text = file.read_bytes().decode()
        return made, text, Page(text)

    return make


@pytest.fixture(scope="session")
def nothing(once):
    """No run has been started."""
    return once("page-nothing")


@pytest.fixture(scope="session")
def half_done(once):
    """A cell with both seeds, two with one, a run that failed with a nasty message, the others missing."""

    def fill(made):
        first, second, third, fourth, *_, last = made.plan.runs
        for name in (first, second, third, last):
            made.finish(name)
        made.fail(fourth, NASTY)
        made.measure(first)

    return once("page-half", fill, in_full=True, note='Note with <b>marks</b> & "quotes".')


@pytest.fixture(scope="session")
def browser(half_done, tmp_path_factory):
    program = find_chromium()
    if program is None:
        pytest.fail(f"needs a browser: install chromium ({', '.join(NAMES)}); Debian: apt install chromium")
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text(half_done[1], encoding="utf-8")
    with browser_on(folder, program) as found:
        yield found
