"""Leasing a GPU for this process. Imports no torch, which must not look at the GPUs before."""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from specar.base.errors import SpecarError
from specar.base.slots import take_slot
from specar.config.settings import Execution

VISIBLE = "CUDA_VISIBLE_DEVICES"

# Set inside the jobs of cluster schedulers, where "0" may be another card in every job.
_JOB_VARIABLES = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")
SLOTS = 8  # of a card that runs share by what each needs of it: no more than 8 of them
_SMI_TIMEOUT = 30.0  # seconds; without persistence mode it starts the driver of every GPU first

_log = logging.getLogger(__name__)
_leased: list[Lease] = []  # that of this process, once it has one


@dataclass(frozen=True)
class Lease:
    """What this process may compute on."""

    id: str | None  # number or UUID, as nvidia-smi or CUDA_VISIBLE_DEVICES has it; None: none in particular
    device: str  # name for torch: "cuda", "cuda:1", "cpu"; "auto": a GPU if torch finds one
    how: str  # how that came about, in words


@dataclass(frozen=True)
class Card:
    """A GPU as nvidia-smi describes it."""

    name: str
    memory: int  # bytes


def slots_per_gpu(execution: Execution) -> int:
    """How many slots a GPU has: the runs that share it, or the parts of it that they take."""
    return SLOTS if execution.jobs_per_gpu == "auto" else execution.jobs_per_gpu


def gpu_ids(execution: Execution) -> list[str]:
    """Ids of the GPUs that processes of this machine share out; none where nothing tells of any."""
    if execution.device == "cpu":
        return []
    if (visible := os.environ.get(VISIBLE)) is not None:
        return _visible_ids(visible)
    given = execution.gpus
    return list(filter(str.isdigit, _asked("index"))) if given is None else [str(gpu) for gpu in given]


def cards() -> list[Card]:
    """All GPUs that nvidia-smi lists; none where it does not tell the memory of each, or one is in parts."""
    if "MIG" in os.environ.get(VISIBLE, ""):
        return []
    lines = _asked("name,memory.total,mig.mode.current")
    found = [re.fullmatch(r"(.+), (\d+) MiB, (?!Enabled).*", line) for line in lines]
    return [Card(one[1], int(one[2]) << 20) for one in found if one] if all(found) else []


def lease_gpu(execution: Execution, holder: str, slots: int | None = None) -> Lease:
    """Choose a GPU that no other process of this machine holds, for the life of this process.

    CUDA_VISIBLE_DEVICES is set to the GPU. Where it is set already, by a scheduler or the user, it stays as
    it is, and one of its GPUs is chosen. Waits while all GPUs are held; ``holder`` says what this process
    does, to others that wait. Where ``execution.jobs_per_gpu`` is "auto", it takes so many ``slots`` of it,
    by default all. In one process, a second call gives the first one's lease.

    Raises SpecarError: a GPU is asked for and CUDA_VISIBLE_DEVICES hides all, or locks cannot be kept.
    """
    if execution.device == "cpu":
        return Lease(None, "cpu", "no GPU: execution.device is cpu")
    if not _leased:
        visible = os.environ.get(VISIBLE)
        choose = _of_all if visible is None else _of_visible
        _leased.append(choose(execution, holder, slots))
        _log.info(_leased[0].how)
    return _leased[0]


def _of_all(execution: Execution, holder: str, slots: int | None) -> Lease:
    ids = gpu_ids(execution)
    if not ids:
        return Lease(None, execution.device, "no GPU leased: nvidia-smi lists none")
    index, place = _take(ids, execution, holder, slots)
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # the numbers of nvidia-smi
    os.environ[VISIBLE] = ids[index]
    return Lease(ids[index], "cuda", f"GPU {ids[index]} (of {', '.join(ids)}), {place}")


def _of_visible(execution: Execution, holder: str, slots: int | None) -> Lease:
    value, ids = os.environ[VISIBLE], gpu_ids(execution)
    job = next((os.environ[name] for name in _JOB_VARIABLES if os.environ.get(name)), None)
    if not ids:
        if execution.device == "cuda":
            raise SpecarError(
                f"execution.device is cuda, but {VISIBLE} is {value!r} and hides every GPU; "
                "unset it, or set execution.device to auto or cpu"
            )
        return Lease(None, "cpu", f"no GPU: {VISIBLE} is {value!r}")
    if execution.gpus is not None and set(ids) != {str(gpu) for gpu in execution.gpus}:
        _log.warning("%s is %s and comes before execution.gpus %s", VISIBLE, value, execution.gpus)
    index, place = _take(ids, execution, holder, slots, job)
    words = f"GPU {ids[index]} (of {', '.join(ids)} in {VISIBLE}), {place}"
    return Lease(ids[index], f"cuda:{index}", words)


def _take(
    ids: Sequence[str], execution: Execution, holder: str, slots: int | None, job: str | None = None
) -> tuple[int, str]:
    """Index of the id that this process gets, and its place on it in words."""
    size = slots_per_gpu(execution)
    width = (slots or size) if execution.jobs_per_gpu == "auto" else 1
    numbers = _numbers() if any(not gpu.isdigit() for gpu in ids) else {}
    names = [f"GPU {_number(gpu, numbers)}{f' of job {job}' if job else ''}" for gpu in ids]
    slot = take_slot(names, size, holder, width)
    parts = f" and {width - 1} more of {size}" if 1 < width < size else ""
    return names.index(slot.name), f"slot {slot.number}{parts}"


def _visible_ids(value: str) -> list[str]:
    """Ids up to the first that is none, as CUDA reads the variable."""
    ids: list[str] = []
    for part in value.split(","):
        if not re.fullmatch(r"\d+|(GPU|MIG)-\S+", part.strip()):
            break
        ids.append(part.strip())
    return ids


def _number(gpu: str, numbers: dict[str, str]) -> str:
    """The number of a card that is named by its UUID or the beginning of that; else the id as it is."""
    found = [number for uuid, number in numbers.items() if uuid.startswith(gpu)]
    return found[0] if len(found) == 1 else gpu


def _numbers() -> dict[str, str]:
    """Number of every GPU that nvidia-smi lists, by its UUID: each card has one name among the locks."""
    pairs = (line.split(",") for line in _asked("uuid,index"))
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}


def _asked(fields: str) -> list[str]:
    """What nvidia-smi says of the GPUs, a line for each; none without it."""
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SMI_TIMEOUT)
    except FileNotFoundError:
        return []
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("nvidia-smi does not answer (%s); set execution.gpus", error)
        return []
    if done.returncode != 0:
        _log.warning("nvidia-smi fails: %s", " ".join((done.stdout + done.stderr).split()))
        return []
    return [line.strip() for line in done.stdout.splitlines()]
