"""Commands that print and write results, from whatever records are there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from specar.cli.commands import Command, argument, plan_of, tasks_of


def _tables(options: argparse.Namespace) -> None:
    _of_tasks(options, "tables")


def _figures(options: argparse.Namespace) -> None:
    _of_tasks(options, "figures")


def _of_tasks(options: argparse.Namespace, product: str) -> None:
    from specar.outputs.write import write_figures, write_tables
    from specar.results.ledger import ledger_of

    plan = plan_of(options)
    tasks = tasks_of(options, plan)
    ledger = ledger_of(plan, tasks)
    for task in tasks:
        (write_tables if product == "tables" else write_figures)(ledger, task)


def _show(options: argparse.Namespace) -> None:
    from specar.results.ledger import ledger_of
    from specar.tables.terminal import terminal_table

    plan = plan_of(options)
    ledger = ledger_of(plan)
    for task in plan.tasks:
        print(f"\n{task}\n\n{terminal_table(ledger, task)}")
    for line in [*(f"{name}: {text}" for name, text in plan.remarks.items()), plan.config.note]:
        if line:
            print(f"\n{line}")
    print(
        f"\ntables  {plan.tables}/\nfigures {plan.figures}/\nrecords {plan.records}/<run>/metrics.json\n"
        f"logs    {plan.results}/logs/\nreport  {plan.report}"
    )


def _paper(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_paper_tables
    from specar.results.ledger import ledger_of

    plan = plan_of(options)
    write_paper_tables(ledger_of(plan), options.tables)
    print(f"{plan.paper}/")


def _paper_figures(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_paper_figures
    from specar.results.ledger import ledger_of

    write_paper_figures(ledger_of(plan_of(options)), options.names)


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


def _judge(options: argparse.Namespace) -> None:
    from specar.judge.judgement import judge
    from specar.outputs.write import write_judgement
    from specar.results.ledger import ledger_of
    from specar.tables.comparisons import in_words

    plan = plan_of(options)
    judgement = judge(ledger_of(plan))
    write_judgement(judgement, plan.judgement)
    print(judgement.summary.to_string(index=False))
    print(f"\n{in_words(judgement)}\njudgement {plan.judgement}/")


def _audit(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_audit
    from specar.paper.audit.checks import audit
    from specar.paper.audit.printed import Paper
    from specar.paper.audit.protocol import with_floors
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


def _report(options: argparse.Namespace) -> None:
    from specar.outputs.write import write_report

    plan = plan_of(options)
    print(f"report  {write_report(plan, Path(options.output) if options.output else plan.report)}")


_TASKS = argument("tasks", nargs="*", metavar="TASK")
COMMANDS = (
    Command("tables", _tables, "write the tables of tasks from what is there", (_TASKS,)),
    Command("figures", _figures, "draw the figures of tasks from what is there", (_TASKS,)),
    Command("show", _show, "print the results so far and where they are"),
    Command(
        "paper",
        _paper,
        "write the paper's tables, all models, beside what is reproduced; trains nothing",
        (argument("tables", nargs="*", metavar="TABLE", help="main-1 … main-6, appendix-1 … appendix-12"),),
    ),
    Command(
        "paper-figures",
        _paper_figures,
        "draw the figures over all tasks from the records that are there",
        (argument("names", nargs="*", metavar="NAME", help="figures, by default all"),),
    ),
    Command(
        "ablations",
        _ablations,
        "write tables and figures of ablations from the records that are there, or list the ablations",
        (
            argument("names", nargs="*", metavar="NAME", help="default: all with a record"),
            argument("--list", action="store_true", help="list ablations with the state of their runs"),
        ),
    ),
    Command(
        "judge",
        _judge,
        "judge the reproduction from what is there: verdicts per cell, the paper's claims, ranks",
    ),
    Command(
        "audit",
        _audit,
        "list what the paper's own numbers contradict",
        (
            argument("--kind", action="append", metavar="KIND", help="findings of this kind only"),
            argument("--severity", action="append", metavar="NAME", help="findings of this severity only"),
            argument("--full", action="store_true", help="list labels one by one as well"),
            argument("--csv", action="store_true", help="print all columns as CSV"),
            argument("--write", action="store_true", help="write paper/audit.csv and .md under results"),
        ),
    ),
    Command(
        "report",
        _report,
        "write one page with the paper beside the reproduction, from whatever records are there",
        (argument("--output", metavar="FILE", help="where it goes (default: in the results)"),),
    ),
)
