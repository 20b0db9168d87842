"""What the examples of a run that are kept to be looked at have in common: their choice and their form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from specar.models.specar.embedding import instance_statistics
from specar.models.specar.views import view_first_block

# Examples are chosen among so many, spread evenly over the test part: a run does not wait for its examples.
CANDIDATES = 64
# By the quantile of their error among the candidates: an ordinary one, and one of the bad ones.
QUANTILES = (0.5, 0.9)
_DIGITS, _MAP_DIGITS = 5, 3
_MOST_BINS, _MOST_FRAMES = 64, 160  # of a map; of larger ones means over neighbours are kept


def candidates(count: int) -> Tensor:
    """Numbers of the test examples to choose among, (n,): all, or some that are spread evenly."""
    return torch.linspace(0, count - 1, min(count, CANDIDATES), dtype=torch.float64).round().long()


def joined(parts: Iterable[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Batches of values per candidate, (batch, …) by name, as one."""
    batches = list(parts)
    return {name: torch.cat([part[name] for part in batches]) for name in batches[0]}


def choose(errors: Tensor) -> list[int]:
    """Positions in ``errors`` (n,) of the examples whose error is one of ``QUANTILES``."""
    order = errors.argsort(stable=True).tolist()
    return [order[round(quantile * (len(order) - 1))] for quantile in QUANTILES]


def chosen(numbers: Tensor, found: Mapping[str, Tensor], error: str) -> list[dict[str, Any]]:
    """The chosen ones of the candidates ``numbers`` (n,), each with all that was ``found`` (n, …) of it."""
    return [
        {
            "quantile": quantile,
            "number": int(numbers[position]),
            **{name: rounded(values[position]) for name, values in found.items()},
        }
        for quantile, position in zip(QUANTILES, choose(found[error]), strict=True)
    ]


def how_chosen(count: int, what: str, error: str) -> str:
    """Say in words how :func:`candidates` and :func:`choose` chose among ``count`` test examples."""
    number = f"{count}" if count <= CANDIDATES else f"{CANDIDATES} of {count}"
    spread = "" if count <= CANDIDATES else ", evenly spread"
    return f"among {number} test {what}{spread}, those at the 50 % and the 90 % quantile of {error}"


def rounded(values: Tensor, digits: int = _DIGITS) -> Any:
    """Return a tensor of any shape as nested lists for JSON; what is not finite becomes null."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(one) for one in value]
        if not math.isfinite(value):
            return None
        short = float(f"{value:.{digits}g}")
        return int(short) if short.is_integer() and abs(short) < 1e15 else short

    return plain(values.tolist())


def maps_of(model: nn.Module, run: Callable[[], object], series: Tensor) -> dict[str, Any] | None:
    """The maps of :func:`specar.models.specar.views.view_first_block`, plain; None without such blocks."""
    view = view_first_block(model, run, series)
    if view is None:
        return None
    return {
        "transform": view.transform,
        "n_fft": view.n_fft,
        "hop_length": view.hop_length,
        "spectrogram": _map(view.spectrogram),
        "features": _map(view.features),
    }


def _map(values: Tensor) -> dict[str, Any]:
    """A map (F, frames): its size, and the means of blocks of bins and frames where it is large."""
    bins, frames = values.shape
    block = (-(-bins // _MOST_BINS), -(-frames // _MOST_FRAMES))
    means = nn.functional.avg_pool2d(values[None].double(), block, ceil_mode=True)[0]
    return {"bins": bins, "frames": frames, "block": list(block), "values": rounded(means, _MAP_DIGITS)}


def normalised(series: Tensor, observed: Tensor | None = None) -> Tensor:
    """One series (1, S) as the model's instance normalisation leaves it, (S,); hidden steps are 0."""
    shown = None if observed is None else observed.float().unsqueeze(-1)
    mean, std = instance_statistics(series.unsqueeze(-1), shown)
    centred = (series.unsqueeze(-1) - mean) / std
    return (centred if shown is None else centred * shown)[0, :, 0]
