"""Device, threads, precision and determinism of a run."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import warnings
from contextlib import AbstractContextManager

import torch

from specar.config.settings import Execution, Precision
from specar.errors import SpecarError


def select_device(wanted: str) -> torch.device:
    """Resolve ``execution.device``; "auto" takes a GPU where there is one.

    Raises
    ------
    SpecarError
        A GPU is asked for and there is none.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(wanted)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise SpecarError(
            f"execution.device is {wanted}, but torch sees {torch.cuda.device_count()} GPUs; "
            "set execution.device to auto or cpu, or check the driver and CUDA_VISIBLE_DEVICES"
        )
    return device


def configure(execution: Execution, precision: Precision) -> torch.device:
    """Set threads, determinism and precision for this process and return the device."""
    # cuBLAS reads this when it starts; without it its products are not repeatable.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device = select_device(execution.device)
    if precision == "tf32" and device.type != "cuda":
        raise SpecarError("training.precision tf32 needs a GPU; use fp32 or bf16 on this machine")
    torch.set_num_threads(execution.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # A debugging aid that costs time; torch declares it in a way that type checkers do not see.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010
    torch.backends.cudnn.benchmark = False
    with warnings.catch_warnings():  # torch 2.11 and 2.13 differ in which setter they call old
        warnings.simplefilter("ignore")
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
    return device


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
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:  # noqa: PTH123 (not a path of ours)
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
