"""A compact table for the end of a run in the terminal."""

from __future__ import annotations

import pandas as pd

from specar.tables.layout import Style, cell_texts, number

_STYLE = Style(plus_minus=" ± ", dash="", partial="*")
_NONE = "No run is done yet."
_LEGEND = "floor: better of the naive baselines; *: some seeds not done yet"


def terminal_table(table: pd.DataFrame) -> str:
    """Return the results so far as plain text, one block per protocol.

    Only cells with a result are shown: what is missing, and averages that are not complete, is
    left out.
    """
    known = table[table["reproduced"].notna()]
    if known.empty:
        return _NONE
    blocks = [
        f"protocol: {protocol}\n{_block(rows)}" for protocol, rows in known.groupby("protocol", sort=False)
    ]
    return "\n\n".join([*blocks, _LEGEND])


def _block(rows: pd.DataFrame) -> str:
    texts = [cell_texts(cell, _STYLE) for cell in rows.itertuples()]
    shown = rows[["dataset", "setting"]].assign(
        TOP=["yes" if top else "no" for top in rows["top"]],
        architecture=rows["architecture"],
        metric=rows["metric"].str.upper(),
        published=[published for published, _, _ in texts],
        reproduced=[reproduced for _, reproduced, _ in texts],
        deviation=[f"{percent} %" if percent else "" for _, _, percent in texts],
        floor=[number(floor) for floor in rows["floor"]],
    )
    return shown.to_string(index=False)
