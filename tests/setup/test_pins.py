"""The pins, the conda environments, pyproject.toml and CITATION.cff say the same thing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import specar

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "envs/requirements.txt"
TORCH = sorted((ROOT / "envs").glob("torch-*.txt"))
CONDA = [ROOT / "environment.yml", *sorted((ROOT / "envs").glob("*.yaml"))]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = {name: list(map(Requirement, lines)) for name, lines in PROJECT["optional-dependencies"].items()}
RUNTIME = [*map(Requirement, PROJECT["dependencies"]), *EXTRAS["workflow"]]
DEV, RIVALS = EXTRAS["dev"], EXTRAS["rivals"]
DOCS = ROOT / "envs/docs.txt"

# Conda's name of a package where it is not PyPI's.
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
# In conda files for conda's sake; not pinned.
CONDA_ONLY = {"python", "pip"}


def read_pins(text: str) -> dict[str, str]:
    """Name and version of every pin; anything but ``name==version`` is refused."""
    pins: dict[str, str] = {}
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        match = re.fullmatch(r"([A-Za-z0-9][\w.-]*)==(\d[\w.!+]*)", line)
        assert match, f"not an exact pin: {line!r}"
        name = canonicalize_name(match[1])
        assert name not in pins, f"pinned twice: {name}"
        pins[name] = match[2]
    return pins


def read_conda(text: str) -> dict[str, str]:
    """PyPI's name and the version of every conda package; nothing but ``name=version`` has one."""
    found: dict[str, str] = {}
    for entry in yaml.safe_load(text)["dependencies"]:
        if isinstance(entry, str):
            name, _, version = entry.partition("=")
            found[canonicalize_name(CONDA_NAMES.get(name, name))] = version
    return found


def conda_problems(text: str, pins: Mapping[str, str], direct: Iterable[Requirement]) -> list[str]:
    """What keeps a conda file from being the pins in other words."""
    found = read_conda(text)
    problems = [
        f"{name} is {version}, pinned {pins.get(name)}"
        for name, version in found.items()
        if name not in CONDA_ONLY and version != pins.get(name)
    ]
    missing = {canonicalize_name(r.name) for r in direct} - set(found)
    return problems + [f"{name} is missing" for name in sorted(missing)]


def range_problems(direct: Iterable[Requirement], pins: Mapping[str, str]) -> list[str]:
    """Direct dependencies that are not pinned, or pinned outside of their range."""
    problems = []
    for requirement in direct:
        version = pins.get(canonicalize_name(requirement.name))
        if version is None:
            problems.append(f"{requirement.name} is not pinned")
        elif not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{requirement} does not admit {version}")
    return problems


def host_problems(text: str) -> list[str]:
    """Addresses, host names and the options of pip that would carry them."""
    pattern = (
        r"\w+://\S*"
        r"|(?m:^\s*-[if]\b)|--(?:(?:extra-)?index-url|find-links|trusted-host)\b"
        r"|\b[\w-]+\.(?:org|com|net|io|dev|cloud)\b"
    )
    return re.findall(pattern, text)


def all_pins(torch: Path) -> dict[str, str]:
    return read_pins(LOCK.read_text("utf-8")) | read_pins(torch.read_text("utf-8"))


@pytest.mark.parametrize("torch", TORCH, ids=lambda p: p.stem)
def test_the_ranges_of_pyproject_admit_the_pins(torch: Path) -> None:
    assert range_problems(RUNTIME + DEV + RIVALS, all_pins(torch)) == []


def test_what_builds_the_pages_is_pinned_beside_the_lock() -> None:
    pins, locked = read_pins(DOCS.read_text("utf-8")), read_pins(LOCK.read_text("utf-8"))
    assert range_problems(EXTRAS["docs"], pins) == []
    assert not set(pins) & set(locked)


