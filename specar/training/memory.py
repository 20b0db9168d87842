"""Lack of memory: recognised, and answered by trying again with less at a time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from specar.base.errors import OutOfMemory

Result = TypeVar("Result")
# torch has an exception of its own for its CUDA allocator only. The others, in lower case: its CPU allocator,
# the CUDA driver, C++, and cuBLAS, cuDNN and cuFFT.
_SIGNS = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the memory of the GPU or of the machine did not suffice."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def with_less_memory(compute: Callable[[], Result], reduce: Callable[[], bool]) -> Result:
    """Return ``compute()``, tried again for as long as memory does not suffice for it.

    It may be broken off anywhere. ``reduce`` has it take less at a time and returns False where it takes the
    least already: then MemoryError is raised.
    """
    while True:
        try:
            return compute()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Here, where the exception is gone, and with it all that its traceback held.
        if not reduce():
            raise MemoryError("even for a single example")
        gc.collect()
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()


@contextmanager
def explained(what: str, advice: str) -> Iterator[None]:
    """Turn lack of memory in the block into OutOfMemory: what was done where, and what to change."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        detail = f" ({error})" if isinstance(error, MemoryError) and str(error) else ""
        raise OutOfMemory(f"{what}: out of memory{detail}; {advice}") from error
