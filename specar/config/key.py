"""What a run is: the one identity that runs, records, the ledger and everything after them share."""

from __future__ import annotations

from typing import NamedTuple

Setting = int | float | None


class RunKey(NamedTuple):
    """What names a run; runs that are equal in it are told apart by the hash of their settings alone.

    ``setting`` is the horizon or the mask ratio, whichever the task varies, ``model`` the label of an entry
    of ``models:``, ``top`` whether it is trained with temporal order preserving.
    """

    task: str
    dataset: str
    setting: Setting
    model: str
    top: bool
    protocol: str
    seed: int

    def __str__(self) -> str:
        top, setting = "top" if self.top else "notop", [] if self.setting is None else [str(self.setting)]
        parts = [self.task, self.dataset, *setting, self.model, top, self.protocol, f"seed{self.seed}"]
        return "-".join(parts)
