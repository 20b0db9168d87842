"""The paper's tables and their files. Imports nothing heavy: the workflow needs it first."""

from __future__ import annotations

TABLE_IDS = (
    *(f"main-{number}" for number in range(1, 7)),
    *(f"appendix-{number}" for number in range(1, 13)),
)
SETUP = "main-1"
