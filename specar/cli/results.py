"""Commands that print and write results, from whatever records are there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from specar.cli.commands import JSON, argument, command, plan_of, tasks_of

if TYPE_CHECKING:
    from specar.results.ledger import Ledger

_TASKS = argument("tasks", nargs="*", metavar="TASK")


@command("write the tables of tasks from what is there", _TASKS, at_end=True)
def _tables(options: argparse.Namespace) -> None:
    _of_tasks(options, "tables")


@command("draw the figures of tasks from what is there", _TASKS, at_end=True)
def _figures(options: argparse.Namespace) -> None:
    _of_tasks(options, "figures")


def _ledger(options: argparse.Namespace, tasks: bool = False) -> Ledger:
    from specar.results.ledger import ledger_of

    plan = plan_of(options)
    return ledger_of(plan, tasks_of(options, plan) if tasks else ())


def _of_tasks(options: argparse.Namespace, product: str) -> None:
    from specar.outputs.write import write_figures, write_tables

    ledger = _ledger(options, tasks=True)
    for task in tasks_of(options, ledger.plan):
        (write_tables if product == "tables" else write_figures)(ledger, task)


@command("print the results so far and where they are", at_end=True)
def _show(options: argparse.Namespace) -> None:
    from specar.tables.task import terminal_table

    ledger = _ledger(options)
    plan = ledger.plan
    for task in plan.tasks:
        print(f"\n{task}\n\n{terminal_table(ledger, task)}")
    for line in [*(f"{name}: {text}" for name, text in plan.remarks.items()), plan.config.note]:
        if line:
            print(f"\n{line}")
    print(
        f"\ntables  {plan.tables}/\nfigures {plan.figures}/\nrecords {plan.records}/<run>/metrics.json\n"
        f"logs    {plan.results}/logs/\nreport  {plan.report}"
    )


@command(
    "write the paper's tables, all models, beside our runs; trains nothing",
    argument("tables", nargs="*", metavar="TABLE", help="main-1 … main-6, appendix-1 … appendix-12"),
    at_end=True,
)
def _paper(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_paper_tables

    ledger = _ledger(options)
    write_paper_tables(ledger, options.tables)
    print(f"{ledger.plan.paper}/")


@command(
    "draw the figures over all tasks from the records that are there",
    argument("names", nargs="*", metavar="NAME", help="figures, by default all"),
    at_end=True,
)
def _paper_figures(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_paper_figures

    write_paper_figures(_ledger(options), options.names)


@command(
    "write tables and figures of ablations from the records that are there, or list the ablations",
    argument("names", nargs="*", metavar="NAME", help="default: all with a record"),
    argument("--list", action="store_true", help="list ablations with the state of their runs"),
    at_end=True,
)
def _ablations(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_ablation
    from specar.runs.store import started_ablations
    from specar.tables.status import ablation_counts

    plan = plan_of(options)
    for name in options.names:
        plan.levels_of(name)  # one that is unknown stops before any is written
    if options.list:
        print(ablation_counts(plan, options.names or plan.config.ablations))
        return
    for name in options.names or started_ablations(plan):
        write_ablation(plan, name)


@command(
    "judge the reproduction from what is there: verdicts per cell, the paper's claims, ranks",
    JSON,
    at_end=True,
)
def _judge(options: argparse.Namespace) -> None:
    from specar.judge.judgement import judge
    from specar.outputs.write import write_judgement
    from specar.tables.comparisons import in_words
    from specar.tables.judgement import counts_table
    from specar.tables.render import plain

    ledger = _ledger(options)
    judgement, folder = judge(ledger), ledger.plan.judgement
    write_judgement(judgement, folder)
    if options.json:
        print(judgement.summary.to_json(orient="records"))
        return
    print(f"{plain(counts_table(judgement))}\n\n{in_words(judgement)}\njudgement {folder}/")


@command(
    "list what the paper's own numbers contradict",
    argument("--kind", action="append", metavar="KIND", help="findings of this kind only"),
    argument("--severity", action="append", metavar="NAME", help="findings of this severity only"),
    argument("--full", action="store_true", help="list labels one by one as well"),
    argument("--csv", action="store_true", help="print all columns as CSV"),
    argument("--write", action="store_true", help="write paper/audit.csv and .md under results"),
    at_end=True,
)
def _audit(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_audit
    from specar.paper.audit.checks import audit
    from specar.paper.audit.outside import with_floors
    from specar.paper.audit.printed import Paper
    from specar.tables.audit import summary

    plan = plan_of(options)
    findings = audit(with_floors(Paper(), plan))
    if options.write:
        for path in write_audit(findings, plan.paper):
            print(path)
        return
    for name in ("kind", "severity"):
        if wanted := getattr(options, name):
            findings = findings[findings[name].isin(wanted)]
    if options.csv:
        findings.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        print(summary(findings, options.full))


@command(
    "write one page with the paper beside the reproduction, from whatever records are there",
    argument("--output", metavar="FILE", help="where it goes (default: in the results)"),
    at_end=True,
)
def _report(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_report

    plan = plan_of(options)
    print(f"report  {write_report(plan, Path(options.output) if options.output else plan.report)}")
