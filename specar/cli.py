"""The command line: everything that the workflow does, also without the workflow."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from specar.config import RunConfig, load_config, run_id
from specar.config.generate import default_yaml, registry_schema_json, schema_json
from specar.config.load import explain, read_yaml
from specar.errors import SpecarError
from specar.plan import Plan

# Heavy imports (torch, pandas) stay inside the commands that need them: every job starts this module.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        options.command(options)
    except SpecarError as error:
        print(f"specar: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("specar: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 141
    return 0


def _plan(options: argparse.Namespace) -> Plan:
    if options.plan:
        return Plan.read(Path(options.plan))
    default = Path("config/config.yaml")
    files = options.config or ([default] if default.exists() else [])
    return Plan.from_config(load_config(*files))


def _datasets(options: argparse.Namespace) -> None:
    from specar.data.status import listing

    plan = _plan(options)
    rows = listing(plan.config.datasets, plan.raw, plan.prepared, plan.mirror)
    print(f"{'dataset':<20} {'state':<10} {'MB':>9}  {'kind':<14}  {'licence':<16}  source")
    for row in rows:
        caution = f" ({row.caution})" if row.caution else ""
        size, kind, licence = row.size, row.kind, row.licence
        print(f"{row.name:<20} {row.state:<10} {size:>9}  {kind:<14}  {licence:<16}  {row.source}{caution}")


def _fetch(options: argparse.Namespace) -> None:
    from specar.data.download import fetch
    from specar.files import sha256_of, write_json

    plan = _plan(options)
    for name in options.names or plan.datasets:
        folder = plan.raw / name
        paths = fetch(name, plan.dataset(name), folder, plan.mirror)
        hashes = {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}
        write_json(plan.raw / f"{name}.json", hashes)


def _prepare(options: argparse.Namespace) -> None:
    from specar.data.download import fetch
    from specar.data.prepare import prepare

    plan = _plan(options)
    for name in options.names or plan.datasets:
        fetch(name, plan.dataset(name), plan.raw / name, plan.mirror)  # no request where all is there
        prepare(name, plan.dataset(name), plan.raw / name, plan.prepared / name)


def _write_plan(options: argparse.Namespace) -> None:
    _plan(options).write(Path(options.output))


def _runs(options: argparse.Namespace) -> None:
    from specar.records import read_record

    plan = _plan(options)
    for name in plan.runs:
        record = read_record(plan.records / name, name)
        metrics = "" if record is None else json.dumps(record["metrics"])
        print(f"{'done' if record else 'missing':<8} {name} {metrics}".rstrip())


def _train(options: argparse.Namespace) -> None:
    from specar.run import train

    plan = _plan(options)
    run = _run_of_file(Path(options.run)) if Path(options.run).is_file() else plan.run(options.run)
    train(run, plan.prepared / run.dataset, plan.records / run_id(run), plan.config.execution)


def _run_of_file(path: Path) -> RunConfig:
    try:
        return RunConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        raise SpecarError(f"run {path}: {explain(error)}") from error


def _floors(options: argparse.Namespace) -> None:
    from specar.floors import write_floors

    plan = _plan(options)
    for name in options.cells or plan.cells:
        cell = plan.cell(name)
        write_floors(cell, plan.prepared / cell.dataset, plan.floors / name, plan.config.execution)


def _tasks(options: argparse.Namespace, plan: Plan) -> list[str]:
    for task in options.tasks:
        if task not in plan.tasks:
            raise SpecarError(
                f"no runs of task {task!r} in this configuration; it has {', '.join(plan.tasks)}"
            )
    return options.tasks or plan.tasks


def _collect(options: argparse.Namespace) -> None:
    from specar.records import collect

    plan = _plan(options)
    for task in _tasks(options, plan):
        collect(plan, task)


def _tables(options: argparse.Namespace) -> None:
    import pandas as pd

    from specar.records import collect, requested_rows
    from specar.tables.write import write_tables

    plan = _plan(options)
    for task in _tasks(options, plan):
        if not options.collected:
            collect(plan, task)
        requested = pd.DataFrame(requested_rows(plan, task))
        inputs = (plan.collected(task), plan.collected_floors(task), requested)
        write_tables(task, *inputs, plan.tables, plan.config.note, plan.remarks_of(task))


def _show(options: argparse.Namespace) -> None:
    import pandas as pd

    from specar.records import COLUMNS, FLOOR_COLUMNS, collected_rows, floor_rows, requested_rows
    from specar.tables.compare import compare
    from specar.tables.terminal import terminal_table

    plan = _plan(options)
    for task in plan.tasks:
        collected = pd.DataFrame(list(collected_rows(plan, task)), columns=list(COLUMNS))
        floors = pd.DataFrame(list(floor_rows(plan, task)), columns=list(FLOOR_COLUMNS))
        table = compare(task, collected, floors, requested_rows(plan, task))
        print(f"\n{task}\n\n{terminal_table(table)}")
    for line in [*(f"{name}: {text}" for name, text in plan.remarks.items()), plan.config.note]:
        if line:
            print(f"\n{line}")
    print(
        f"\ntables  {plan.tables}/\nrecords {plan.records}/<run>/metrics.json\nlogs    {plan.results}/logs/"
    )


def _config(options: argparse.Namespace) -> None:
    texts = {"default": default_yaml, "schema": schema_json, "registry-schema": registry_schema_json}
    if options.what == "check":
        plan = _plan(options)
        print(f"{len(plan.runs)} runs, {len(plan.datasets)} datasets, {len(plan.tasks)} tasks")
    else:
        print(texts[options.what](), end="")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="specar", description="Reproduction of SpecAR-Net (IJCAI 2024).")
    commands = parser.add_subparsers(required=True, metavar="command")
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument(
        "--config", action="append", metavar="FILE", help="configuration, later files over earlier ones"
    )
    source.add_argument("--plan", metavar="FILE", help="plan written by 'specar plan', instead of --config")

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, parents=[source])
        added.set_defaults(command=function)
        return added

    command("datasets", _datasets, "list datasets with state, size, licence and source")
    for name, function in (("fetch", _fetch), ("prepare", _prepare)):
        added = command(name, function, f"{name} datasets (default: those of the configuration)")
        added.add_argument("names", nargs="*", metavar="NAME")
    added = command("plan", _write_plan, "resolve a configuration into its runs")
    added.add_argument("--output", required=True, metavar="FILE")
    command("runs", _runs, "list the runs with state and metrics")
    added = command("train", _train, "train and evaluate one run")
    added.add_argument("run", metavar="RUN", help="run id, or a YAML file of a resolved run")
    added = command("floors", _floors, "evaluate the naive baselines, without training")
    added.add_argument("cells", nargs="*", metavar="CELL", help="cell ids (default: all)")
    for name, function, text in (
        ("collect", _collect, "gather run records into one table per task"),
        ("tables", _tables, "write the paper's tables from what is there"),
    ):
        added = command(name, function, text)
        added.add_argument("tasks", nargs="*", metavar="TASK")
    added.add_argument("--collected", action="store_true", help="take the gathered records as they are")
    command("show", _show, "print the results so far and where they are")
    added = command("config", _config, "check a configuration, or print the default one or a schema")
    added.add_argument("what", choices=["check", "default", "schema", "registry-schema"])
    return parser
