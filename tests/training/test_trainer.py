"""Training: resuming, determinism, early stopping, data order, errors."""

import io
import json
import logging
import math
import re
import signal
import subprocess
import sys

import pytest
import torch
from torch import nn

from specar.base.errors import NotFinite, SpecarError
from specar.config import Execution, run_id
from specar.config.tasks import TASK_INFO
from specar.models import build_model
from specar.models.base import ModelOutput
from specar.runs.train import train
from specar.tasks import make_task
from specar.training import state as state_module
from specar.training.trainer import Trainer

CPU = torch.device("cpu")
EXECUTION = Execution(device="cpu", threads=1)
TASKS = tuple(TASK_INFO)
SMALL = {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4}


def result(record):
    keys = ("metrics", "details", "examples", "training", "parameters", "config", "run_id")
    return {key: record[key] for key in keys}


def history(folder):
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [
        {key: value for key, value in line.items() if key not in ("seconds", "peak_memory_bytes")}
        for line in lines
    ]


def checkpoint_of(folder):
    _, _, content = (folder / "checkpoint.pt").read_bytes().partition(b"\n")  # after the hash of its content
    return torch.load(io.BytesIO(content), weights_only=True)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("label", ["specar", "specar-released"])
def test_same_config_and_seed_give_the_same_bytes(prepared_folders, make_run, tmp_path, task, label):
    run = make_run(task, run_models=[label], top=[TASK_INFO[task].top])
    for name in ("a", "b"):
        train(run, prepared_folders / run.dataset, tmp_path / name, EXECUTION)
    first, second = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("a", "b"))
    assert json.dumps(result(first)) == json.dumps(result(second))
    assert history(tmp_path / "a") == history(tmp_path / "b")


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("long_term_forecast", {"top": [True]}),
        ("imputation", {"top": [True], "run_models": ["specar-released"]}),
        (
            "imputation",
            {"protocol": "strict", "training": {"epochs": 3, "batch_size": 16, "precision": "bf16"}},
        ),
        ("short_term_forecast", {"top": [True], "run_models": ["specar-released"]}),
        ("long_term_forecast", {"training": {"epochs": 3, "batch_size": 16, "schedule": "halve"}}),
        ("classification", {"protocol": "strict"}),
        ("anomaly_detection", {}),
    ],
)
def test_interrupted_and_resumed_equals_uninterrupted(
    prepared_folders, make_run, tmp_path, monkeypatch, task, changes
):
    run = make_run(task, **changes)
    whole = train(run, prepared_folders / run.dataset, tmp_path / "whole", EXECUTION)

    save = state_module.save_checkpoint

    def save_and_stop(path, state):
        save(path, state)
        raise KeyboardInterrupt

    for stops in range(3):  # after each epoch, the last one included
        monkeypatch.setattr(state_module, "save_checkpoint", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(run, prepared_folders / run.dataset, tmp_path / "parts", EXECUTION)
        state = checkpoint_of(tmp_path / "parts")
        assert state["progress"]["epoch"] == stops + 1
        assert not (tmp_path / "parts" / "metrics.json").exists()
    monkeypatch.setattr(state_module, "save_checkpoint", save)
    resumed = train(run, prepared_folders / run.dataset, tmp_path / "parts", EXECUTION)
    assert json.dumps(result(resumed)) == json.dumps(result(whole))
    assert history(tmp_path / "parts") == history(tmp_path / "whole")
    assert not (tmp_path / "parts" / "checkpoint.pt").exists()
    source = resumed["provenance"]
    assert len(source["interrupted_processes"]) == 3
    assert source["interrupted_processes"][0]["versions"] == source["versions"]
    assert source["wall_seconds"] >= source["train_seconds"]


def test_a_damaged_checkpoint_starts_again(prepared_folder, make_run, tmp_path, caplog):
    run = make_run("imputation")
    whole = train(run, prepared_folder, tmp_path / "whole", EXECUTION)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "checkpoint.pt").write_bytes(b"PK\x03\x04 half of a file")
    again = train(run, prepared_folder, tmp_path / "again", EXECUTION)
    assert "is damaged" in caplog.text
    assert result(again) == result(whole)


