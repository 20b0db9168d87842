"""The paper: what it prints, claims and gets wrong. Imports nothing heavy: the workflow needs it first."""

TABLE_IDS = (
    *(f"main-{number}" for number in range(1, 7)),
    *(f"appendix-{number}" for number in range(1, 13)),
)
SETUP = "main-1"
