"""How much of a GPU runs take, so that small ones share it: by its memory and by its time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from specar.config import RunConfig
from specar.cost.predict import works_of
from specar.cost.rates import Rates, classes, here
from specar.models.shape import Work
from specar.runs.plan import Plan
from specar.training.gpu import SLOTS, Card, cards

# Bytes: what a process holds beside the batch, which is the context of CUDA, libraries, weights and data.
_FIXED = 1.5 * 2**30
# Of a training batch: values, their gradients, and what the allocator keeps; up to 6 were measured on CPUs.
_TIMES = 6
_USABLE = 0.9  # of a card's memory


def slots_of(
    plan: Plan, runs: Mapping[str, RunConfig], found: Sequence[Card] | None = None
) -> dict[str, int]:
    """Return how many slots of a GPU each run takes, by run id (see `specar.training.gpu.slots_per_gpu`).

    With ``jobs_per_gpu: auto`` that is the larger of two shares of a card, rounded up to slots: of its
    memory, and of its time, which is that of multiply-adds and memory in a step beside that of starting
    operations. A run takes a whole card where its work is not known, or where nvidia-smi does not describe
    the cards, which are those ``found``.
    """
    if plan.config.execution.jobs_per_gpu != "auto":
        return dict.fromkeys(runs, 1)
    slots, found = dict.fromkeys(runs, SLOTS), cards() if found is None else found
    known = {name: run for name, run in runs.items() if run.dataset in plan.config.datasets} if found else {}
    slots |= {name: 1 for name, run in known.items() if run.model.spec.fitted}  # on the CPU
    for name, (_, work) in works_of(plan, known).items():
        share = max(_share(plan, runs[name], work, card) for card in found)
        slots[name] = max(1, math.ceil(SLOTS * min(share, 1)))
    return slots


def _share(plan: Plan, run: RunConfig, work: Work, card: Card) -> float:
    values = max(_TIMES * run.training.batch_size, plan.config.execution.eval_batch_size) * work.elements
    memory = (_FIXED + 4 * values) / (_USABLE * card.memory)
    return max(memory, _busy(work * run.training.batch_size, rates_of_card(card)))


def _busy(step: Work, rates: Rates) -> float:
    """Share of a training step in which the card computes, by the cost model."""
    computes = rates.seconds_per_multiply_add * step.training + 3 * rates.seconds_per_element * step.elements
    return computes / (computes + rates.seconds_per_step)


def rates_of_card(card: Card) -> Rates:
    """Return the rates of a card as measured here, else of its name; of another one, those of the slowest."""
    assumed = [rates for rates in classes() if not rates.measured]
    machines = [*([own] if (own := here()) else []), *assumed]
    named = [rates for rates in machines if rates.device.partition(",")[0] in card.name]
    return (named or sorted(assumed, key=lambda rates: -rates.seconds_per_multiply_add))[0]
