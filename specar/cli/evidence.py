"""Commands about evidence: what to run next, and whether what was run can be believed."""

from __future__ import annotations

import argparse
from pathlib import Path

from specar.base.errors import SpecarError
from specar.cli.commands import argument, command, plan_of
from specar.config import run_id


def positive(text: str) -> float:
    """Return the number, of hours or minutes, that an argument says."""
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError(text)
    return number


DEVICE = argument(
    "--device",
    metavar="NAME",
    help="machine of 'specar cost', by a part of its name (default: this one where 'make bench' has measured "
    "it, else the CPU)",
)


@command(
    "list the runs to do next within a budget, the cheapest information first, and what each decides",
    argument("--hours", type=positive, metavar="H", help="of one run after the other (default: no limit)"),
    DEVICE,
    argument("--ids", action="store_true", help="print the run ids only"),
)
def _next(options: argparse.Namespace) -> None:
    from specar.cost.rates import rates_of
    from specar.results.order import in_order
    from specar.tables.status import next_text

    plan, rates = plan_of(options), rates_of(options.device)
    order = in_order(plan, rates)
    runs = order.runs if options.hours is None else order.within(options.hours)
    print("\n".join(run.name for run in runs) if options.ids else next_text(order, runs, rates))


@command(
    "train runs anew and compare: same bytes, within the seeds' spread, or different (exit status 1)",
    argument("records", nargs="*", metavar="RECORD", help="files of records or run ids"),
    argument(
        "--sample",
        action="store_true",
        help="a tenth of the cached records that take ten minutes at most, another one each month",
    ),
)
def _verify(options: argparse.Namespace) -> None:
    from specar.cost.sample import sample
    from specar.training.gpu import lease_gpu

    plan = plan_of(options)
    names = [*options.records, *(sample(plan) if options.sample else [])]
    if not names:
        raise SpecarError("no record to verify: name some, or give --sample where cached ones are there")
    lease = lease_gpu(plan.config.execution, "verify")  # before torch looks at the environment

    from specar.runs.verify import DIFFERENT, find_record, verify

    found = [find_record(plan, name) for name in names]  # all, before any is trained
    different = 0
    for one in found:
        result = verify(plan, one, lease)
        different += result.word == DIFFERENT
        print(f"{result.word}: {result.name}: {result.numbers}", flush=True)
    if different:
        raise SpecarError(f"{different} of {len(found)} records differ from what their runs give now")


@command(
    "try settings around those of a cell for what its published number was made with; apart from the verdict",
    argument(
        "cell", nargs="+", metavar="CELL", help="run id, or words: task dataset setting model top|notop"
    ),
    argument("--hours", type=positive, default=1.0, metavar="H", help="that it may take (default: 1)"),
    DEVICE,
    argument("--dry-run", action="store_true", help="print the settings and their predicted cost only"),
)
def _explain(options: argparse.Namespace) -> None:
    from specar.cost.rates import rates_of
    from specar.judge.explain import explained, find_run, grid_of, is_explained, published_of, within
    from specar.tables.explain import grid_text
    from specar.training.gpu import lease_gpu

    plan = plan_of(options)
    run = find_run(plan, options.cell)
    published_of(plan, run)  # without it, nothing is to be explained
    rates = rates_of(options.device)
    trials, seconds = within(plan, grid_of(run), rates, options.hours)
    print(grid_text(grid_of(run), trials, seconds, rates), flush=True)
    if options.dry_run:
        return
    lease = lease_gpu(plan.config.execution, "explain")  # before torch looks at the environment

    from specar.outputs.write import write_explanation
    from specar.runs.train import train

    for trial in trials:
        if is_explained(explained(plan, run), trial.changes):
            break
        folder = plan.own_record_file(run_id(trial.run)).parent
        train(trial.run, plan.prepared / run.dataset, folder, plan.config.execution, lease)
        write_explanation(plan, run)  # what is there, should the next one not end
    files = write_explanation(plan, run)
    print(f"\n{files[0].with_suffix('.md').read_text(encoding='utf-8')}")
    print("\n".join(map(str, files)))


@command(
    "write records, configuration, tables and verdicts as one archive, a Workflow Run RO-Crate",
    argument("file", nargs="?", metavar="FILE", help="a zip archive (default: crate.zip in the results)"),
    at_end=True,
)
def _crate(options: argparse.Namespace) -> None:
    from specar.judge.judgement import judge
    from specar.outputs.crate import write_crate
    from specar.outputs.write import write_judgement, write_tables
    from specar.results.ledger import ledger_of

    plan = plan_of(options)
    ledger = ledger_of(plan)
    for task in plan.tasks:
        write_tables(ledger, task)
    write_judgement(judge(ledger), plan.judgement)
    print(write_crate(plan, Path(options.file) if options.file else plan.results / "crate.zip"))
