"""Which GPU a process gets, and what it sets and leaves alone in its environment."""

import logging
import os
import sys

import pytest

from specar.base.errors import SpecarError
from specar.base.slots import take_slot
from specar.config import Execution, parse_config
from specar.training.gpu import VISIBLE, lease_gpu

UUID = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"


def fake_smi(folder, text):
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport sys\n{text}\n")
    program.chmod(0o755)


def lease(**execution):
    return lease_gpu(Execution(**execution), "a run")


def test_a_configured_gpu_is_made_the_only_visible_one(here, caplog):
    caplog.set_level(logging.INFO)
    got = lease(gpus=[3, 1])
    assert (got.id, got.device, got.how) == ("3", "cuda", "GPU 3 (of 3, 1), slot 0")
    assert os.environ[VISIBLE] == "3"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert caplog.messages == [got.how]
    assert lease(gpus=[3, 1]) is got  # one per process


def test_the_order_of_the_user_stays(here, monkeypatch):
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    lease(gpus=[0])
    assert os.environ["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"


def test_a_uuid(here):
    assert lease(gpus=[UUID]).id == os.environ[VISIBLE] == UUID


def test_the_gpus_that_nvidia_smi_lists(here, caplog):
    caplog.set_level(logging.INFO)
    fake_smi(here, "assert sys.argv[1:] == ['--query-gpu=index', '--format=csv,noheader']\nprint('4\\n7')")
    assert lease().how == "GPU 4 (of 4, 7), slot 0"


def test_a_card_is_the_same_by_number_and_by_uuid(here, monkeypatch):
    fake_smi(
        here,
        "assert sys.argv[1] == '--query-gpu=uuid,index'\n"
        f"print('GPU-11111111-2222-3333-4444-555555555555, 0\\n{UUID}, 1')",
    )
    taken = take_slot(["GPU 1"], 1, "by its number")
    got = lease(gpus=[UUID, "GPU-1111"])  # the beginning will do, as in CUDA_VISIBLE_DEVICES
    assert got.id == os.environ[VISIBLE] == "GPU-1111"
    taken.release()
    monkeypatch.setattr("specar.training.gpu._leased", [])
    monkeypatch.setenv(VISIBLE, f"{UUID},0")
    assert (lease().id, lease().device) == (UUID, "cuda:0")


def test_a_uuid_without_nvidia_smi_or_of_no_card_is_a_name_of_its_own(here):
    fake_smi(here, "print('GPU-11111111-2222-3333-4444-555555555555, 0')")
    take_slot(["GPU 0"], 1, "another")
    assert lease(gpus=[UUID]).id == UUID


@pytest.mark.parametrize(
    ("program", "warning"),
    [
        (None, None),
        ("print('No devices were found')", None),
        ("sys.exit('NVIDIA-SMI has failed')", "nvidia-smi fails: NVIDIA-SMI has failed"),
        ("import time; time.sleep(60)", "nvidia-smi does not answer"),
    ],
)
@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_no_gpu_to_be_found_leaves_it_to_torch(here, monkeypatch, caplog, device, program, warning):
    if warning and "does not answer" in warning:
        monkeypatch.setattr("specar.training.gpu._SMI_TIMEOUT", 0.2)
    if program:
        fake_smi(here, program)
    got = lease(device=device)
    assert (got.id, got.device, got.how) == (None, device, "no GPU leased: nvidia-smi lists none")
    assert VISIBLE not in os.environ
    assert [warning in message for message in caplog.messages] == [True] * bool(warning)


def test_none_is_leased_for_the_cpu(here):
    got = lease(device="cpu", gpus=[0])
    assert (got.id, got.device) == (None, "cpu")
    assert VISIBLE not in os.environ
    assert list(here.iterdir()) == []


# A variable that is set already


@pytest.mark.parametrize("value", ["", "-1", "NoDevFiles", " "])
def test_a_variable_that_hides_all(here, monkeypatch, value):
    monkeypatch.setenv(VISIBLE, value)
    got = lease(gpus=[0])
    assert (got.id, got.device, got.how) == (None, "cpu", f"no GPU: CUDA_VISIBLE_DEVICES is {value!r}")
    assert os.environ[VISIBLE] == value


def test_a_variable_that_hides_all_where_a_gpu_is_wanted(here, monkeypatch):
    monkeypatch.setenv(VISIBLE, "")
    with pytest.raises(SpecarError, match="device is cuda, but CUDA_VISIBLE_DEVICES is '' and hides every"):
        lease(device="cuda")


@pytest.mark.parametrize(
    ("value", "gpu", "device", "seen"),
    [
        ("2", "2", "cuda:0", "2"),
        ("2,5", "2", "cuda:0", "2, 5"),
        (f" {UUID}, 1", UUID, "cuda:0", f"{UUID}, 1"),
        ("1,-1,0", "1", "cuda:0", "1"),
        ("1,x,0", "1", "cuda:0", "1"),
    ],
)
def test_a_variable_of_the_user(here, monkeypatch, value, gpu, device, seen):
    monkeypatch.setenv(VISIBLE, value)
    got = lease()
    assert (got.id, got.device) == (gpu, device)
    assert got.how == f"GPU {gpu} (of {seen} in CUDA_VISIBLE_DEVICES), slot 0"
    assert os.environ[VISIBLE] == value
    assert "CUDA_DEVICE_ORDER" not in os.environ


def test_processes_share_out_a_variable_of_the_user(hold):
    first, second = hold(CUDA_VISIBLE_DEVICES="2,5"), hold(CUDA_VISIBLE_DEVICES="2,5")
    assert [first.lease()["id"], second.lease()] == [
        "2",
        {
            "id": "5",
            "device": "cuda:1",
            "how": "GPU 5 (of 2, 5 in CUDA_VISIBLE_DEVICES), slot 0",
            "visible": "2,5",
        },
    ]
    # The very cards that others ask for by execution.gpus.
    assert hold(gpus=[5, 2, 3]).lease()["id"] == "3"


@pytest.mark.parametrize(("gpus", "told"), [([0, 1], True), ([0], True), ([5, 2], False), (None, False)])
def test_the_variable_comes_before_the_configuration(here, monkeypatch, caplog, gpus, told):
    monkeypatch.setenv(VISIBLE, "2,5")
    assert lease(gpus=gpus).id == "2"
    expected = f"CUDA_VISIBLE_DEVICES is 2,5 and comes before execution.gpus {gpus}"
    assert caplog.messages == [expected] * told


# Inside the job of a cluster scheduler


def test_the_gpu_of_a_job_is_its_own(hold):
    for number in ("17", "18"):  # "0" may be another card in each
        got = hold(CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID=number).lease()  # without waiting
        assert (got["id"], got["device"], got["visible"]) == ("0", "cuda:0", "0")


@pytest.mark.parametrize("variable", ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"])
def test_the_gpus_of_a_job_are_shared_out_in_the_job_only(hold, variable):
    leases = [
        hold(CUDA_VISIBLE_DEVICES="0,1", **{variable: number}).lease()
        for number in ("17.a/b", "17.a/b", "18")
    ]
    assert [(got["id"], got["device"]) for got in leases] == [
        ("0", "cuda:0"),
        ("1", "cuda:1"),
        ("0", "cuda:0"),
    ]


# The configuration


@pytest.mark.parametrize(
    ("execution", "message"),
    [
        ({"device": "cuda:1"}, r"execution\.device: a GPU is chosen by execution\.gpus: \[1\]"),
        ({"device": "gpu"}, "execution.device: .*'auto', 'cpu' or 'cuda'"),
        ({"gpus": []}, "execution.gpus: .*at least 1"),
        ({"gpus": [0, 1, "0"]}, r"execution.gpus: a GPU is named twice in \[0, 1, 0\]"),
        ({"gpus": [-1]}, "execution.gpus.0: -1 is no GPU; give its number or its UUID"),
        ({"gpus": [True]}, "execution: gpus: true and false"),
        ({"gpus": ["GPU-1;rm"]}, "execution.gpus.0: .*is no GPU"),
        ({"gpus": 1}, "execution.gpus: "),
        ({"jobs_per_gpu": 0}, "execution.jobs_per_gpu.*greater than or equal to 1"),
        ({"jobs_per_gpu": "all"}, "execution.jobs_per_gpu.*Input should be 'auto'"),
    ],
)
def test_a_bad_choice_is_one_line(execution, message):
    with pytest.raises(SpecarError, match=message) as caught:
        parse_config({"execution": execution})
    assert "\n" not in str(caught.value)


def test_good_choices():
    assert Execution(gpus=["1", 0, UUID, "MIG-GPU-5c8/1/0"]).gpus == [1, 0, UUID, "MIG-GPU-5c8/1/0"]
    assert (Execution().device, Execution().gpus, Execution().jobs_per_gpu) == ("auto", None, "auto")
