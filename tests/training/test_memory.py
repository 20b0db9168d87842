"""Lack of memory: real failures of the allocator, and runs that get through nevertheless."""

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import weakref

import numpy as np
import pytest
import torch

from specar.base.errors import Interrupted, OutOfMemory
from specar.config import run_id
from specar.training.memory import explained, is_out_of_memory, with_less_memory

# More bytes than a process can address: the allocator says no, whatever the machine.
TOO_MUCH = 1 << 60
MODEL = {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4, "dropout": 0.0}


def allocate_too_much():
    torch.empty(TOO_MUCH, dtype=torch.uint8)


class Limit:
    """Lets at most some examples fit into memory, in training or in evaluation."""

    def __init__(self, training, examples):
        self.training, self.examples, self.sizes = training, examples, []

    def __call__(self, model, inputs):
        if model.training == self.training:
            self.sizes.append(len(inputs[0]))
            if len(inputs[0]) > self.examples:
                allocate_too_much()


def of_torch():
    allocate_too_much()


def of_numpy():
    np.empty(TOO_MUCH, dtype=np.uint8)


def of_python():
    bytearray(TOO_MUCH)


@pytest.mark.parametrize("allocate", [of_torch, of_numpy, of_python])
def test_failures_of_allocators_are_recognised(allocate):
    with pytest.raises((RuntimeError, MemoryError)) as caught:
        allocate()
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (OSError("not enough memory"), False),
    ],
)
def test_what_else_says_that_memory_does_not_suffice(error, expected):
    assert is_out_of_memory(error) == expected


def test_what_a_failed_attempt_held_is_free_before_the_next():
    held = []

    def compute():
        if held:
            return "done"
        tensor = torch.zeros(10, requires_grad=True)
        product = (tensor * 2).sum()
        held.extend([weakref.ref(tensor), weakref.ref(product)])
        allocate_too_much()

    def reduce():
        assert [one() for one in held] == [None, None]
        return True

    gc.disable()
    try:
        assert with_less_memory(compute, reduce) == "done"
    finally:
        gc.enable()


def test_other_errors_are_not_tried_again():
    calls = []

    def compute():
        calls.append(1)
        raise RuntimeError("shapes")

    with pytest.raises(RuntimeError, match="shapes"):
        with_less_memory(compute, lambda: True)
    assert len(calls) == 1


@pytest.mark.parametrize("allocate", [of_torch, of_numpy])
def test_lack_of_memory_is_one_line(allocate):
    line = r"^preparing: out of memory.*; take less$"
    with pytest.raises(OutOfMemory, match=line) as caught, explained("preparing", "take less"):
        allocate()
    assert "\n" not in str(caught.value)


TASKS = ["long_term_forecast", "short_term_forecast", "imputation", "classification", "anomaly_detection"]


@pytest.mark.parametrize("task", TASKS)
def test_batches_that_do_not_fit_are_split_and_give_the_same_run(
    make_small_trainer, make_run, read_history, tmp_path, caplog, task
):
    run = make_run(task, model=MODEL, training={"epochs": 2, "batch_size": 10})
    whole = make_small_trainer(run, tmp_path / "whole")
    whole.fit()
    limit = Limit(True, 3)
    trainer = make_small_trainer(run, tmp_path / "split", limit)
    progress = trainer.fit()
    assert (whole.progress.micro_batches, progress.micro_batches) == (1, 4)
    assert limit.sizes[:6] == [10, 5, 3, 3, 3, 1]
    assert max(limit.sizes[2:]) == 3  # it stays so
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"out of memory: batches are done in {number} micro-batches" for number in (2, 4)]
    for line, expected in zip(
        read_history(tmp_path / "split"), read_history(tmp_path / "whole"), strict=True
    ):
        assert line["train_loss"] == pytest.approx(expected["train_loss"], rel=1e-4)
        assert line["val"] == pytest.approx(expected["val"], rel=1e-3)
    assert trainer.test().metrics == pytest.approx(whole.test().metrics, rel=1e-3)


