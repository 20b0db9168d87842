"""Slots: how many hold a GPU at a time, which one comes first, and what frees it."""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from threading import Event

import pytest

from specar.base import slots
from specar.base.errors import SpecarError
from specar.base.slots import lock_folder, take_slot


def at_once(intervals):
    """The most intervals that have a moment in common."""
    changes = sorted([(start, 1) for start, _ in intervals] + [(end, -1) for _, end in intervals])
    running = most = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most


@pytest.mark.parametrize("jobs_per_gpu", [1, 2])
def test_eight_processes_and_two_gpus(hold, jobs_per_gpu):
    holders = [hold(jobs_per_gpu=jobs_per_gpu) for _ in range(8)]
    for holder in holders:
        holder.begin()
    for holder in holders:
        holder.tell("0.5")
    held = []
    for holder in holders:
        lease = holder.line()
        held.append((lease["id"], tuple(holder.line())))
        assert lease["visible"] == lease["id"]
    used = {gpu: [span for _, span in group] for gpu, group in groupby(sorted(held), lambda item: item[0])}
    assert set(used) == {"0", "1"}
    assert max(at_once(spans) for spans in used.values()) == jobs_per_gpu


def test_two_at_once_take_different_gpus(hold):
    holders = [hold(jobs_per_gpu=2) for _ in range(2)]
    for holder in holders:
        holder.begin()
    assert {holder.line()["id"] for holder in holders} == {"0", "1"}


def test_the_emptiest_gpu_comes_first(hold):
    first, second, third, fourth = (hold(jobs_per_gpu=2) for _ in range(4))
    leases = [holder.lease()["how"] for holder in (first, second, third, fourth)]
    assert leases == [
        "GPU 0 (of 0, 1), slot 0",
        "GPU 1 (of 0, 1), slot 0",
        "GPU 0 (of 0, 1), slot 1",
        "GPU 1 (of 0, 1), slot 1",
    ]
    for holder in (first, second, fourth):
        holder.end()
    assert hold(jobs_per_gpu=2).lease()["id"] == "1"  # slot 0 of GPU 0 is free as well, but GPU 0 is not


def test_a_waiting_process_says_for_whom_and_gets_what_a_killed_one_held(hold):
    first, second, third = hold(), hold(), hold()
    held = [holder.lease()["id"] for holder in (first, second)]
    third.begin()
    waits = third.process.stderr.readline()
    assert waits == (
        f"waiting for GPU 0 or GPU 1: held by process {first.process.pid} (a run), "
        f"process {second.process.pid} (a run)\n"
    )
    second.kill()
    assert third.line()["id"] == held[1]
    _, errors = third.end()
    assert errors == "GPU 1 (of 0, 1), slot 0\n"  # it had waited in silence


def test_a_child_of_a_killed_process_holds_nothing(hold):
    parent = hold("fork", gpus=[0])
    parent.lease()
    child = int(parent.process.stdout.readline())
    try:
        parent.kill()
        assert hold(gpus=[0]).lease()["id"] == "0"
        os.kill(child, 0)  # it is still there
    finally:
        os.kill(child, signal.SIGKILL)


def test_who_allows_one_per_gpu_does_not_join_another(here, monkeypatch):
    taken = [take_slot(["GPU 0"], 3, "x") for _ in range(2)]
    assert [slot.number for slot in taken] == [0, 1]
    taken[0].release()
    monkeypatch.setattr(slots.time, "sleep", interrupt)
    with pytest.raises(InterruptedError):  # slot 0 is free, but slot 1 is held
        slots._wait_for_slot(os.open(lock_folder(), os.O_RDONLY), ["GPU 0"], 1, "y")
    taken[1].release()
    assert take_slot(["GPU 0"], 1, "y").number == 0


def test_runs_that_take_parts_of_a_gpu_never_take_more_than_all(here, monkeypatch):
    large, small = take_slot(["GPU 0"], 8, "large", 5), take_slot(["GPU 0"], 8, "small", 3)
    assert (large.number, small.number, len({*large.descriptors, *small.descriptors})) == (0, 5, 8)
    monkeypatch.setattr(slots.time, "sleep", interrupt)
    small.release()
    for width in (4, 8):  # the rest is too little
        with pytest.raises(InterruptedError):
            slots._wait_for_slot(os.open(lock_folder(), os.O_RDONLY), ["GPU 0"], 8, "y", width)
    assert take_slot(["GPU 0", "GPU 1"], 8, "x", 4).name == "GPU 1"
    large.release()
    assert len(take_slot(["GPU 0"], 8, "whole", 8).descriptors) == 8


def test_auto_shares_a_gpu_by_what_each_run_takes(hold):
    half, quarter, whole = (hold(jobs_per_gpu="auto", gpus=[0], SLOTS=str(n)) for n in (4, 2, 8))
    assert half.lease()["how"] == "GPU 0 (of 0), slot 0 and 3 more of 8"
    assert quarter.lease()["how"] == "GPU 0 (of 0), slot 4 and 1 more of 8"
    whole.begin()
    assert whole.process.stderr.readline() == (
        f"waiting for GPU 0: held by process {half.process.pid} (a run), "
        f"process {quarter.process.pid} (a run)\n"
    )
    half.kill()
    quarter.end()
    assert whole.line()["how"] == "GPU 0 (of 0), slot 0"


def interrupt(seconds):
    assert seconds == slots.POLL
    raise InterruptedError