def test_a_checkpoint_of_another_run_is_not_used(prepared_folder, make_run, tmp_path, caplog):
    run, other = make_run("imputation"), make_run("imputation", seeds=[2])
    trainer = make_trainer(other, prepared_folder, tmp_path)
    trainer._save()
    record = train(run, prepared_folder, tmp_path, EXECUTION)
    assert "is of another run, other data, model code or device" in caplog.text
    assert record["training"]["epochs"] == 3


def make_trainer(run, folder, output, model=None):
    from specar.data.prepared import PreparedData

    task = make_task(run, PreparedData.load(folder), CPU)
    return Trainer(
        run, task, model or build_model(run.model.module, run.model.settings, task.shape), CPU, output
    )


def test_training_lowers_the_loss_below_the_floor(prepared_folder, make_run, tmp_path):
    run = make_run("imputation", training={"epochs": 15, "batch_size": 8, "learning_rate": 0.01})
    record = train(run, prepared_folder, tmp_path, EXECUTION)
    losses = [line["train_loss"] for line in history(tmp_path)]
    assert losses[-1] < 0.7 * losses[0]
    task = make_trainer(run, prepared_folder, tmp_path).task
    assert record["metrics"]["mse"] < task.floors()["mean"].metrics["mse"]


def test_the_best_epoch_is_kept_and_patience_stops(prepared_folder, make_run, tmp_path, monkeypatch):
    scores = iter([5.0, 3.0, 4.0, 3.0, 3.5, 3.5, 1.0])
    run = make_run("imputation", training={"epochs": 20, "patience": 2})
    trainer = make_trainer(run, prepared_folder, tmp_path)
    weights = []

    def validate():
        weights.append({name: value.clone() for name, value in trainer.model.state_dict().items()})
        return {"mse": next(scores), "mae": 0.0}

    monkeypatch.setattr(trainer, "validate", validate)
    progress = trainer.fit()
    # the tie in epoch 4 counts as better; epochs 5 and 6 use up the patience
    assert (progress.epoch, progress.best_epoch, progress.best_score) == (6, 4, 3.0)
    for name, value in trainer.model.state_dict().items():
        assert torch.equal(value, weights[3][name])


@pytest.mark.parametrize(("protocol", "sizes"), [("published", {16}), ("strict", {16, 187 % 16})])
def test_only_published_drops_the_last_partial_batch(prepared_folder, make_run, tmp_path, protocol, sizes):
    run = make_run("imputation", protocol=protocol)
    trainer = make_trainer(run, prepared_folder, tmp_path)
    assert trainer.task.count("train") == 187
    first, second = list(trainer._batches()), list(trainer._batches())
    assert {len(batch) for batch in first} == sizes
    seen = torch.cat(first)
    assert len(seen.unique()) == len(seen) == (187 if protocol == "strict" else 176)
    assert not torch.equal(seen, torch.cat(second))


def test_a_train_part_smaller_than_a_batch_still_trains(prepared_folder, make_run, tmp_path):
    run = make_run("imputation", training={"epochs": 1, "batch_size": 1000})
    assert train(run, prepared_folder, tmp_path, EXECUTION)["training"]["epochs"] == 1


@pytest.mark.parametrize("task", ["long_term_forecast", "short_term_forecast", "imputation"])
@pytest.mark.parametrize("model", ["specar", "specar-released"])
def test_top_of_no_weight_changes_nothing(prepared_folders, make_run, tmp_path, task, model):
    """Same initial weights, data order, masks and dropout: what is left of a difference is TOP's."""
    found = []
    for top in (False, True):
        changes = {"run_models": [model], "top": [top], "model": {**SMALL, "dropout": 0.5, "top_weight": 0}}
        run = make_run(task, **changes)
        train(run, prepared_folders / run.dataset, tmp_path / str(top), EXECUTION)
        found.append(history(tmp_path / str(top)))
    assert [line["val"] for line in found[0]] == [line["val"] for line in found[1]]
    if model == "specar-released":  # the paper's loss has a term without the weight, of the head alone
        assert found[0] == found[1]


def test_models_and_top_are_compared_on_the_same_data_order(prepared_folder, make_run, tmp_path):
    variants = [{}, {"top": [True]}, {"run_models": ["specar-released"]}]
    orders = [
        torch.cat(list(make_trainer(make_run("imputation", **change), prepared_folder, tmp_path)._batches()))
        for change in variants
    ]
    assert torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0], orders[2])
    other_seed = make_trainer(make_run("imputation", seeds=[2]), prepared_folder, tmp_path)
    assert not torch.equal(orders[0], torch.cat(list(other_seed._batches())))


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(math.nan))

    def forward(self, x, *_, **__):
        return ModelOutput(x * self.weight, None)


