"""Signals: a run that was stopped anywhere ends like one that never was."""

import json
import logging
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch
import yaml

from specar.base.errors import Interrupted
from specar.cli import main
from specar.config import Execution, run_id
from specar.runs.train import train
from specar.training import checkpoint
from specar.training.interrupts import Interrupts, Stop

SIGTERM, SIGINT = signal.SIGTERM, signal.SIGINT


class Signals:
    """Sends signals to this process when the model is called the n-th time in training or in evaluation."""

    def __init__(self, training, number, *signals):
        self.training, self.number, self.signals = training, number, signals or (SIGTERM,)

    def __call__(self, model, inputs):
        if model.training == self.training:
            self.number -= 1
            if self.number == 0:
                for one in self.signals:
                    signal.raise_signal(one)


@pytest.fixture(autouse=True)
def _default_handlers():
    """Whatever started the tests may ignore SIGINT, as shells do for what runs in the background."""
    before = {number: signal.getsignal(number) for number in (SIGTERM, SIGINT)}
    signal.signal(SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def ended(trainer):
    """Whatever a run gives."""
    trainer.fit()
    evaluation, used = trainer.test(), trainer.used_parameters()
    weights = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    return weights, evaluation, used, trainer.progress


def assert_same(one, other):
    for name, value in one[0].items():
        assert torch.equal(value, other[0][name]), name
    assert one[1:3] == other[1:3]
    for key in ("epoch", "best_epoch", "best_score", "micro_batches"):
        assert getattr(one[3], key) == getattr(other[3], key)


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("long_term_forecast", {"top": [True]}),
        ("imputation", {"top": [True], "run_models": ["specar-released"]}),
        ("imputation", {"training": {"epochs": 3, "batch_size": 16, "precision": "bf16"}}),
        ("short_term_forecast", {"top": [True], "training": {"epochs": 3, "batch_size": 2}}),
        ("classification", {"protocol": "strict", "training": {"epochs": 3, "batch_size": 2}}),
        ("anomaly_detection", {}),
    ],
)
def test_stopped_at_many_places_and_resumed_equals_uninterrupted(
    make_small_trainer, make_run, read_history, tmp_path, task, changes
):
    run = make_run(task, **changes)
    whole = ended(make_small_trainer(run, tmp_path / "whole"))
    steps = len(list(make_small_trainer(run, tmp_path / "no output")._batches()))
    stops = [  # each counted from where the one before it has stopped
        (Signals(True, 3), "in epoch 1 after step 3;"),
        (Signals(True, 1, SIGINT), "in epoch 1 after step 4;"),
        (Signals(True, steps - 4), f"in epoch 1 after step {steps};"),
        (Signals(False, 1), "in the validation of epoch 1;"),
        (Signals(False, 1, SIGTERM, SIGINT, SIGTERM), "in the validation of epoch 1;"),
        (Signals(True, steps + 2), "in epoch 3 after step 2;"),
    ]
    for hook, where in stops:
        with pytest.raises(
            Interrupted, match=f"stopped by {hook.signals[0].name} {where} the same"
        ) as caught:
            make_small_trainer(run, tmp_path / "parts", hook).fit()
        assert caught.value.signal == hook.signals[0]
        assert "\n" not in str(caught.value)
    last = make_small_trainer(run, tmp_path / "parts")
    last.fit()
    last.model.register_forward_pre_hook(Signals(False, 1))
    with pytest.raises(Interrupted, match="in the test evaluation;"):
        last.test()
    last = make_small_trainer(run, tmp_path / "parts")
    last.fit()
    last.model.register_forward_pre_hook(Signals(True, 1))
    with pytest.raises(Interrupted, match="after the test evaluation;"):
        last.used_parameters()
    resumed = ended(make_small_trainer(run, tmp_path / "parts"))
    assert_same(resumed, whole)
    assert read_history(tmp_path / "parts") == read_history(tmp_path / "whole")
    assert len(resumed[3].processes) == len(stops) + 3


def test_every_step_may_be_the_last(make_small_trainer, make_run, read_history, tmp_path):
    run = make_run("imputation", training={"epochs": 2, "batch_size": 64})
    whole = ended(make_small_trainer(run, tmp_path / "whole"))
    for epoch, step in ((1, 1), (1, 2), (2, 1), (2, 2)):
        with pytest.raises(Interrupted, match=f"in epoch {epoch} after step {step};"):
            make_small_trainer(run, tmp_path / "parts", Signals(True, 1)).fit()
    assert_same(ended(make_small_trainer(run, tmp_path / "parts")), whole)
    assert read_history(tmp_path / "parts") == read_history(tmp_path / "whole")


@pytest.mark.parametrize("first", [None, SIGTERM])
def test_signals_while_a_checkpoint_is_written(
    make_small_trainer, make_run, read_history, tmp_path, monkeypatch, caplog, first
):
    """The first signal of all, or the second, after one in step 2 of epoch 1."""
    caplog.set_level(logging.INFO)
    run = make_run("imputation")
    whole = ended(make_small_trainer(run, tmp_path / "whole"))
    save = torch.save

    def save_under_fire(value, path):
        signal.raise_signal(SIGINT)
        save(value, path)
        signal.raise_signal(SIGTERM)

    monkeypatch.setattr(checkpoint.torch, "save", save_under_fire)
    where = "SIGINT after epoch 1;" if first is None else "SIGTERM in epoch 1 after step 2;"
    with pytest.raises(Interrupted, match=where):
        make_small_trainer(run, tmp_path / "parts", first and Signals(True, 2)).fit()
    monkeypatch.undo()
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == (
        ["checkpoint.pt", "history.jsonl"] if first is None else ["checkpoint.pt"]
    )
    resumed = ended(make_small_trainer(run, tmp_path / "parts"))
    assert ("resuming after epoch 1" if first is None else "resuming in epoch 1 after step 2") in caplog.text
    assert_same(resumed, whole)
    assert read_history(tmp_path / "parts") == read_history(tmp_path / "whole")


