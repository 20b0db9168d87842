"""SpecAR-Net's runs against runs of other models: the same windows, seeds paired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from specar.judge.cell import p_values
from specar.judge.rank_tests import holm, paired_p, wilcoxon_p
from specar.judge.rules import ALPHA, MIN_PAIRED_DATASETS, MIN_SEEDS, PROTOCOL, SHOWN
from specar.paper.claims import UNKNOWN, Claim, claim_cells, claims, word_of
from specar.paper.counts import Counts
from specar.paper.metrics import METRICS, margin_of
from specar.paper.numbers import OURS
from specar.paper.published import parts_of, printed_datasets, published
from specar.paper.sources import source_of
from specar.results.effects import paired_changes, t_half

BETTER, WORSE, NOT_APART, TOO_FEW = "better", "worse", "not told apart", "too few seeds"
_NAMES = ["claim", "title", "task", "top", "rule", "model", "rival", "metric"]
_EFFECT = ["seeds", "effect", "low", "high", "p", "p_holm"]
DATASET_COLUMNS = [*_NAMES, "dataset", "settings", *_EFFECT, "verdict"]
COLUMNS = [*_NAMES, "tested", "datasets", *_EFFECT, "verdict", "better", "equal", "worse", "word", "note"]


@dataclass(frozen=True)
class Against:
    """What runs on both sides say of the claims that are counted by them.

    Effects are differences in percent of the other model's result, ``low`` and ``high`` the ends of their t
    interval. For claims of equality, better is inside the margin and worse outside.

    Attributes
    ----------
    claims
        `COLUMNS`: a row per claim, label of SpecAR-Net, other model and metric. ``tested`` counts the
        datasets with enough paired seeds, of the claim's ``datasets``; ``seeds`` is the fewest of them.
        ``effect`` is the mean over tested datasets, ``p`` of Wilcoxon's signed-rank test over them, corrected
        over the claims on the same two models in ``p_holm``, ``verdict`` what that says. ``better``,
        ``equal`` and ``worse`` count datasets by their own tests, and ``word`` is the claim's.
    datasets
        `DATASET_COLUMNS`: the paired t test of each dataset, averaged over ``settings`` first, its p value
        corrected over the datasets of its claim, models and metric.
    """

    claims: pd.DataFrame
    datasets: pd.DataFrame


def against(runs: pd.DataFrame) -> Against:
    """Judge the claims by runs of both sides; ``runs`` are those of a Ledger."""
    runs = runs[(runs["protocol"] == PROTOCOL) & runs["value"].notna()]
    ours = list(dict.fromkeys(runs.loc[runs["published_as"] == OURS, "model"]))
    per_dataset: list[dict[Any, Any]] = []
    over: list[dict[str, Any]] = []
    for claim in (claim for claim in claims() if claim.runs):
        for names, sides in _sides(claim, runs, ours):
            rows = _tested(names, sides)
            per_dataset += rows.to_dict("records")
            over.append({**names, **_over_datasets(rows, names["rule"], len(_asked(names["task"])))})
    table = pd.DataFrame(over, columns=COLUMNS)
    table["p_holm"] = table.groupby(["model", "rival"], sort=False)["p"].transform(_holm)
    table["verdict"] = _verdicts(table["effect"], table["p_holm"], table["metric"])
    table = table.astype(dict.fromkeys(["tested", "datasets", "seeds", "better", "equal", "worse"], int))
    return Against(table, pd.DataFrame(per_dataset, columns=DATASET_COLUMNS))


def _sides(
    claim: Claim, runs: pd.DataFrame, ours: list[str]
) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """The runs of every pair of models and metric of a claim, side by side."""
    cells = claim_cells(claim)
    task, top = str(cells["task"].iloc[0]), bool(cells["top"].iloc[0])
    runs = runs[(runs["task"] == task) & runs["setting"].isin(published(task)["setting"])]
    runs = runs[runs["dataset"].isin(_asked(task))]
    theirs = runs[(runs["published_as"] != OURS) & ~runs["top"].astype(bool)]
    if claim.theirs is not None:
        theirs = theirs[theirs["published_as"] == claim.theirs["model"]]
    mine = runs[runs["top"].astype(bool) == top]
    keys = ["metric", "dataset", "setting", "seed"]
    for label in ours:
        for rival, others in theirs.groupby("model", sort=False):
            both = others[[*keys, "value"]].merge(mine.loc[mine["model"] == label, [*keys, "value"]], on=keys)
            for metric in dict.fromkeys(cells["metric"]):
                names = (claim.id, claim.title, task, top, claim.runs, label, rival, metric)
                rows = both[both["metric"] == metric].set_index(["seed", "setting"])
                yield dict(zip(_NAMES, names, strict=True)), rows.drop(columns="metric")


def _asked(task: str) -> list[str]:
    """The datasets of a task: M4's subsets one by one, as they are run."""
    parts = [part for aggregate in source_of(task).aggregates for part in parts_of(task, aggregate)]
    return list(dict.fromkeys(parts)) or printed_datasets(task)


