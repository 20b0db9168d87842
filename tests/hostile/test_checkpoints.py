"""Damaged checkpoints, all made from seeds: each is one clear line, and the run ends as one undisturbed."""

from __future__ import annotations

import io
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from specar.base.errors import Interrupted, SpecarError
from specar.config import RunConfig
from specar.models import build_model
from specar.runs.remake import load_weights
from specar.tasks import Task
from specar.training.checkpoint import _seal as seal
from specar.training.checkpoint import save_torch
from specar.training.trainer import Trainer

FLIPS, CUTS, PARTS = 120, 40, 120
SAMPLE = 4  # of each kind that the tests try by themselves
LACKS = object()
WRONG: list[Any] = [None, "x", -1, [], torch.zeros(3, 5, 7)]
# No number of a result comes from these; and in those a key that lacks may never have been there.
FREE = ("processes", "peak_memory_bytes", "identity")
UNTOLD = (("optimizer", "state"), ("progress", "history"))

Build = Callable[[Path], Trainer]
_made: dict[str, Any] = {}


@pytest.fixture
def build(make_small_task: Callable[..., Task]) -> Build:
    """Return a function that gives a fresh trainer of the same run in a folder."""
    small = {"d_model": 2, "d_ff": 2, "e_layers": 1, "conv_layers": 2, "window_length": 4, "dropout": 0.5}

    def trainer(folder: Path) -> Trainer:
        task = make_small_task(
            "imputation", top=[True], model=small, training={"epochs": 2, "batch_size": 64}
        )
        run = task.cell
        assert isinstance(run, RunConfig)
        torch.manual_seed(1)
        model = build_model(run.model.module, run.model.settings, task.shape)
        return Trainer(run, task, model, task.device, folder)

    return trainer


@pytest.fixture
def content(build: Build, tmp_path: Path) -> bytes:
    """The checkpoint of the run, stopped within its second epoch; goes on to where the run ends by itself."""
    if not _made:
        _made["whole"] = ended(build(tmp_path / "whole"))
        trainer, calls = build(tmp_path / "stopped"), iter(range(100))
        trainer.model.register_forward_pre_hook(
            lambda *_: signal.raise_signal(signal.SIGTERM) if next(calls) == 3 else None
        )
        with pytest.raises(Interrupted, match="in epoch 2 after step 1;"):
            trainer.fit()
        _made["content"] = (tmp_path / "stopped" / "checkpoint.pt").read_bytes()
        again = tmp_path / "again"
        again.mkdir()
        (again / "checkpoint.pt").write_bytes(_made["content"])
        assert ended(build(again)) == _made["whole"]
    found: bytes = _made["content"]
    return found


def ended(trainer: Trainer) -> dict[str, Any]:
    """What comes of a run that is trained to its end."""
    progress = trainer.fit()
    metrics = trainer.test().metrics
    lines = [(line["train_loss"], line["val"]) for line in progress.history]
    weights = {name: value.tolist() for name, value in trainer.model.state_dict().items()}
    return {"metrics": metrics, "best": progress.best_epoch, "history": lines, "weights": weights}


def flipped(content: bytes, seed: int) -> bytes:
    bit = random.Random(f"flip {seed}").randrange(8 * len(content))
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def cut(content: bytes, seed: int) -> bytes:
    chance = random.Random(f"cut {seed}")
    start, length = chance.randrange(len(content)), chance.randrange(1, 5000)
    return content[:start] + (content[start + length :] if seed % 2 else b"")


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from paths(one, (*path, key))


def with_wrong_part(content: bytes, seed: int) -> bytes:
    """A checkpoint whose hash is right, and of which one part lacks or is of a wrong kind."""
    chance = random.Random(f"part {seed}")
    state = torch.load(io.BytesIO(content.partition(b"\n")[2]), weights_only=True)
    told = [path for path in paths(state) if not any(part in FREE for part in path)]
    by_part = [[path for path in told if path[0] == part] for part in state if part != "identity"]
    path = chance.choice(by_part[seed % len(by_part)])
    inner, change = state, chance.choice([LACKS, *WRONG])
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    if change is LACKS and not (path[:2] in UNTOLD and len(path) > 2):
        del inner[path[-1]]
    else:  # an integer is as good as a float, and of two lists both may be empty
        alike = (int, float) if isinstance(change, int) else type(change)
        fits = isinstance(old, alike) and not isinstance(old, torch.Tensor)
        inner[path[-1]] = "x" if change is LACKS or (fits and old != "x") else change
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return seal(buffer.getvalue()) + buffer.getvalue()


KINDS = {"flip": (flipped, FLIPS), "cut": (cut, CUTS), "part": (with_wrong_part, PARTS)}
CASES = [
    pytest.param(kind, seed, id=f"{kind}-{seed}", marks=() if seed < SAMPLE else pytest.mark.hostile)
    for kind, (_, number) in KINDS.items()
    for seed in range(number)
]


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_a_damaged_checkpoint_is_one_clear_line_and_changes_no_number(
    build: Build, content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, seed: int
) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(KINDS[kind][0](content, seed))
    assert ended(build(tmp_path)) == _made["whole"]
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(said) == 1
    assert said[0].startswith(f"checkpoint {tmp_path / 'checkpoint.pt'} is damaged (")
    assert said[0].endswith("): starting again")
    assert "\n" not in said[0]


WEIGHT_CASES = [
    pytest.param(kind, seed, id=f"{kind}-{seed}", marks=() if seed < SAMPLE else pytest.mark.hostile)
    for kind, number in (("flip", 60), ("cut", 20))
    for seed in range(number)
]


@pytest.mark.parametrize(("kind", "seed"), WEIGHT_CASES)
def test_damaged_weights_are_one_clear_line_or_still_the_same(
    build: Build, tmp_path: Path, kind: str, seed: int
) -> None:
    """Much of an archive is padding, or said twice."""
    trainer, path = build(tmp_path), tmp_path / "weights.pt"
    kept = {name: value.clone() + 1 for name, value in trainer.model.state_dict().items()}
    save_torch(path, kept)
    path.write_bytes(KINDS[kind][0](path.read_bytes(), seed))
    said = ""
    try:
        load_weights(trainer.model, path, trainer.run)
    except SpecarError as error:
        said = str(error)
    found = trainer.model.state_dict()
    if said:
        assert said.startswith(f"{path} does not fit the model of Small: ")
        assert said.endswith("; train again")
        assert "\n" not in said
    else:
        assert all(torch.equal(value, found[name]) for name, value in kept.items())


def test_there_are_enough_of_them() -> None:
    assert len(CASES) + len(WEIGHT_CASES) >= 300
