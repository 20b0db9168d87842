"""Commands about runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.cli.options import add_command, plan_of
from specar.config import RunConfig, run_id
from specar.config.load import explain, read_yaml
from specar.config.tasks import TASK_INFO
from specar.runs.plan import Plan
from specar.runs.status import STATES, RunStatus, status_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the commands."""
    added = add_command(commands, "plan", _write_plan, "resolve a configuration into its runs")
    added.add_argument("--output", required=True, metavar="FILE")
    add_command(commands, "status", _status, "show how far the matrix is, what failed, and the time left")
    add_command(commands, "cost", _cost, "print how many hours the tasks take on classes of machines")
    added = add_command(commands, "runs", _runs, "list runs with state and metrics, or print their records")
    _add_filters(added)
    added = add_command(commands, "spec", _spec, "print the resolved configuration of a run, to be trained")
    added.add_argument("run", metavar="RUN")
    added = add_command(commands, "train", _train, "train and evaluate one run")
    added.add_argument("run", metavar="RUN", help="run id, or a YAML file as 'specar spec' prints")
    added.add_argument(
        "--attempt", type=int, default=1, metavar="N", help="a failure that would repeat is not tried twice"
    )
    added = add_command(commands, "floors", _floors, "evaluate the naive baselines, without training")
    added.add_argument("cells", nargs="*", metavar="CELL", help="cell ids (default: all)")
    added = add_command(
        commands, "cache", _cache, "add finished runs to the records that come with the project"
    )
    added.add_argument("what", choices=["add", "check"])
    added.add_argument("runs", nargs="*", metavar="RUN", help="run ids")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    for name, values in (
        ("task", list(TASK_INFO)),
        ("dataset", None),
        ("setting", None),
        ("model", None),
        ("protocol", ["published", "strict"]),
        ("seed", None),
        ("state", list(STATES)),
    ):
        parser.add_argument(
            f"--{name}",
            action="append",
            choices=values,
            help="may be given several times",
            metavar=name.upper(),
        )
    parser.add_argument("--top", action=argparse.BooleanOptionalAction, help="with or without TOP only")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the whole records, one a line")
    form.add_argument("--ids", action="store_true", help="print the run ids only")


def _write_plan(options: argparse.Namespace) -> None:
    plan_of(options).write(Path(options.output))


def _status(options: argparse.Namespace) -> None:
    from specar.tables.status import overview

    print(overview(plan_of(options)))


def _cost(options: argparse.Namespace) -> None:
    from specar.tables.cost import cost_text

    print(cost_text(plan_of(options)))


def _runs(options: argparse.Namespace) -> None:
    from specar.runs.records import finished_record

    plan = plan_of(options)
    chosen = list(_chosen(plan, options))
    if not chosen:
        print("no run fits these options", file=sys.stderr)
    for name, status in chosen:
        record = finished_record(plan, name)
        if options.ids:
            print(name)
        elif options.json:
            found = record or {"run_id": name, "state": status.state, "attempts": status.attempts}
            print(json.dumps(found))
        else:
            what = json.dumps(record["metrics"]) if record else status.reason
            print(f"{status.state:<12} {name} {what}".rstrip())


def _chosen(plan: Plan, options: argparse.Namespace) -> Iterator[tuple[str, RunStatus]]:
    """Runs that fit the options, with their status."""
    for name, run in plan.runs.items():
        values = run.key._asdict()
        wanted = {key: getattr(options, key) for key in values if key != "top"}
        if any(texts and str(values[key]) not in texts for key, texts in wanted.items()):
            continue
        if options.top is not None and run.model.top != options.top:
            continue
        status = status_of(plan, name)
        if not options.state or status.state in options.state:
            yield name, status


def _spec(options: argparse.Namespace) -> None:
    run = plan_of(options).run(options.run)
    print(yaml.safe_dump(run.model_dump(mode="json"), sort_keys=False), end="")


def _train(options: argparse.Namespace) -> None:
    from specar.training.gpu import lease_gpu

    plan = plan_of(options)
    run = _run_of_file(Path(options.run)) if Path(options.run).is_file() else plan.run(options.run)
    lease = lease_gpu(plan.config.execution, run_id(run))  # before torch looks at the environment

    from specar.runs.train import train

    folder = plan.records / run_id(run)
    train(run, plan.prepared / run.dataset, folder, plan.config.execution, lease, options.attempt)


def _run_of_file(path: Path) -> RunConfig:
    try:
        return RunConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        raise SpecarError(f"run {path}: {explain(error)}") from error


def _floors(options: argparse.Namespace) -> None:
    from specar.runs.floors import write_floors

    plan = plan_of(options)
    for name in options.cells or plan.cells:
        cell = plan.cell(name)
        write_floors(cell, plan.prepared / cell.dataset, plan.floors / name, plan.config.execution)


def _cache(options: argparse.Namespace) -> None:
    from specar.runs import cached

    plan = plan_of(options)
    if options.what == "check":
        if options.runs:
            raise SpecarError("cache check is about all cached records; leave the run ids out")
        print(f"{cached.check(plan.cache, [plan])} cached records are as the present code would name them")
        return
    if not options.runs:
        raise SpecarError("name the runs to add; 'specar runs --state done --ids' lists those that can be")
    for name in options.runs:
        print(cached.add(plan, name))
