"""What stands above and below a table."""

from __future__ import annotations

import pandas as pd

from specar.tables.published import AVERAGE, main_paper_differences, source_of


def title(task: str, architecture: str, protocol: str, averaged: bool) -> str:
    """Return the table's title: task, form, architecture and protocol."""
    source = source_of(task)
    form = f", averages over the {source.setting}s" if averaged else ""
    return f"{source.title}{form} (architecture: {architecture}; protocol: {protocol})"


def notes(task: str, table: pd.DataFrame, protocol: str, averaged: bool) -> list[str]:
    """Return the sentences that say what the columns of the table are."""
    source = source_of(task)
    sentences = [
        f"Published: SpecAR-Net as printed in the paper, a single run without a standard deviation "
        f"(appendix Tables {source.without_top} and {source.with_top}).",
        f"Reproduced: our runs, {_seeds(table)}.",
        "Dev.: deviation of reproduced from published, in percent of published.",
        "Floor: the better of the naive baselines, computed on the same test windows.",
    ]
    if protocol != "published":
        sentences.append(
            "The published numbers follow the authors' protocol, not this one: the deviation contains the "
            "change of protocol."
        )
    return sentences + (_differences(task) if averaged else [])


def legend(task: str, dash: str, partial: str) -> str:
    """Return the legend of marks and empty cells."""
    average = f"an average needs all its {source_of(task).setting}s and seeds"
    return (
        f"Marks: {dash} requested, not done yet ({average}); {partial} some of the seeds not done yet; "
        "blank: not requested, or not printed in the paper."
    )


def _seeds(table: pd.DataFrame) -> str:
    counts = table.loc[table["seeds"] > 0, "seeds"]
    if counts.empty:
        return "of which none is done yet"
    low, high = int(counts.min()), int(counts.max())
    if high == 1:
        return "1 seed, so without a standard deviation"
    number = f"{high} seeds" if low == high else f"{low} to {high} seeds"
    return f"mean ± sample standard deviation over {number}"


def _differences(task: str) -> list[str]:
    main = source_of(task).main
    same_form = f"The main paper prints the averages with TOP as its Table {main}"
    rows = [
        f"{row.main} for {row.dataset} {str(row.metric).upper()} (appendix: {row.published})"
        for row in main_paper_differences(task).itertuples()
        if row.setting == AVERAGE
    ]
    return [f"{same_form}, there {', '.join(rows)}." if rows else f"{same_form}."]