@pytest.mark.parametrize(("schedule", "shares"), [("constant", [1, 1, 1]), ("halve", [1, 1 / 2, 1 / 4])])
def test_the_learning_rate_follows_its_schedule(prepared_folder, make_run, tmp_path, schedule, shares):
    settings = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01}
    run = make_run("imputation", training={**settings, "schedule": schedule})
    trainer, rates = make_trainer(run, prepared_folder, tmp_path), []
    step = trainer.state.optimizer.step

    def noted():
        rates.append(trainer.state.optimizer.param_groups[0]["lr"])
        step()

    trainer.state.optimizer.step = noted
    trainer.fit()
    assert rates == [0.01 * share for share in shares for _ in range(11)]
    assert (run_id(run) == run_id(make_run("imputation", training=settings))) == (schedule == "constant")


def test_a_loss_that_is_not_finite_stops_the_run(prepared_folder, make_run, tmp_path):
    trainer = make_trainer(make_run("imputation"), prepared_folder, tmp_path, Broken())
    with pytest.raises(
        NotFinite, match=r"training loss became nan in epoch 1; lower training\.learning_rate"
    ):
        trainer.fit()
    assert not list(tmp_path.iterdir())


def breaking_a_weight(trainer, step, stop=False):
    """Let a weight become NaN in a step of the optimizer, and optionally a signal arrive with it."""
    optimize, left = trainer.state.optimizer.step, [step]

    def broken():
        optimize()
        left[0] -= 1
        if left[0] == 0:
            next(trainer.model.parameters()).data.flatten()[0] = math.nan
            if stop:
                signal.raise_signal(signal.SIGTERM)

    trainer.state.optimizer.step = broken


