"""What TOP changes: results with it against those without it, seed by seed, and as published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from specar.config.key import has_own_look_back
from specar.paper.numbers import OURS
from specar.paper.published import parts_of, published
from specar.paper.sources import AVERAGE, source_of
from specar.results.aggregates import Aggregate, aggregate_statistics

LEVEL = 0.95
_PROTOCOL = "published"


@dataclass(frozen=True)
class Effect:
    """Difference that TOP makes to one dataset, with - without, in percent of without.

    ``mean`` is over that of ``seeds`` pairs, ``half`` half of its t interval at `LEVEL`, None for a single
    one. ``settings`` are the horizons or mask ratios that both results are averaged over first; one empty
    text for M4.
    """

    dataset: str
    model: str
    metric: str
    settings: tuple[str, ...]
    seeds: int
    mean: float
    half: float | None


def own_effects(task: str, runs: pd.DataFrame, metric: str) -> list[Effect]:
    """Return the effects of the runs that are done with and without TOP, protocol ``published``.

    A dataset is averaged over the settings of that seed which has most of them, and the seeds that have
    them all count: others would be another quantity. Runs are as of `specar.results.rows.run_rows`.
    """
    own = runs["setting"].map(has_own_look_back).astype(bool)
    done = runs[own & (runs["protocol"] == _PROTOCOL) & runs["value"].notna()]
    values = pd.concat([done, *_aggregated(task, done)])
    values = values[values["metric"] == metric]
    groups = values.groupby(["model", "dataset"], sort=False)
    found = (_effect(str(name), str(dataset), metric, rows) for (name, dataset), rows in groups)
    return [effect for effect in found if effect is not None]


def _aggregated(task: str, runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Results of the lines over datasets, of every seed by itself."""
    lines = [Aggregate(name, "", parts_of(task, name)) for name in source_of(task).aggregates]
    for seed, rows in runs.groupby("seed"):
        statistics = aggregate_statistics(task, rows, lines)
        if not statistics.empty:
            renamed = statistics.rename(columns={"ours": "value"}).assign(seed=seed, setting="")
            yield renamed[renamed["value"].notna()]


def _effect(model: str, dataset: str, metric: str, rows: pd.DataFrame) -> Effect | None:
    pairs = rows.pivot(index=["seed", "setting"], columns="top", values="value")
    settings, changes = paired_changes(pairs.reindex(columns=[False, True]))
    if not len(changes):
        return None
    half = t_half(changes, LEVEL)
    return Effect(dataset, model, metric, settings, len(changes), float(changes.mean()), half)


def paired_changes(pairs: pd.DataFrame) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Return the settings that are averaged over, and the second column against the first, in percent of it.

    ``pairs`` has two columns and a row per seed and setting. The settings are those of the seed that has most
    of them in both columns; a change is that of a seed that has them all.
    """
    pairs = pairs.dropna().reset_index("setting")
    if pairs.empty:
        return (), np.empty(0)
    of_seed = pairs.groupby("seed")["setting"].agg(frozenset)
    chosen = max(of_seed, key=len)
    seeds = [seed for seed, settings in of_seed.items() if settings >= chosen]
    kept = pairs[pairs.index.isin(seeds) & pairs["setting"].isin(list(chosen))]
    first, second = kept.drop(columns="setting").groupby("seed").mean().to_numpy(float).T
    return tuple(sorted(chosen, key=lambda text: float(text or 0))), 100 * (second - first) / first


def t_half(values: npt.NDArray[np.float64], level: float) -> float | None:
    """Return half of the t interval of the mean of ``values``; None for a single one."""
    number = len(values)
    if number < 2:
        return None
    return float(stdtrit(number - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(number))


@cache
def published_settings(task: str) -> dict[str, tuple[str, ...]]:
    """Return the settings that the paper prints without and with TOP, by dataset in its order."""
    table = published(task)
    table = table[(table["setting"] != AVERAGE) & (table["published_as"] == OURS)]
    both = table.groupby(["dataset", "setting"], sort=False)["top"].nunique() == 2
    pairs = [(str(dataset), str(setting)) for dataset, setting in both[both].index]
    names = dict.fromkeys(dataset for dataset, _ in pairs)
    return {name: tuple(setting for dataset, setting in pairs if dataset == name) for name in names}


def published_effect(task: str, dataset: str, settings: Sequence[str], metric: str) -> float | None:
    """Return the difference in percent as published, averaged over ``settings`` first.

    None where the paper does not print all of them, without and with TOP.
    """
    if not set(settings) <= set(published_settings(task).get(dataset, ())):
        return None
    table = published(task)
    rows = table[(table["dataset"] == dataset) & table["setting"].isin(list(settings))]
    rows = rows[(rows["metric"] == metric) & (rows["published_as"] == OURS)]
    if rows.empty:  # a metric that the paper does not print
        return None
    means = rows.assign(value=rows["published"].astype(float)).groupby("top")["value"].mean()
    return float(100 * (means[True] - means[False]) / means[False])