# The folder of the locks


def test_all_users_share_the_folder_whatever_the_umask(here):
    before = os.umask(0o077)
    try:
        take_slot(["GPU 0"], 1, "x")
    finally:
        os.umask(before)
    assert lock_folder().parent == here
    assert lock_folder().stat().st_mode & 0o7777 == 0o1777
    assert {path.stat().st_mode & 0o777 for path in lock_folder().iterdir()} == {0o666}


def test_the_folder_does_not_follow_tmpdir(here, monkeypatch):
    before = lock_folder()
    monkeypatch.setenv("TMPDIR", str(here / "elsewhere"))
    monkeypatch.setattr(tempfile, "tempdir", str(here / "elsewhere"))
    assert lock_folder() == before
    monkeypatch.delenv("SPECAR_LOCKS")
    assert lock_folder().parent == Path("/tmp")


def test_a_folder_that_others_could_remove_locks_from_is_mended(here):
    lock_folder().mkdir()
    lock_folder().chmod(0o777)
    take_slot(["GPU 0"], 1, "x")
    assert lock_folder().stat().st_mode & 0o7777 == 0o1777


@pytest.mark.parametrize("planted", ["link to a folder", "link to a file", "file"])
def test_what_another_has_put_in_its_place_is_refused(here, planted):
    target = here / "target"
    if "folder" in planted:
        target.mkdir()
    else:
        target.write_text("precious")
    if "link" in planted:
        lock_folder().symlink_to(target)
    else:
        target.rename(lock_folder())
    with pytest.raises(SpecarError, match=r"cannot keep locks in .*specar.* \(Not a directory\); remove it"):
        take_slot(["GPU 0"], 1, "x")
    kept = target if "link" in planted else lock_folder()
    assert not list(target.iterdir()) if "folder" in planted else kept.read_text() == "precious"


@pytest.mark.parametrize("planted", ["link", "hard link", "pipe", "folder"])
def test_what_another_has_put_in_place_of_a_lock_file_is_not_touched(here, planted):
    lock_folder().mkdir()
    precious, place = here / "precious", lock_folder() / "GPU_0.0"
    precious.write_text("precious")
    if planted == "link":
        place.symlink_to(precious)
    elif planted == "hard link":
        place.hardlink_to(precious)
    elif planted == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(SpecarError, match="cannot keep locks"):
        take_slot(["GPU 0"], 1, "x")
    assert precious.read_text() == "precious"


def test_a_folder_that_another_user_keeps_closed_is_refused(here, monkeypatch):
    lock_folder().mkdir(mode=0o755)
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    with pytest.raises(
        SpecarError, match=rf"cannot keep locks in .*\(user {user} has not opened it to all\)"
    ):
        take_slot(["GPU 0"], 1, "x")


AS_ANOTHER = """
import os, sys
from specar.base.slots import take_slot
os.umask(0o077)
os.setuid(65534)
print(take_slot(["GPU 0"], 2, "of another user").number, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_two_users_see_each_other(here, monkeypatch):
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # that of the test is closed to others
    folder.chmod(0o777)
    monkeypatch.setenv("SPECAR_LOCKS", str(folder))
    monkeypatch.setattr(slots.time, "sleep", interrupt)
    pipe = subprocess.PIPE
    try:
        with subprocess.Popen(
            [sys.executable, "-c", AS_ANOTHER], stdin=pipe, stdout=pipe, text=True
        ) as other:
            assert other.stdout.readline() == "0\n"
            assert lock_folder().stat().st_uid == 65534
            assert take_slot(["GPU 0"], 2, "x").number == 1
            with pytest.raises(InterruptedError):
                slots._wait_for_slot(os.open(lock_folder(), os.O_RDONLY), ["GPU 0"], 2, "y")
            other.communicate()
        assert take_slot(["GPU 0"], 2, "y").number == 0  # over the file of the other
    finally:
        shutil.rmtree(folder)


def test_many_slots_cost_little(here):
    start = time.monotonic()
    for _ in range(64):
        take_slot([f"GPU {number}" for number in range(8)], 8, "x")
    assert time.monotonic() - start < 5


HOLDS_CHOOSING = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_who_keeps_the_others_from_choosing_is_named_and_passed_over(here, caplog, monkeypatch):
    monkeypatch.setattr(slots, "_PATIENCE", 0.3)
    monkeypatch.setattr(slots, "_told", Event())
    take_slot(["GPU 0"], 1, "makes the folder").release()
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLDS_CHOOSING, str(lock_folder() / "choosing")]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        try:
            assert other.stdout.readline() == "held\n"
            other.send_signal(signal.SIGSTOP)
            taken = [take_slot(["GPU 0", "GPU 1"], 1, "x").name for _ in range(2)]
        finally:
            other.kill()
    assert taken == ["GPU 0", "GPU 1"]
    user = pwd.getpwuid(os.getuid()).pw_name
    assert caplog.messages == [
        f"process {other.pid} of user {user} keeps others from choosing a GPU; going on without"
    ]


def test_those_that_choose_without_that_lock_never_share_a_slot(hold, here):
    take_slot(["GPU 9"], 1, "makes the folder").release()
    with (lock_folder() / "choosing").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        holders = [hold() for _ in range(2)]
        for holder in holders:
            holder.begin()
        assert {holder.line()["id"] for holder in holders} == {"0", "1"}