@pytest.mark.parametrize("stop", [False, True])
def test_broken_weights_are_never_gone_on_from(prepared_folders, make_run, tmp_path, caplog, stop):
    """Not even where no number tells: NaN classifies as well as anything, and the last loss was good."""
    caplog.set_level(logging.INFO)
    run = make_run("classification", training={"epochs": 3, "batch_size": 6})
    folder = prepared_folders / run.dataset
    torch.manual_seed(0)
    (whole := make_trainer(run, folder, tmp_path / "whole")).fit()
    torch.manual_seed(0)
    trainer = make_trainer(run, folder, tmp_path / "parts")
    assert trainer.task.count("train") == 18
    breaking_a_weight(
        trainer, 4 if stop else 6, stop
    )  # with a signal in the first step of epoch 2, or its last
    with pytest.raises(NotFinite, match="a weight became nan in epoch 2; lower"):
        trainer.fit()
    state = checkpoint_of(tmp_path / "parts")
    assert (state["progress"]["epoch"], state["progress"]["part"]) == (1, None)
    assert all(value.isfinite().all() for value in state["model"].values())
    (again := make_trainer(run, folder, tmp_path / "parts")).fit()
    assert "resuming after epoch 1" in caplog.text
    assert history(tmp_path / "parts") == history(tmp_path / "whole")
    for one, other in zip(again.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_loss_that_is_not_finite_is_not_saved_by_a_signal(prepared_folder, make_run, tmp_path):
    trainer = make_trainer(make_run("imputation"), prepared_folder, tmp_path)
    breaking_a_weight(trainer, 2)
    trainer.model.register_forward_pre_hook(signal_at(4))
    with pytest.raises(NotFinite, match="training loss became nan in epoch 1"):
        trainer.fit()
    assert not list(tmp_path.iterdir())


def signal_at(number):
    calls = []

    def send(model, inputs):
        calls.append(1)
        if len(calls) == number:
            signal.raise_signal(signal.SIGTERM)

    return send


def test_a_checkpoint_of_an_older_format_is_not_used(prepared_folder, make_run, tmp_path, caplog):
    trainer = make_trainer(make_run("imputation"), prepared_folder, tmp_path)
    trainer.identity = {**trainer.identity, "format": 1}
    trainer._save()
    assert make_trainer(make_run("imputation"), prepared_folder, tmp_path).fit().epoch == 3
    assert "starting again" in caplog.text


def test_the_history_says_how_much_memory_was_taken(prepared_folder, make_run, tmp_path):
    progress = make_trainer(make_run("imputation"), prepared_folder, tmp_path).fit()
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    peaks = [line["peak_memory_bytes"] for line in lines]
    assert peaks == sorted(peaks)
    assert 50e6 < peaks[-1] <= progress.peak_memory_bytes


def test_the_record_says_where_its_numbers_come_from(prepared_folder, make_run, tmp_path, data):
    run = make_run("long_term_forecast", top=[True])
    record = train(run, prepared_folder, tmp_path, Execution(device="cpu", threads=1, keep_weights=True))
    assert record["run_id"] == run_id(run)
    assert record["config"] == json.loads(run.model_dump_json())
    assert record["data"]["sha256"] == data.sha256
    assert record["examples"] == {"train": 175, "val": 19, "test": 49}
    source = record["provenance"]
    assert source["versions"]["torch"] == torch.__version__
    assert source["device"]["type"] == "cpu"
    assert source["wall_seconds"] >= source["train_seconds"] > 0
    assert source["peak_memory_bytes"] > 50e6
    weights = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert sum(value.numel() for value in weights.values()) == record["parameters"]["total"]
    # F = 3: the off-centre taps along frequency of the branch with dilation 3 only meet padding
    assert record["parameters"]["total"] - record["parameters"]["used"] == 2 * 4 * 4 * 6


def test_parameters_that_the_loss_does_not_reach_are_not_used(prepared_folder, make_run, tmp_path):
    class Spare(Broken):
        def __init__(self):
            super().__init__()
            self.weight.data.fill_(1.0)
            self.spare = nn.Linear(3, 3)

        def forward(self, x, *_, **__):
            return ModelOutput(x + self.weight, None)

    trainer = make_trainer(make_run("imputation"), prepared_folder, tmp_path, Spare())
    assert trainer.used_parameters() == 1


@pytest.mark.parametrize("task", TASKS)
def test_bf16_trains_and_evaluates(prepared_folders, make_run, tmp_path, task):
    losses = []
    for precision in ("fp32", "bf16"):
        run = make_run(task, training={"epochs": 3, "precision": precision})
        train(run, prepared_folders / run.dataset, tmp_path / precision, EXECUTION)
        losses.append(history(tmp_path / precision)[-1]["train_loss"])
    exact, mixed = losses
    assert exact != mixed
    assert mixed == pytest.approx(exact, rel=0.05)


def test_a_precision_that_the_device_does_not_have(prepared_folder, make_run, tmp_path):
    run = make_run("imputation", training={"precision": "tf32"})
    with pytest.raises(SpecarError, match="tf32 needs a GPU"):
        train(run, prepared_folder, tmp_path / "run", EXECUTION)
    assert not (tmp_path / "run" / "history.jsonl").exists()


def test_data_prepared_from_another_registry_entry_is_refused(prepared_folder, make_run, tmp_path):
    run = make_run("imputation")
    changed = run.model_copy(update={"data": {**run.data, "seasonality": 7}})
    with pytest.raises(SpecarError, match="another version of its registry entry"):
        train(changed, prepared_folder, tmp_path, EXECUTION)


def test_a_horizon_longer_than_the_part_is_refused(prepared_folder, make_run, tmp_path):
    run = make_run("long_term_forecast").model_copy(update={"horizon": 40})
    with pytest.raises(SpecarError, match=r"Small has no val example of 24 \+ 40 rows"):
        train(run, prepared_folder, tmp_path, EXECUTION)


def test_one_line_per_epoch_in_the_log(prepared_folder, make_run, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train(make_run("imputation"), prepared_folder, tmp_path, EXECUTION)
    assert sum("train loss" in message for message in caplog.messages) == 3


def test_a_run_that_is_done_is_not_trained_again(prepared_folder, make_run, tmp_path, caplog):
    run = make_run("imputation")
    caplog.set_level(logging.INFO)
    first = train(run, prepared_folder, tmp_path, EXECUTION)
    assert train(run, prepared_folder, tmp_path, EXECUTION) == json.loads(json.dumps(first))
    assert "is done already" in caplog.text


def test_evaluation_is_without_dropout_and_repeatable(prepared_folder, make_run, tmp_path):
    run = make_run("imputation", model={"d_model": 4, "dropout": 0.5, "window_length": 4})
    trainer = make_trainer(run, prepared_folder, tmp_path)
    trainer.model.train()
    assert trainer.test() == trainer.test()


def test_one_step_is_adams(prepared_folder, make_run, tmp_path):
    run = make_run("imputation", training={"epochs": 1, "batch_size": 1000, "learning_rate": 0.125})
    trainer = make_trainer(run, prepared_folder, tmp_path)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer._train()
    # The first step of Adam moves every weight by the learning rate against the sign of its gradient.
    for name, parameter in trainer.model.named_parameters():
        moved = parameter.detach() - before[name]
        large = parameter.grad.abs() > 1e-5
        expected = -0.125 * parameter.grad.sign()
        torch.testing.assert_close(moved[large], expected[large], rtol=2e-3, atol=0)


def test_accuracy_selects_the_highest(prepared_folders, make_run, tmp_path, monkeypatch):
    scores = iter([0.3, 0.8, 0.5])
    run = make_run("classification")
    trainer = make_trainer(run, prepared_folders / run.dataset, tmp_path)
    monkeypatch.setattr(trainer, "validate", lambda: {"accuracy": next(scores)})
    assert trainer.fit().best_epoch == 2


def test_gradients_are_clipped(prepared_folders, make_run, tmp_path):
    norms = {}
    for limit in (None, 1e-3):
        run = make_run("classification", training={"epochs": 1, "batch_size": 100, "clip_norm": limit})
        trainer = make_trainer(run, prepared_folders / run.dataset, tmp_path)
        trainer._train()
        norms[limit] = torch.cat([p.grad.flatten() for p in trainer.model.parameters()]).norm().item()
    assert norms[None] > 1e-2
    assert norms[1e-3] == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize(
    ("task", "model", "expected"),
    [
        ("imputation", {}, [slice(0, 24)]),
        ("long_term_forecast", {}, [slice(24, None)]),
        ("short_term_forecast", {}, [slice(0, 8), slice(8, None)]),
        ("short_term_forecast", {"top_segments": ["input"]}, [slice(0, 8)]),
        ("short_term_forecast", {"top_from_epoch": 2}, []),
    ],
)
def test_top_loss_is_added_over_the_segments(
    prepared_folders, make_run, tmp_path, monkeypatch, task, model, expected
):
    small = {"d_model": 4, "conv_layers": 2, "window_length": 4}
    run = make_run(task, top=[True], run_models=["specar-released"], model={**small, **model})
    trainer = make_trainer(run, prepared_folders / run.dataset, tmp_path)
    seen = []

    def order_loss(values, segments, share):
        assert share == 1
        seen.extend(segments)
        return torch.tensor(1000.0)

    monkeypatch.setattr(trainer.model, "order_loss", order_loss)
    trainer.model.eval()
    trainer.progress.epoch = 1
    batch = trainer.task.draw(torch.arange(2), torch.Generator().manual_seed(0))
    with_top = trainer.objective.backward(batch)
    without, _ = trainer.task.loss(trainer.model, batch)
    assert seen == expected
    assert with_top.item() - without.item() == pytest.approx(1000 if expected else 0, rel=1e-3)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    script = (
        "import resource, signal, sys, torch\n"
        "from pathlib import Path\n"
        "from specar.base.errors import SpecarError\n"
        "from specar.training.checkpoint import save_torch\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        "    save_torch(Path(sys.argv[1]) / 'big.pt', torch.zeros(100_000))\n"
        "except SpecarError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"cannot write {tmp_path}/big.pt: ")
    assert done.stdout.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_terminal_is_told_now_and_then_how_far_a_run_is(
    prepared_folders, make_run, tmp_path, capsys, monkeypatch
):
    run = make_run("imputation")
    train(run, prepared_folders / run.dataset, tmp_path / "short", EXECUTION)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("specar.training.trainer._FIRST_WORD", 0)
    monkeypatch.setattr("specar.training.trainer._EVERY", 0)
    train(run, prepared_folders / run.dataset, tmp_path / "told", EXECUTION)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"{re.escape(run_id(run))}: epoch 1 of at most 3, \d:\d\d:\d\d left or less", first)
    assert "epoch 3 of at most 3, 0:00:00 left" in last
