"""Imports go one way: to packages further down, in no circle. A newcomer can read the road from the list."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "specar"
# From the ground up: each may import those before it.
ROAD = (
    *("base", "metrics", "models", "data", "config", "tasks", "training", "runs", "cost"),
    *("paper", "results", "judge", "tables", "figures", "report", "outputs", "cli"),
)
# What says the order of the road from outside: the package itself, its start, and the mending of a plugin.
LOOSE = {"__init__", "__main__", "slurm"}


def modules():
    return {
        ".".join(("specar", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


def imports(path, known):
    """Modules of the package that a module imports, wherever in it, but for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name in known}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{name.name}" for name in node.names} & known
            found |= inner or ({node.module} & known)
    return found


def test_every_package_imports_only_those_below_it():
    known = modules()
    for name, path in known.items():
        room = name.split(".")[1] if "." in name else ""
        if room not in ROAD:
            continue
        for other in imports(path, set(known)):
            below = other.split(".")[1] if "." in other else ""
            if below in ROAD:
                assert ROAD.index(below) <= ROAD.index(room), f"{name} imports {other}, further up"


def test_no_module_imports_itself_by_way_of_others():
    known = modules()
    graph = {name: imports(path, set(known)) - {name} for name, path in known.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle


def test_every_room_is_on_the_road_and_few_modules_are_loose():
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(ROAD)
    assert {path.stem for path in PACKAGE.glob("*.py")} == LOOSE


RUNS_OF_ALL_MODELS = """
import sys
from specar.config import expand, parse_config
from specar.config.load import read_yaml
from specar.models import spec_of
from specar.models.shape import SeriesShape
runs = expand(parse_config({**read_yaml(ROOT / "config" / "rivals.yaml"), "seeds": [1]})).values()
models = {run.key.model: run.model for run in runs}.values()
works = [spec_of(model.module).work_of(model.settings, SeriesShape(3, 96, 24)) for model in models]
assert len(works) > 15
print({"torch", "pandas", "sklearn", "aeon", "xgboost"} & set(sys.modules))
"""


def test_what_the_snakefile_loads_and_the_runs_of_all_models_need_no_torch():
    rules = (PACKAGE.parent / "workflow" / "rules" / "common.smk").read_text(encoding="utf-8")
    imports = [line for line in rules.splitlines() if line.startswith(("from specar", "from pathlib"))]
    code = "\n".join([*imports, f"ROOT = Path({str(PACKAGE.parent)!r})", RUNS_OF_ALL_MODELS])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
