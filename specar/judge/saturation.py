"""Cells on which nothing can be told: their best result is hardly above a baseline or a linear model."""

from __future__ import annotations

import pandas as pd

from specar.judge.rules import LINEAR, PROTOCOL
from specar.paper.counts import signs_of
from specar.paper.numbers import OURS, averages
from specar.paper.published import published
from specar.paper.sources import SOURCES

PLACE = ["task", "dataset", "setting", "metric"]
PRINTED, RERUN = "printed", "re-run"
COLUMNS = [
    *(*PLACE, "floor", "linear", "linear_origin", "best_printed", "best_printed_of", "ours", "ours_of", "sd"),
    *("best", "best_of", "lead", "saturated"),
]


def saturation(cells: pd.DataFrame) -> pd.DataFrame:
    """Set the best results of every cell beside its floor and the linear model; ``cells`` are a Ledger's.

    Returns
    -------
    DataFrame
        `COLUMNS`: a row per cell that the paper prints or that was run, without averages. ``linear`` is the
        mean of the linear model's runs, else its printed number, as ``linear_origin`` says. ``ours`` is the
        best mean of SpecAR-Net's runs and ``sd`` its standard deviation over seeds; without one, that of the
        linear model's. ``best`` is the best of the other models, printed or run, and ``…_of`` says whose.
        ``lead`` is by how much it beats the better of floor and linear model, NaN without both; a cell is
        ``saturated`` where that is no more than ``sd`` (0 where not known).
    """
    printed = pd.concat([published(task).assign(task=task) for task in SOURCES], ignore_index=True)
    printed = printed.assign(value=printed["published"].astype(float), of=printed["published_as"])
    asked = cells[(cells["protocol"] == PROTOCOL) & ~averages(cells)]
    run = asked[asked["seeds"] > 0]
    run = run.assign(value=run["ours"], of=run["model"].where(~run["top"], run["model"] + " with TOP"))
    everything = pd.concat([run.assign(origin=RERUN), printed[~averages(printed)].assign(origin=PRINTED)])
    goodness = (everything["value"] * signs_of(everything["metric"])).rename("goodness")
    everything = everything.assign(goodness=goodness).sort_values("goodness", ascending=False, kind="stable")
    rerun, model = everything["origin"] == RERUN, everything["published_as"]
    best, best_printed = _first(everything[model != LINEAR]), _first(everything[~rerun])
    ours = _first(everything[rerun & (model == OURS)])
    linear = _first(everything[model == LINEAR].sort_values("origin", ascending=False, kind="stable"))
    table = pd.DataFrame(
        {
            "floor": asked.groupby(PLACE)["floor"].first(),
            "linear": linear["value"],
            "linear_origin": linear["origin"],
            "best_printed": best_printed["value"],
            "best_printed_of": best_printed["of"],
            "ours": ours["value"],
            "ours_of": ours["of"],
            "sd": ours["sd"].combine_first(linear["sd"]),
            "best": best["value"],
            "best_of": best["of"],
        },
        index=best.index,
    )
    places = pd.concat([printed, asked])[PLACE].drop_duplicates()
    table = places.merge(table.reset_index(), on=PLACE)
    signs = signs_of(table["metric"])
    to_beat = table[["floor", "linear"]].mul(signs, axis=0).max(axis=1)
    lead = table["best"] * signs - to_beat
    return table.assign(lead=lead, saturated=lead <= table["sd"].fillna(0) + 1e-9)[COLUMNS]


def _first(rows: pd.DataFrame) -> pd.DataFrame:
    """The first row of every cell."""
    return rows.drop_duplicates(PLACE).set_index(PLACE)