def _tested(names: dict[str, Any], sides: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for dataset, pairs in sides.groupby("dataset", sort=False):
        settings, changes = paired_changes(pairs.drop(columns="dataset"))
        row = {**names, "dataset": dataset, "settings": " ".join(settings), **_effect(changes)}
        if len(changes) >= MIN_SEEDS:
            row["p"] = paired_p(changes)
            if names["rule"] == "equal":
                row["verdict"] = _equality(changes, names["metric"], float(pairs.iloc[:, 1].mean()))
        rows.append(row)
    table = pd.DataFrame(rows, columns=DATASET_COLUMNS)
    table["p_holm"] = _holm(table["p"])
    if names["rule"] != "equal":
        table["verdict"] = _verdicts(table["effect"], table["p_holm"], table["metric"])
    return table.assign(verdict=table["verdict"].where(table["p"].notna(), TOO_FEW))


def _effect(changes: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Mean change with its interval; fewer than three have none."""
    mean, half = float(changes.mean()), t_half(changes, SHOWN) if len(changes) >= MIN_SEEDS else None
    half = np.nan if half is None else half
    return {"seeds": len(changes), "effect": mean, "low": mean - half, "high": mean + half}


def _equality(changes: npt.NDArray[np.float64], metric: str, level: float) -> str:
    """Inside the margin by TOST, outside where the mean is beyond it at the same level."""
    margin, number = 100 * float(margin_of(metric).at(level)) / level, len(changes)
    distance, sd = abs(float(changes.mean())), float(changes.std(ddof=1))
    if sd == 0:
        return BETTER if distance <= margin else WORSE
    if float(p_values(distance, sd, number, margin, 0)[0]) < ALPHA:
        return BETTER
    beyond = stats.t.sf((distance - margin) / (sd / np.sqrt(number)), number - 1)
    return WORSE if beyond < ALPHA else NOT_APART


def _over_datasets(rows: pd.DataFrame, rule: str, asked: int) -> dict[str, Any]:
    tested = rows[rows["verdict"] != TOO_FEW]
    better, worse = (int((tested["verdict"] == word).sum()) for word in (BETTER, WORSE))
    counts, there = Counts(better, len(tested) - better - worse, worse), f"{len(tested)} of {asked} datasets"
    found: dict[str, Any] = {"tested": len(tested), "datasets": asked, "word": UNKNOWN, **asdict(counts)}
    if len(tested) < MIN_PAIRED_DATASETS:
        note = f"{there} with {MIN_SEEDS} paired seeds; {MIN_PAIRED_DATASETS} are needed"
        return {**found, "seeds": 0, "note": note}
    effects = tested["effect"].to_numpy(float)
    found |= {**_effect(effects), "seeds": tested["seeds"].min(), "p": wilcoxon_p(effects), "note": ""}
    if not better + worse:
        return {**found, "note": "no dataset is told apart"}
    names = f"on {there}: {', '.join(tested['dataset'])}"
    return {**found, "word": word_of(counts, rule), "note": "" if len(tested) == asked else names}


def _verdicts(effect: pd.Series, p: pd.Series, metric: pd.Series) -> npt.NDArray[np.str_]:
    """Which side is better where a corrected p value says so."""
    higher = metric.map({name: about.higher for name, about in METRICS.items()})
    return np.where(p < ALPHA, np.where((effect > 0) == higher, BETTER, WORSE), NOT_APART)


def _holm(p: pd.Series) -> pd.Series:
    known = p.dropna().astype(float)
    return pd.Series(holm(known), known.index, dtype=float).reindex(p.index)
