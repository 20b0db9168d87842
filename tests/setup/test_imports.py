"""Imports go one way: to packages further down, in no circle. A newcomer can read the road from the list."""

import ast
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
