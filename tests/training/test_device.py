"""Which device a run computes on, with and without a leased GPU. torch's view of the GPUs is made up."""

import ctypes
import os

import pytest
import torch

from specar.base.errors import SpecarError
from specar.config import Execution
from specar.runs import provenance
from specar.training import device as module
from specar.training.device import configure, keep_freed_memory, select_device
from specar.training.gpu import Lease

ONE = Lease("3", "cuda", "GPU 3 (of 3), slot 0")
SECOND = Lease("5", "cuda:1", "GPU 5 (of 2, 5 in CUDA_VISIBLE_DEVICES), slot 0")
UNKNOWN = Lease(None, "auto", "no GPU leased: nvidia-smi lists none")
HIDDEN = Lease(None, "cpu", "no GPU: CUDA_VISIBLE_DEVICES is ''")


@pytest.fixture
def gpus(monkeypatch):
    """Return a function that says how many GPUs torch sees."""

    def see(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return see


@pytest.mark.parametrize(
    ("wanted", "lease", "seen", "device"),
    [
        ("auto", None, 0, "cpu"),
        ("auto", None, 1, "cuda"),
        ("cuda", None, 1, "cuda"),
        ("cpu", None, 1, "cpu"),
        ("auto", ONE, 1, "cuda"),
        ("cuda", SECOND, 2, "cuda:1"),
        ("auto", HIDDEN, 0, "cpu"),
        ("auto", UNKNOWN, 0, "cpu"),
    ],
)
def test_the_device_of_a_run(gpus, caplog, wanted, lease, seen, device):
    gpus(seen)
    assert select_device(wanted, lease) == torch.device(device)
    assert caplog.messages == []


@pytest.mark.parametrize(("lease", "seen"), [(ONE, 0), (SECOND, 1)])
def test_a_leased_gpu_that_torch_does_not_see(gpus, caplog, monkeypatch, lease, seen):
    gpus(seen)
    monkeypatch.setattr(torch.version, "cuda", None)
    assert select_device("auto", lease) == torch.device("cpu")
    (message,) = caplog.messages
    assert message == (
        f"no GPU visible to torch (it is built without CUDA) although GPU {lease.id} is leased: "
        "training on the CPU; set execution.device: cuda to refuse"
    )
    with pytest.raises(SpecarError, match=f"execution.device is cuda, but torch .*sees {seen} GPUs"):
        select_device("cuda", lease)


def test_a_gpu_that_was_not_leased_may_be_shared(gpus, caplog):
    gpus(2)
    assert select_device("auto", UNKNOWN) == torch.device("cuda")
    assert "runs at once share the first GPU: set execution.gpus" in caplog.text


def test_a_gpu_that_is_wanted_and_not_there(gpus):
    gpus(0)
    with pytest.raises(SpecarError, match=r"sees 0 GPUs; set execution\.device to auto or cpu"):
        configure(Execution(device="cuda"), "fp32")


def test_freed_memory_is_kept_where_the_allocator_can(monkeypatch, caplog):
    caplog.set_level("DEBUG")
    asked = []
    libc = type("Libc", (), {"mallopt": lambda self, option, value: asked.append((option, value)) or 1})
    monkeypatch.setattr(ctypes, "CDLL", lambda name: libc())
    monkeypatch.setattr(os, "confstr", lambda name: "glibc 2.36")
    assert keep_freed_memory()
    assert asked == [(-3, 32 << 20), (-1, -1)]
    monkeypatch.setattr(os, "confstr", lambda name: None)  # another library
    assert not keep_freed_memory()
    assert len(asked) == 2
    assert "no glibc" in caplog.text


@pytest.mark.parametrize(("wanted", "kept"), [("cpu", [True]), ("cuda", [])])
def test_only_runs_on_the_cpu_keep_it(gpus, monkeypatch, wanted, kept):
    gpus(1)
    calls = []
    monkeypatch.setattr(module, "keep_freed_memory", lambda: calls.append(True))
    configure(Execution(device=wanted), "fp32")
    assert calls == kept


@pytest.mark.parametrize(
    ("said", "units"),
    [
        ({"flags": "fpu avx512f avx512_bf16", "model name": "A"}, True),
        ({"flags": "fpu avx2", "model name": "A"}, False),
        ({"Features": "fp asimd bf16"}, True),
        ({"Features": "fp asimd ebf16x"}, False),
        ({}, None),
    ],
)
def test_bf16_that_is_emulated_is_said(monkeypatch, caplog, said, units):
    monkeypatch.setattr(module, "_of_cpu", said.get)
    assert module.has_bf16(torch.device("cpu")) is units
    for precision in ("fp32", "bf16"):
        configure(Execution(device="cpu", threads=1), precision)
    assert ["bf16 is emulated" in message for message in caplog.messages] == [True] * (units is False)


def test_a_git_that_does_not_answer_says_nothing_of_changes(monkeypatch):
    answers = {"rev-parse": "abc", "ls-files": "__init__.py", "status": None}
    monkeypatch.setattr(provenance, "_git", lambda folder, command, *rest: answers[command])
    assert provenance.git_state.__wrapped__() == {"commit": "abc", "modified": None}
    answers["status"] = ""
    assert provenance.git_state.__wrapped__() == {"commit": "abc", "modified": False}