def test_time_is_counted_over_all_processes(make_small_trainer, make_run, tmp_path):
    run = make_run("imputation", training={"epochs": 1, "batch_size": 64})

    def slow(model, inputs):
        time.sleep(0.3)

    for hook in (Signals(True, 1), Signals(False, 1)):
        trainer = make_small_trainer(run, tmp_path, slow)
        trainer.model.register_forward_pre_hook(hook)
        with pytest.raises(Interrupted):
            trainer.fit()
    trainer = make_small_trainer(run, tmp_path)
    progress = trainer.fit()
    # 0.3 s in the first step, in the second, and in the validation that was broken off
    assert progress.train_seconds == progress.history[0]["seconds"] >= 0.9
    assert progress.train_seconds <= progress.wall_seconds <= trainer.wall_seconds() < 5


def test_the_handlers_are_those_of_before(make_small_trainer, make_run, tmp_path):
    signal.signal(SIGTERM, handler := lambda *_: None)
    trainer = make_small_trainer(make_run("imputation", training={"epochs": 1, "batch_size": 64}), tmp_path)
    trainer.fit()
    trainer.test()
    assert (signal.getsignal(SIGTERM), signal.getsignal(SIGINT)) == (handler, signal.default_int_handler)
    trainer.model.register_forward_pre_hook(Signals(False, 1, SIGINT))
    with pytest.raises(Interrupted):
        trainer.test()
    assert (signal.getsignal(SIGTERM), signal.getsignal(SIGINT)) == (handler, signal.default_int_handler)


def test_an_ignored_signal_stays_ignored():
    signal.signal(SIGINT, signal.SIG_IGN)
    with Interrupts() as interrupts, interrupts.at_once():
        signal.raise_signal(SIGINT)
    assert interrupts.received is None


def test_outside_of_the_main_thread_there_are_no_handlers():
    seen = []

    def work():
        with Interrupts():
            seen.append(signal.getsignal(SIGTERM))

    before = signal.getsignal(SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_is_not_lost_where_python_swallows_exceptions():
    class Finalized:
        def __del__(self):
            signal.raise_signal(SIGTERM)

    after = []

    def work():
        Finalized()
        after.append("reached, since Python only prints what a finalizer raises")

    with Interrupts() as interrupts:
        with pytest.raises(Stop), interrupts.at_once():
            work()
        assert after
        assert interrupts.received == SIGTERM


# Says "here" and waits when the model is called the n-th time in training ("True") or in evaluation.
PROGRAM = """
import sys, time
from specar.cli import main
from specar.models.specar.net import SpecARNet
training, number, seconds, *arguments = sys.argv[1:]
forward, calls = SpecARNet.forward, []
def waiting(model, *inputs, **named):
    if str(model.training) == training:
        calls.append(1)
        if len(calls) == int(number):
            print("here", flush=True)
            time.sleep(float(seconds))
    return forward(model, *inputs, **named)
SpecARNet.forward = waiting
status = main(arguments)
print(*[name for name in ("torch._dynamo", "pandas", "sklearn", "matplotlib") if name in sys.modules])
sys.exit(status)
"""


def test_a_process_is_stopped_in_an_epoch_and_in_validation(
    prepared_folders, make_run, read_history, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    run, execution = make_run("imputation", top=[True]), Execution(device="cpu", threads=1)
    whole = train(run, prepared_folders / "Small", tmp_path / "whole", execution)
    values = {"results": str(tmp_path), "data": {"dir": str(tmp_path)}, "execution": execution.model_dump()}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(run.model_dump(mode="json")))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(values))
    (tmp_path / "prepared").symlink_to(prepared_folders)
    folder = tmp_path / "runs" / run_id(run)
    train_run = ["train", str(tmp_path / "run.yaml"), "--config", str(tmp_path / "config.yaml")]
    for number, waits, seconds, where in (
        (SIGTERM, ("True", "15"), 0.5, "in epoch 2 after step 4;"),
        (SIGTERM, ("False", "1"), 600, "in the validation of epoch 2;"),
        (SIGINT, ("False", "3"), 600, "in the test evaluation;"),
    ):
        command = [sys.executable, "-c", PROGRAM, *waits, str(seconds), *train_run]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "here\n", process.communicate()[1]
        process.send_signal(number)
        imported, errors = process.communicate(timeout=100)  # far less than what it would have waited
        assert imported == "\n"  # each would take longer than all else before the first step
        assert process.returncode not in (0, -number)
        assert f"stopped by {number.name} {where}" in errors.splitlines()[-1]
        assert (folder / "checkpoint.pt").exists()
        assert not (folder / "metrics.json").exists()
    assert main(train_run) == 0
    assert "resuming after epoch 3" in caplog.text
    record = json.loads((folder / "metrics.json").read_text())
    for key in ("metrics", "details", "training", "parameters"):
        assert record[key] == json.loads(json.dumps(whole[key]))
    assert read_history(folder) == read_history(tmp_path / "whole")
    assert len(record["provenance"]["interrupted_processes"]) == 3
