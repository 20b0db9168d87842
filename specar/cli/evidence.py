"""Commands about evidence: what to run next, and whether what was run can be believed."""

from __future__ import annotations

import argparse

from specar.cli.commands import argument, command, plan_of


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours < 1e6:
        raise ValueError(text)
    return hours


_DEVICE = argument(
    "--device",
    metavar="NAME",
    help="machine of 'specar cost', by a part of its name (default: this one where 'make bench' has measured "
    "it, else the CPU)",
)


@command(
    "list the runs to do next within a budget, the cheapest information first, and what each decides",
    argument("--hours", type=_hours, metavar="H", help="of one run after the other (default: no limit)"),
    _DEVICE,
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
