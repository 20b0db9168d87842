"""Device, threads, precision and determinism of a run."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import platform
import re
import resource
import warnings
from contextlib import AbstractContextManager

import torch

from specar.base.errors import SpecarError
from specar.config.settings import Execution, Precision
from specar.training.gpu import Lease

_log = logging.getLogger(__name__)


def select_device(wanted: str, lease: Lease | None = None) -> torch.device:
    """Resolve ``execution.device``, to the leased GPU if there is one; "auto" falls back to the CPU.

    Raises SpecarError: a GPU is asked for and torch sees none.
    """
    if wanted == "cpu" or (lease is not None and lease.device == "cpu"):
        return torch.device("cpu")
    device = torch.device("cuda" if lease is None or lease.device == "auto" else lease.device)
    if torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count():
        if lease is not None and lease.id is None:
            _log.warning("%s; runs at once share the first GPU: set execution.gpus", lease.how)
        return device
    build = "" if torch.version.cuda else " (it is built without CUDA)"
    if wanted == "cuda":
        raise SpecarError(
            f"execution.device is cuda, but torch{build} sees {torch.cuda.device_count()} GPUs; "
            "set execution.device to auto or cpu, or check the driver, execution.gpus, CUDA_VISIBLE_DEVICES"
        )
    if lease is not None and lease.id is not None:
        _log.warning(
            "no GPU visible to torch%s although GPU %s is leased: training on the CPU; "
            "set execution.device: cuda to refuse",
            build,
            lease.id,
        )
    return torch.device("cpu")


def configure(execution: Execution, precision: Precision, lease: Lease | None = None) -> torch.device:
    """Set threads, determinism and precision for this process and return the device."""
    # cuBLAS reads this when it starts; without it its products are not repeatable.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device = select_device(execution.device, lease)
    if precision == "tf32" and device.type != "cuda":
        raise SpecarError("training.precision tf32 needs a GPU; use fp32 or bf16 on this machine")
    if execution.cuda_graphs and device.type != "cuda":
        raise SpecarError("execution.cuda_graphs needs a GPU; leave it out on this machine")
    if precision == "bf16" and has_bf16(device) is False:
        _log.warning("no bf16 units in %s: bf16 is emulated, and slower than fp32", device_name(device))
    torch.set_num_threads(execution.threads)
    if device.type == "cpu":
        keep_freed_memory()
    # The same as use_deterministic_algorithms(True, warn_only=True), which imports the compiler of torch.
    torch.set_deterministic_debug_mode("warn")
    # A debugging aid that costs time; torch declares it in a way that type checkers do not see.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010
    torch.backends.cudnn.benchmark = False
    with warnings.catch_warnings():  # torch 2.11 and 2.13 differ in which setter they call old
        warnings.simplefilter("ignore")
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
    return device


def keep_freed_memory() -> bool:
    """Let the allocator of glibc keep what is freed, for this process; False where that cannot be done.

    By default it soon gives freed tensors back to the system, which then has to clear their pages anew in
    every step. Those of more than 32 MiB still go back: to keep them as well saves a third of the time of
    the largest models, but takes nearly twice the memory.
    """
    try:
        glibc = bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (ValueError, OSError):
        glibc = False
    # Of malloc.h: M_MMAP_THRESHOLD, the most it takes; M_TRIM_THRESHOLD, the heap never shrinks.
    options = ((-3, 32 << 20), (-1, -1))
    done = glibc and all(ctypes.CDLL(None).mallopt(option, value) for option, value in options)
    if not done:
        _log.debug("freed memory goes back to the system: no glibc")
    return done


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Mixed precision context of a forward pass."""
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def peak_memory_bytes(device: torch.device) -> int:
    """Peak memory so far: of the GPU's allocator, or the process's resident set on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def device_name(device: torch.device) -> str:
    """What the device calls itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return _of_cpu("model name") or platform.processor() or platform.machine()


def has_bf16(device: torch.device) -> bool | None:
    """Whether the device multiplies in bf16, rather than emulating it; None where nothing tells."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = _of_cpu("flags") or _of_cpu("Features")  # of x86 and of ARM
    return None if flags is None else bool(re.search(r"\b(avx512_bf16|amx_bf16|bf16)\b", flags))


def _of_cpu(key: str) -> str | None:
    """What Linux says of the first processor; None where it says nothing."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:  # noqa: PTH123 (not a path of ours)
        for line in file:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return None
