"""Every number that the paper prints, of all models, as one tidy table."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd

OURS = "SpecAR-Net"
KEY = ["source_table", "task", "dataset", "setting", "top", "model", "variant", "metric"]
COLUMNS = [*KEY, "value", "mark", "number"]

# CSV in specar.paper.published: what its columns are called here, and what it does not say itself.
_SOURCES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "long_term_forecast": ({"horizon": "setting"}, {"task": "long_term_forecast"}),
    "short_term_forecast": ({"subset": "dataset"}, {"task": "short_term_forecast"}),
    "imputation": ({"mask_ratio": "setting"}, {"task": "imputation"}),
    "classification": ({}, {"task": "classification"}),
    "anomaly_detection": ({}, {"task": "anomaly_detection"}),
    "headline": ({}, {}),
    "ablation_backbone": ({"backbone": "variant"}, {"model": OURS}),
    "unified_training": ({"training": "variant", "mask_ratio": "setting"}, {"task": "imputation"}),
}


def read_published(name: str) -> pd.DataFrame:
    """Read a CSV of ``specar.paper.published``, all as text: 0.080 has to stay 0.080."""
    with files("specar.paper").joinpath("published", f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def printed_numbers() -> pd.DataFrame:
    """Return all printed results, misprints included.

    Returns
    -------
    DataFrame
        `COLUMNS`, all text but the last. ``source_table`` is ``main:N``, ``appendix:N``, ``main:text``, or
        ``release:N`` for the pictures in the authors' repository. ``setting`` is a horizon, a mask
        ratio, ``avg``, or empty; ``top`` is ``true``, ``false``, or empty where it is not said;
        ``variant`` is the backbone (appendix 1 to 3) or the kind of training (appendix 4). ``value`` has
        the printed digits, ``number`` is the same as a float, in the printed unit (fractions in
        appendix 2 and 3, elsewhere percent). ``mark`` is ``first``, ``second`` or empty, as coloured.
    """
    parts = []
    for name, (renamed, constant) in _SOURCES.items():
        table = read_published(name).rename(columns=renamed).assign(**constant)
        parts.append(table.reindex(columns=COLUMNS[:-1], fill_value=""))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(number=table["value"].astype(float))
