"""What a run is: the one identity that runs, records, the ledger and everything after them share."""

from __future__ import annotations

from typing import NamedTuple

Setting = int | float | str | None
_LOOK_BACK = " (look-back "


def with_look_back(horizon: int | None, look_back: int | None) -> str:
    """Return the setting of runs whose look-back is not that of the experiment: a row of its own."""
    return f"{horizon}{_LOOK_BACK}{look_back})"


def has_own_look_back(setting: object) -> bool:
    """Whether a setting is one of the experiment, which the paper's numbers are of."""
    return _LOOK_BACK not in str(setting)


def in_names(setting: Setting) -> str:
    """Return a setting as ids of runs and cells have it."""
    return str(setting).replace(_LOOK_BACK, "-look-back-").removesuffix(")")


class RunKey(NamedTuple):
    """What names a run; runs that are equal in it are told apart by the hash of their settings alone.

    ``setting`` is the horizon or the mask ratio, whichever the task varies (see `with_look_back`), ``model``
    the label of an entry of ``models:``, ``top`` whether it is trained with temporal order preserving.
    """

    task: str
    dataset: str
    setting: Setting
    model: str
    top: bool
    protocol: str
    seed: int

    def __str__(self) -> str:
        top, setting = (
            "top" if self.top else "notop",
            [] if self.setting is None else [in_names(self.setting)],
        )
        parts = [self.task, self.dataset, *setting, self.model, top, self.protocol, f"seed{self.seed}"]
        return "-".join(parts)
