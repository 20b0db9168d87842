"""How many slots of a GPU runs take, on made-up cards."""

import pytest

from specar.config import parse_config
from specar.cost.sharing import slots_of
from specar.runs.store import plan_of
from specar.training import gpu
from specar.training.gpu import SLOTS, Card, cards

MATRIX = [
    {"task": "long_term_forecast", "datasets": ["Traffic", "Exchange"], "models": ["specar", "dlinear"],
     "horizons": [96], "top": [False]},
]  # fmt: skip
H200, RTX = Card("NVIDIA H200", 140 << 30), Card("NVIDIA GeForce RTX 3090", 24 << 30)


@pytest.fixture
def plan(tmp_path):
    return lambda **execution: plan_of(
        parse_config({"matrix": MATRIX, "seeds": [1], "results": str(tmp_path), "execution": execution})
    )


def slots(plan, *found):
    named = slots_of(plan, plan.runs, found)
    return {(plan.runs[name].dataset, plan.runs[name].key.model): width for name, width in named.items()}


def test_small_models_share_a_card_and_wide_ones_do_not(plan):
    found = slots(plan(), H200)
    assert found["Traffic", "specar"] == SLOTS
    assert found["Exchange", "dlinear"] == found["Exchange", "specar"] == 1
    assert slots(plan(), RTX)["Exchange", "specar"] >= found["Exchange", "specar"]
    assert slots(plan(), H200, RTX) == slots(plan(), RTX)  # the one that allows less


def test_memory_decides_where_there_is_little(plan):
    assert slots(plan(), Card("NVIDIA H200", 4 << 30))["Exchange", "dlinear"] == 4
    assert set(slots(plan(), Card("NVIDIA H200", 1 << 30)).values()) == {SLOTS}


def test_an_unknown_card_is_taken_for_the_slowest_and_without_one_nothing_is_shared(plan):
    assert slots(plan(), Card("another", RTX.memory)) == slots(plan(), RTX)
    assert set(slots(plan()).values()) == {SLOTS}
    assert set(slots(plan(jobs_per_gpu=3), H200).values()) == {1}


def test_ids_of_runs_do_not_depend_on_it(plan):
    assert list(plan().runs) == list(plan(jobs_per_gpu=3).runs)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["NVIDIA H200, 143771 MiB, Disabled", "Tesla T4, 15360 MiB, [N/A]"], ["NVIDIA H200", "Tesla T4"]),
        (["NVIDIA H200, 143771 MiB, Enabled"], []),
        (["NVIDIA GB10, [N/A], [N/A]"], []),
        ([], []),
    ],
)
def test_cards_as_nvidia_smi_lists_them(monkeypatch, lines, found):
    monkeypatch.setattr(gpu, "_asked", lambda fields: lines)
    monkeypatch.setenv(gpu.VISIBLE, "0")
    assert [card.name for card in cards()] == found
    monkeypatch.setenv(gpu.VISIBLE, "MIG-1")
    assert cards() == []
