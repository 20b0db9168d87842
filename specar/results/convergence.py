"""Whether a run ended before it had converged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from specar.runs.plan import Plan
from specar.runs.records import record_or_damage

NOT_CONVERGED = "not converged"
_EPOCHS, _CHANGE = 3, 0.001
RULE = (
    "the last epoch is the best one and, over the last three, the validation figure that selects it still "
    "improved by more than 0.1 % per epoch on average"
)


def not_converged(record: Mapping[str, Any]) -> bool:
    """Whether a run ended at its best epoch, with its validation still improving: see `RULE`.

    Of a record without a history, or with fewer than two epochs, that cannot be told: False.
    """
    history = record.get("history", [])
    if len(history) < 2 or record["training"]["best_epoch"] < record["training"]["epochs"]:
        return False
    # The figure that selects comes first. As the last is the best, the change is an improvement.
    first, *_, last = (next(iter(line["val"].values())) for line in history[-_EPOCHS - 1 :])
    epochs = min(_EPOCHS, len(history) - 1)
    return bool(abs(last - first) > _CHANGE * epochs * abs(first))


def unconverged_runs(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Return which of the runs of a plan, or of its ablations, ended before they had converged."""
    records = {name: record_or_damage(plan, name)[0] for name in dict.fromkeys(names)}
    return frozenset(name for name, record in records.items() if record and not_converged(record))
