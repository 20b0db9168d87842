"""Commands about other machines: packing work for one, filling it, bringing records home."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from specar.base.errors import SpecarError
from specar.cli.commands import argument, command, plan_of
from specar.cli.evidence import DEVICE, positive

if TYPE_CHECKING:
    from specar.runs.pack import Kind


@command(
    "write one archive with all that runs need on a machine without network, or with finished records",
    argument("file", metavar="FILE", help="archive to write (.tar.gz)"),
    argument("--hours", type=positive, metavar="H", help="only the runs of 'specar next --hours H'"),
    DEVICE,
    argument("--wheels", metavar="DIR", help="folder whose files are included"),
    argument("--records", action="store_true", help="the records made here and their floors instead"),
    argument("--checkpoints", action="store_true", help="with --records: also of runs that are not done"),
)
def _pack(options: argparse.Namespace) -> None:
    from specar.runs.pack import pack_records, pack_work

    plan, path = plan_of(options), Path(options.file)
    if options.checkpoints and not options.records:
        raise SpecarError("--checkpoints goes with --records")
    if options.records:
        written = pack_records(plan, path, options.checkpoints)
    else:
        from specar.cost.rates import rates_of
        from specar.results.order import in_order

        order = in_order(plan, rates_of(options.device))
        runs = order.runs if options.hours is None else order.within(options.hours)
        wheels = Path(options.wheels) if options.wheels else None
        written = pack_work(plan, [run.name for run in runs], path, wheels)
        unknown = f"; not {order.unknown} others, of unknown cost" if order.unknown else ""
        print(f"{len(runs)} run{'s' * (len(runs) != 1)} packed{unknown}")
    print(f"{written}: {written.stat().st_size / 1e6:.2f} MB")


@command(
    "check an archive of 'specar pack' and unpack it: work into a folder, records where those of here are",
    argument("file", metavar="FILE"),
    argument("--folder", metavar="DIR", help="where to (default: this folder, or that of the results)"),
    argument("--replace", action="store_true", help="overwrite what is there and differs"),
)
def _unpack(options: argparse.Namespace) -> None:
    from specar.runs.pack import RECORD
    from specar.runs.unpack import unpack

    def place(kind: Kind) -> Path:
        if options.folder or kind == "work":
            return Path(options.folder or ".")
        return plan_of(options).results

    found = unpack(Path(options.file), place, options.replace)
    print(f"{len(found.written)} of {len(found.names)} files written into {found.folder}")
    records = [name for name in found.names if name.endswith(f"/{RECORD}")]
    for name in (name for name in records if name in found.kept):
        print(f"kept: {found.folder / name} is another record than that of the archive")
    if found.kind == "work":
        print(f"in {found.folder}: specar fill --minutes 60 && specar pack --records records.tar.gz")


def _jobs(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


@command(
    "train what is to be done, the most informative first, several at a time; stop in time with checkpoints",
    argument("--minutes", type=positive, default=math.inf, metavar="N", help="default: until all is done"),
    argument("--jobs", type=_jobs, metavar="N", help="at a time (default: cores / execution.threads)"),
    DEVICE,
)
def _fill(options: argparse.Namespace) -> None:
    from specar.cost.rates import rates_of
    from specar.cost.sharing import rates_of_card
    from specar.results.fill import Filling
    from specar.results.order import in_order
    from specar.training.gpu import cards, gpu_ids

    plan = plan_of(options)
    known = options.device is None and gpu_ids(plan.config.execution) and cards()
    rates = rates_of_card(known[0]) if known else rates_of(options.device)
    order = in_order(plan, rates)
    if not (order.runs or order.failed or order.unknown):
        print("no run is to be done")
        return
    filling = Filling(plan, order.runs, 60 * options.minutes, options.jobs)
    for line in filling.work():
        print(line, flush=True)
    states = [f"{filling.ended[state]} {state}" for state in ("finished", "stopped", "failed")]
    print(f"{', '.join(states)}, {len(filling.waiting)} not begun")
    if failed := filling.ended["failed"]:
        raise SpecarError(f"{failed} of the runs failed; 'specar runs --state failed' says why")