def test_a_retry_has_the_gradient_and_the_dropout_as_if_it_had_been_split_from_the_start(
    make_small_trainer, make_run, tmp_path
):
    run = make_run("imputation", model={**MODEL, "dropout": 0.5})
    states = []
    for failing in (False, True):
        trainer = make_small_trainer(run, tmp_path)
        failures = []

        def fail_in_backward(module, inputs, output, failures=failures):
            def fail(gradient):
                if len(gradient) > 4:
                    failures.append(len(gradient))
                    allocate_too_much()

            output.register_hook(fail)

        if failing:  # where the gradients of the head are there already
            trainer.model.embedding.register_forward_hook(fail_in_backward)
        else:
            trainer.progress.micro_batches = 4
        trainer.progress.epoch = 1
        torch.manual_seed(5)
        loss = trainer.objective.backward(trainer.task.draw(torch.arange(16), trainer.state.noise))
        gradients = [p.grad for p in trainer.model.parameters()]
        generators = [torch.get_rng_state(), trainer.state.noise.get_state()]
        states.append([loss, *gradients, *generators])
        assert failures == ([16, 8] if failing else [])
    for one, other in zip(*states, strict=True):
        assert torch.equal(one, other)


def test_a_resumed_run_goes_on_in_micro_batches(make_small_trainer, make_run, read_history, tmp_path):
    run = make_run("imputation", training={"epochs": 2, "batch_size": 16})
    whole = make_small_trainer(run, tmp_path / "whole", Limit(True, 4))
    whole.fit()
    trainer = make_small_trainer(run, tmp_path / "parts", Limit(True, 4))
    trainer.model.register_forward_pre_hook(stop_at(20))
    with pytest.raises(Interrupted):
        trainer.fit()
    limit = Limit(True, 4)
    trainer = make_small_trainer(run, tmp_path / "parts", limit)
    trainer.fit()
    assert max(limit.sizes) == 4
    assert read_history(tmp_path / "parts") == read_history(tmp_path / "whole")
    for one, other in zip(trainer.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(one, other)


def stop_at(number):
    calls = []

    def stop(model, inputs):
        calls.append(1)
        if len(calls) == number:
            signal.raise_signal(signal.SIGTERM)

    return stop


@pytest.mark.parametrize("size", [1, 6])
def test_a_single_example_that_does_not_fit_is_one_line(make_small_trainer, make_run, tmp_path, size):
    run = make_run("imputation", training={"epochs": 1, "batch_size": size})
    limit = Limit(True, 0)
    with pytest.raises(
        OutOfMemory, match=rf"^run {run_id(run)} on cpu: out of memory \(even for a single example\); .*"
        rf"training\.batch_size \({size}\).*model\.d_model.*execution\.device"
    ) as caught:  # fmt: skip
        make_small_trainer(run, tmp_path, limit).fit()
    assert "\n" not in str(caught.value)
    assert limit.sizes == ([1] if size == 1 else [6, 3, 2, 1])
    assert not list(tmp_path.iterdir())


def test_lack_of_memory_in_the_optimizer_is_one_line(make_small_trainer, make_run, tmp_path, monkeypatch):
    trainer = make_small_trainer(make_run("imputation"), tmp_path)
    monkeypatch.setattr(trainer.state.optimizer, "step", allocate_too_much)
    with pytest.raises(OutOfMemory, match=r"on cpu: out of memory; lower training\.batch_size"):
        trainer.fit()


@pytest.mark.parametrize("task", TASKS)
def test_evaluation_that_does_not_fit_is_done_in_smaller_batches(
    make_small_trainer, make_run, tmp_path, caplog, task
):
    run = make_run(task, training={"epochs": 1, "batch_size": 16})
    whole = make_small_trainer(run, tmp_path / "whole")
    whole.fit()
    trainer = make_small_trainer(run, tmp_path / "small", Limit(False, 5))
    progress = trainer.fit()
    assert trainer.task.eval_batch_size == progress.eval_batch_size == 4
    assert "out of memory in the validation of epoch 1: batches of 4 examples" in caplog.text
    assert progress.history[0]["val"] == pytest.approx(whole.progress.history[0]["val"], rel=1e-5)
    assert trainer.test().metrics == pytest.approx(whole.test().metrics, rel=1e-4)


def test_a_resumed_run_evaluates_in_the_batches_that_fitted(make_small_trainer, make_run, tmp_path):
    run = make_run("imputation")
    make_small_trainer(run, tmp_path, Limit(False, 5)).fit()
    limit = Limit(False, 5)
    trainer = make_small_trainer(run, tmp_path, limit)
    trainer.fit()
    trainer.test()
    assert set(limit.sizes) == {4, 1}  # of 61 test windows the last alone


def test_an_evaluation_of_single_examples_that_does_not_fit_is_one_line(
    make_small_trainer, make_run, tmp_path
):
    trainer = make_small_trainer(make_run("imputation"), tmp_path, limit := Limit(False, 0))
    with pytest.raises(OutOfMemory, match="even for a single example"):
        trainer.test()
    assert limit.sizes[-1] == 1


def test_parameters_are_counted_in_micro_batches_where_need_be(make_small_trainer, make_run, tmp_path):
    run = make_run("imputation", model=MODEL)
    trainer = make_small_trainer(run, tmp_path, limit := Limit(True, 4))
    assert trainer.used_parameters() == make_small_trainer(run, tmp_path).used_parameters()
    assert max(limit.sizes) == 16
    assert trainer.progress.micro_batches == 1  # of training, which had enough


PROGRAM = """
import json, os, resource, sys
from pathlib import Path
import torch
from torch import nn
from specar.config import RunConfig
from specar.data.prepared import PreparedData
from specar.base.errors import OutOfMemory
from specar.models.base import ModelOutput
from specar.tasks import make_task
from specar.training.trainer import Trainer

class Hungry(nn.Module):  # 4 MB per example are kept for the gradient
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))
    def forward(self, x, *_, **__):
        wide = x.mean(dim=(1, 2), keepdim=True).expand(-1, 1, 1 << 18).contiguous()
        for _ in range(4):
            wide = wide * self.weight
        return ModelOutput(x * wide.mean(dim=2, keepdim=True), None)

def fit(folder):
    task = make_task(run, PreparedData.load(Path(data)), torch.device("cpu"), eval_batch_size=16)
    trainer = Trainer(run, task, Hungry(), torch.device("cpu"), Path(folder))
    progress = trainer.fit()
    trainer.test()
    return progress.micro_batches, task.eval_batch_size, progress.history[0]["train_loss"]

run, data, folder = sys.argv[1:]
run = RunConfig(**json.loads(run))
torch.set_num_threads(1)
results = [fit(folder + "/whole")]
used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
for limit in (25_000_000, 2_500_000):
    resource.setrlimit(resource.RLIMIT_AS, (used + limit, resource.RLIM_INFINITY))
    try:
        results.append(fit(folder + str(limit)))
    except OutOfMemory as error:
        results.append(str(error))
print(json.dumps(results))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space, which /proc tells")
def test_a_process_with_little_memory_gets_through(prepared_folder, make_run, tmp_path):
    run = make_run("long_term_forecast", training={"epochs": 1, "batch_size": 16})
    run = run.model_copy(update={"horizon": 24})  # so that the output has the shape of the input
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, run.model_dump_json(), str(prepared_folder), str(tmp_path)],
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"},  # what is freed goes back to the system
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (*fits, loss), (micro_batches, eval_batch_size, limited_loss), error = json.loads(done.stdout)
    assert fits == [1, 16]
    assert micro_batches in (2, 4, 8)
    assert eval_batch_size in (4, 8)
    assert limited_loss == pytest.approx(loss, rel=1e-5)
    assert error.startswith(f"run {run_id(run)} on cpu: out of memory (even for a single example); lower")
