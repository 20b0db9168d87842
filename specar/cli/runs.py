"""Commands about configurations and runs."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.cli.commands import JSON, argument, command, plan_of
from specar.config import RunConfig, run_id
from specar.config.generate import default_yaml, registry_schema_json, schema_json
from specar.config.load import explain, read_yaml
from specar.config.tasks import TASK_INFO
from specar.data.meta import META
from specar.runs.plan import Plan
from specar.runs.status import STATES, RunStatus, status_of
from specar.runs.store import write_plan

_CLEAR = "\033[H\033[2J"  # of a terminal
_FILTERS = {
    "task": list(TASK_INFO),
    **dict.fromkeys(("dataset", "setting", "model")),
    "protocol": ["published", "strict"],
    "seed": None,
    "state": list(STATES),
}


@command(
    "check a configuration, or print the default one or a schema",
    argument("what", choices=["check", "default", "schema", "registry-schema"]),
)
def _config(options: argparse.Namespace) -> None:
    if options.what != "check":
        texts = {"default": default_yaml, "schema": schema_json, "registry-schema": registry_schema_json}
        print(texts[options.what](), end="")
        return
    plan = plan_of(options)
    told = {"run": plan.runs, "task": plan.tasks, "dataset": plan.datasets}
    runs, tasks, datasets = (f"{len(found)} {name}{'s' * (len(found) != 1)}" for name, found in told.items())
    print(f"{runs} of {tasks} on {datasets}")


@command(
    "write a model of your own to begin with",
    argument("name", metavar="NAME", help="of the module and its label"),
)
def _new_model(options: argparse.Namespace) -> None:
    from specar.models.modules import new_model

    path, name = new_model(options.name), options.name
    print(f"{path} is written; add it to your configuration:\n")
    print(f"models:\n  {name}: {{module: {name}, settings: {{hidden: 64}}}}")


@command("resolve a configuration into its runs", argument("--output", required=True, metavar="FILE"))
def _plan(options: argparse.Namespace) -> None:
    write_plan(plan_of(options), Path(options.output))


@command(
    "show how far the matrix and each running job are, what failed, and the time left",
    JSON,
    argument(
        "--watch", type=float, nargs="?", const=10.0, metavar="SECONDS", help="show it again and again (10)"
    ),
)
def _status(options: argparse.Namespace) -> None:
    from specar.tables.status import overview, state_counts

    plan = plan_of(options)
    clear = ""
    while True:
        text = json.dumps(state_counts(plan)) if options.json else overview(plan)
        print(f"{clear}{text}", flush=True)
        if not options.watch:
            return
        time.sleep(options.watch)
        clear = _CLEAR


@command("print how many hours the tasks take on classes of machines", JSON)
def _cost(options: argparse.Namespace) -> None:
    from specar.tables.status import cost_hours, cost_text

    plan = plan_of(options)
    print(json.dumps(cost_hours(plan)) if options.json else cost_text(plan))


@command(
    "list runs with state and metrics, or print their records",
    *(
        argument(
            f"--{name}",
            action="append",
            choices=values,
            metavar=name.upper(),
            help="may be given several times",
        )
        for name, values in _FILTERS.items()
    ),
    argument("--top", action=argparse.BooleanOptionalAction, help="with or without TOP only"),
    argument("--json", action="store_true", help="print the whole records, one a line"),
    argument("--ids", action="store_true", help="print the run ids only"),
)
def _runs(options: argparse.Namespace) -> None:
    from specar.runs.records import finished_record
    from specar.tables.render import plain
    from specar.tables.runs import ListedRun, runs_table

    plan = plan_of(options)
    chosen = list(_chosen(plan, options))
    if not chosen:
        print("no run fits these options", file=sys.stderr)
    listed = []
    for name, status in chosen:
        record = finished_record(plan, name) if status.is_done and not options.ids else None
        if options.ids:
            print(name)
        elif options.json:
            found = record or {"run_id": name, "state": status.state, "attempts": status.attempts}
            print(json.dumps(found))
        else:
            metrics = record["metrics"] if record else {}
            listed.append(ListedRun(name, status.state, metrics, status.reason))
    if listed:
        print(plain(runs_table(listed)))


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


@command("print the resolved configuration of a run, to be trained", argument("run", metavar="RUN"))
def _spec(options: argparse.Namespace) -> None:
    run = plan_of(options).run(options.run)
    print(yaml.safe_dump(run.model_dump(mode="json"), sort_keys=False), end="")


@command(
    "train and evaluate one run",
    argument("run", metavar="RUN", help="run id, or a YAML file as 'specar spec' prints"),
    argument(
        "--attempt", type=int, default=1, metavar="N", help="a failure that would repeat is not tried twice"
    ),
)
def _train(options: argparse.Namespace) -> None:
    from specar.cost.sharing import slots_of
    from specar.training.gpu import gpu_ids, lease_gpu

    plan = plan_of(options)
    # isfile and not Path.is_file, which raises where a name is too long
    is_file = os.path.isfile(options.run)  # noqa: PTH113
    run = _run_of_file(Path(options.run)) if is_file else plan.run(options.run)
    slots = slots_of(plan, {"it": run})["it"] if gpu_ids(plan.config.execution) else None
    lease = lease_gpu(plan.config.execution, run_id(run), slots)  # before torch looks at the environment

    gc.disable()  # imports make no garbage, and to look for it takes a tenth of their time
    from specar.runs.train import train

    gc.enable()

    folder = plan.records / run_id(run)
    _mend(plan, run.dataset)
    train(run, plan.prepared / run.dataset, folder, plan.config.execution, lease, options.attempt)


def _mend(plan: Plan, name: str) -> None:
    from specar.data.prepare import mend

    if name in plan.config.datasets:
        mend(name, plan.dataset(name), plan.raw / name, plan.prepared / name)


def _run_of_file(path: Path) -> RunConfig:
    try:
        return RunConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        raise SpecarError(f"run {path}: {explain(error)}") from error


@command(
    "evaluate the naive baselines, without training",
    argument("cells", nargs="*", metavar="CELL", help="cell ids (default: all)"),
)
def _floors(options: argparse.Namespace) -> None:
    from specar.runs.floors import write_floors

    plan = plan_of(options)
    for name in options.cells or plan.cells:
        cell = plan.cell(name)
        _mend(plan, cell.dataset)
        write_floors(cell, plan.prepared / cell.dataset, plan.floors / name, plan.config.execution)


@command(
    "add finished runs to the records that come with the project",
    argument("what", choices=["add", "check"]),
    argument("runs", nargs="*", metavar="RUN", help="run ids"),
)
def _cache(options: argparse.Namespace) -> None:
    from specar.runs import cached

    plan = plan_of(options)
    if options.what == "check":
        if options.runs:
            raise SpecarError("cache check is about all cached records; leave the run ids out")
        total, unasked = cached.check(plan)
        others = f"; {unasked} of them are for other configurations than this one" if unasked else ""
        print(f"{total} cached records are whole and as the present code would name them{others}")
        return
    if not options.runs:
        raise SpecarError("name the runs to add; 'specar runs --state done --ids' lists those that can be")
    for name in options.runs:
        print(cached.add(plan, name))


@command(
    "make the examples of finished runs whose weights were kept (execution.keep_weights)",
    argument("runs", nargs="+", metavar="RUN", help="run ids"),
)
def _examples(options: argparse.Namespace) -> None:
    from specar.training.gpu import lease_gpu

    plan = plan_of(options)
    lease = lease_gpu(plan.config.execution, "examples")  # before torch looks at the environment

    from specar.runs.remake import remake_examples

    for name in options.runs:
        print(remake_examples(plan, name, lease))


@command(
    "measure how far test metrics move with the size of the evaluation batches",
    argument("runs", nargs="*", metavar="RUN", help="run ids (default: one per network, of prepared data)"),
)
def _batches(options: argparse.Namespace) -> None:
    from specar.tables.batches import batches_table
    from specar.tables.render import plain
    from specar.training.gpu import lease_gpu

    plan = plan_of(options)
    names = options.runs or _one_per_network(plan)
    lease = lease_gpu(plan.config.execution, "batches")  # before torch looks at the environment

    from specar.runs.batches import measure_batches

    for name in names:
        _mend(plan, plan.run(name).dataset)
        print(f"{name} ...", file=sys.stderr)
        measure_batches(plan, name, lease)
    if table := batches_table(plan):
        print(plain(table))


def _one_per_network(plan: Plan) -> list[str]:
    """First run of every network whose data is prepared."""
    found: dict[str, str] = {}
    for name, run in plan.runs.items():
        if not run.model.spec.fitted and (plan.prepared / run.dataset / META).exists():
            found.setdefault(run.key.model, name)
    if not found:
        raise SpecarError(f"no data of a network's run is in {plan.prepared}; 'specar prepare' makes it")
    return list(found.values())