def test_torch_comes_from_its_own_file_only() -> None:
    assert [path.stem for path in TORCH] == ["torch-cpu", "torch-cuda"]
    for path in TORCH:
        assert list(read_pins(path.read_text("utf-8"))) == ["torch"]
    locked = read_pins(LOCK.read_text("utf-8"))
    assert [n for n in locked if n in {"torch", "triton"} or n.startswith(("nvidia-", "cuda-"))] == []


def test_the_lock_holds_what_torch_needs() -> None:
    needed = "filelock typing-extensions setuptools sympy mpmath networkx jinja2 fsspec"
    assert set(needed.split(" ")) - set(read_pins(LOCK.read_text("utf-8"))) == set()


@pytest.mark.parametrize("path", CONDA, ids=lambda p: p.name)
def test_conda_has_the_pinned_versions(path: Path) -> None:
    direct = RUNTIME + (DEV if path.name == "environment.yml" else [])
    assert conda_problems(path.read_text("utf-8"), all_pins(ROOT / "envs/torch-cpu.txt"), direct) == []


@pytest.mark.parametrize("path", CONDA, ids=lambda p: p.name)
def test_conda_has_what_only_pip_has_for_the_rivals(path: Path) -> None:
    (pip,) = (
        one["pip"] for one in yaml.safe_load(path.read_text("utf-8"))["dependencies"] if isinstance(one, dict)
    )
    pins = all_pins(ROOT / "envs/torch-cpu.txt")
    assert {f"{one.name}=={pins[one.name]}" for one in RIVALS} <= set(pip)


@pytest.mark.parametrize("path", CONDA, ids=lambda p: p.name)
def test_conda_has_a_python_that_pyproject_admits(path: Path) -> None:
    python = read_conda(path.read_text("utf-8"))["python"]
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)


@pytest.mark.parametrize(
    "path",
    [
        LOCK,
        *TORCH,
        DOCS,
        *CONDA,
        *(ROOT / name for name in ("envs/lock.sh", "pyproject.toml", "Makefile", ".ci/run")),
    ],
    ids=lambda p: p.name,
)
def test_no_file_names_a_package_host(path: Path) -> None:
    assert host_problems(path.read_text("utf-8")) == []


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == specar.__version__
    assert citation["license"] == PROJECT["license"]
    assert {"message", "title", "authors"} <= set(citation)
    (paper,) = citation["references"]
    assert paper["title"].startswith("SpecAR-Net")
    families = [author["family-names"] for author in paper["authors"]]
    assert families == ["Dong", "Zhang", "Zhang", "Peng", "Chen", "Ma"]


@pytest.mark.parametrize(
    "line", ["numpy>=2", "numpy", "numpy==2.*", "-r other.txt", "numpy==2.1\nNumPy==2.2"]
)
def test_only_exact_pins_are_pins(line: str) -> None:
    with pytest.raises(AssertionError, match=r"not an exact pin|pinned twice"):
        read_pins(line)


def test_differing_conda_files_are_noticed() -> None:
    text = "dependencies: [python=3.11, pytorch=2.12.0, numpy, tqdm=4.1, pip, {pip: [-e .]}]"
    pins = {"torch": "2.13.0", "numpy": "2.1"}
    assert conda_problems(text, pins, [Requirement("numpy"), Requirement("scipy>=1")]) == [
        "torch is 2.12.0, pinned 2.13.0",
        "numpy is , pinned 2.1",
        "tqdm is 4.1, pinned None",
        "scipy is missing",
    ]


def test_pins_outside_their_range_are_noticed() -> None:
    ranges = [Requirement("numpy>=2"), Requirement("Scikit_Learn<2"), Requirement("scipy")]
    assert range_problems(ranges, {"numpy": "1.26", "scikit-learn": "1.9"}) == [
        "numpy>=2 does not admit 1.26",
        "scipy is not pinned",
    ]


@pytest.mark.parametrize(
    "text", ["-i https://host/index", "--index-url x", "# see packages.example.org", "--find-links=/wheels"]
)
def test_hosts_are_noticed(text: str) -> None:
    assert host_problems(text)
