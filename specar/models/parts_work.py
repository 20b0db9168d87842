"""Work of encoders and decoders; Fourier transforms count as none. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from specar.models.settings import Attention
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from specar.models.transformer import Config


class Works(NamedTuple):
    """Work of each attention, its maps included, of the steps that ask and of those that are asked."""

    encoder: Callable[[int, int], Work]
    decoder: Callable[[int, int], Work]
    cross: Callable[[int, int], Work]


def work_of(config: Config, shape: SeriesShape, works: Works, encoded: Sequence[int] = ()) -> Work:
    """Count embedding, encoder and decoder, or head; of data no gradient is needed.

    ``encoded`` are the steps of each layer of the encoder, and those that come out, where they are not all S.
    """
    d_model, inputs = config.d_model, 3 * shape.channels + shape.time_features
    steps = encoded or [shape.seq_len] * (config.e_layers + 1)
    total = product(shape.seq_len, inputs, d_model, of_data=True)
    for length in steps[:-1]:
        total += works.encoder(length, length) + _feed_forward(config, length)
    if not shape.pred_len:
        rows = (
            (1, steps[-1] * d_model, shape.classes) if shape.classes else (steps[-1], d_model, shape.channels)
        )
        return total + product(*rows)
    length = config.label(shape) + shape.pred_len
    layer = works.decoder(length, length) + works.cross(length, steps[-1]) + _feed_forward(config, length)
    total += product(length, inputs, d_model, of_data=True) + layer * config.d_layers
    return total + product(length, d_model, shape.channels)


def product(rows: int, inputs: int, outputs: int, of_data: bool = False, trained: bool = True) -> Work:
    """Work of a linear map of rows; of data no gradient is needed, and none of what has no effect."""
    forward = rows * inputs * outputs
    return Work(forward, ((2 if of_data else 3) if trained else 1) * forward, rows * outputs)


def attention_maps(config: Attention, steps: int, asked: int, used: str = "qkv") -> Work:
    """Work of the maps to queries, keys and values, and of the one out; ``used`` are those with an effect."""
    inner = config.d_model // config.n_heads * config.n_heads
    total = product(steps, inner, config.d_model)
    for one, rows in (("q", steps), ("k", asked), ("v", asked)):
        total += product(rows, config.d_model, inner, trained=one in used)
    return total


def full_attention(config: Attention) -> Callable[[int, int], Work]:
    """Work of attention of every step to every step, with its maps."""
    inner = config.d_model // config.n_heads * config.n_heads

    def attention(steps: int, asked: int) -> Work:
        pairs = steps * asked
        scored = Work(2 * pairs * inner, 6 * pairs * inner, config.n_heads * pairs + steps * inner)
        return attention_maps(config, steps, asked) + scored

    return attention


def _feed_forward(config: Config, steps: int) -> Work:
    """Two maps of every step, and the values of two norms or decompositions."""
    up, down = product(steps, config.d_model, config.d_ff), product(steps, config.d_ff, config.d_model)
    return up + down + Work(0, 0, 2 * steps * config.d_model)
