"""README and pages: short, true of the records, and every command, path and link in them is there."""

import importlib.util
import re
import shlex
from contextlib import nullcontext, suppress
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from specar.cli import _parser
from specar.config.tasks import TASK_INFO

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "config/README.md"]
BLOCKS = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
RULES = "\n".join(path.read_text("utf-8") for path in (ROOT / "workflow").rglob("*.smk"))
TOP = ("benchmarks", "config", "docs", "envs", "specar", "tests", "workflow")


def commands(text):
    """What code blocks and code within lines tell a reader to type, without comments."""
    inline = (
        code for line in re.sub(BLOCKS, "", text).splitlines() for code in re.findall("`([^`]+)`", line)
    )
    lines = (line.strip() for kind, block in BLOCKS.findall(text) if not kind for line in block.splitlines())
    for line in (*lines, *inline):
        yield from (part.strip() for part in re.split(r"\s#\s|&&|>", line)[:2] if part.strip())


@pytest.fixture(scope="module")
def refresh():
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs/refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_is_short_and_has_a_picture():
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 900
    assert 10_000 < (ROOT / "docs/report.png").stat().st_size < 200_000


def test_results_are_those_of_the_shipped_records(refresh):
    answer, readme = refresh.answer_of_shipped(), (ROOT / "README.md").read_text("utf-8")
    stale = "make docs writes it anew"
    assert refresh.with_answer(readme, answer) == readme, stale
    assert refresh.results_page(answer) == (ROOT / "docs/results.md").read_text("utf-8"), stale


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page):
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        assert "://" in link or (page.parent / link).exists(), link
    for path in re.findall(rf"`((?:{'|'.join(TOP)})/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_of_a_page_are_those_of_the_project(page):
    makefile, seen = (ROOT / "Makefile").read_text("utf-8"), []
    for line in commands(page.read_text("utf-8")):
        program, *arguments = shlex.split(line, comments=True) if "'" in line else line.split()
        seen.append(program)
        if program == "make" and arguments:
            assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE), line
        elif program == "specar" and arguments and "COMMAND" not in arguments:
            with suppress(SystemExit) if arguments == ["--version"] else nullcontext():
                _parser().parse_args(arguments)
        elif program == "snakemake" and arguments and not arguments[0].startswith("-"):
            for target in takewhile(lambda word: not word.startswith("-"), arguments):
                known = target in TASK_INFO or target.startswith("ablation_")
                assert known or f"rule {target}:" in RULES, line
    assert seen or page.name in ("index.md", "CHANGELOG.md")


def test_containers_take_what_is_there_and_the_pinned_environment():
    docker, apptainer = ((ROOT / "envs" / name).read_text("utf-8") for name in ("Dockerfile", "specar.def"))
    copied = re.findall(r"^COPY (.+) \S+$", docker, re.MULTILINE)
    copied += re.findall(r"^    (\S+) /specar/", apptainer, re.MULTILINE)
    assert len(copied) > 10
    for name in " ".join(copied).replace("${TORCH}", "cuda").split():
        assert (ROOT / name).exists(), name
    for text in (docker, apptainer):
        assert "-r envs/requirements.txt -r" in text


@pytest.mark.parametrize(
    "name", [".snakemake-workflow-catalog.yml", ".pre-commit-config.yaml", ".github/workflows/ci.yml"]
)
def test_what_other_places_read_is_yaml_about_files_that_are_there(name):
    text = (ROOT / name).read_text("utf-8")
    assert yaml.safe_load(text)
    for program in re.findall(r"run: (\.ci/run)", text):
        assert (ROOT / program).stat().st_mode & 0o111
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"actions/[\w-]+@v\d+", action)
