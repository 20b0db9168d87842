"""The verdict on every published cell that has runs."""

from __future__ import annotations

from specar.judge.rules import NOT_RUN, VERDICTS, cell_rules
from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Section
from specar.report.sections.paper import shown
from specar.tables.judgement import cells_table


def build(context: Context) -> Section:
    """Return the section."""
    table = context.judgement.verdicts
    run = table[table["verdict"] != NOT_RUN]
    tables = [
        shown(context, cells_table(f"verdicts-{task}", source_of(str(task)).title, rows, of_task=True))
        for task, rows in run.groupby("task", sort=False)
    ]
    body = render("verdicts.html.j2", tables=tables, rules=cell_rules(), run=len(run), total=len(table))
    return Section("verdicts", "Verdicts on the published cells", body)


def verdicts_in_words(context: Context) -> list[str]:
    """Return a sentence per model on how its cells compare with the published ones."""
    sums = context.judgement.summary.groupby("model", sort=False)[["cells", *VERDICTS]].sum()
    return [
        f"Our runs ({name}), of {row['cells']:,}: {', '.join(f'{row[word]:,} {word}' for word in VERDICTS)}."
        for name, row in sums.iterrows()
    ]
