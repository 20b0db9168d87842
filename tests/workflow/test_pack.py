"""Archives there and back: what is in them, what is refused, and what stays as it was."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.cli import main
from specar.config import load_config
from specar.data.prepared import PreparedData
from specar.runs import pack
from specar.runs.pack import MANIFEST, pack_work
from specar.runs.records import sealed
from specar.runs.store import plan_of, read_plan
from specar.runs.unpack import unpack

CONFIG = ("--config", "config.yaml")


@pytest.fixture
def home(trained, monkeypatch):
    monkeypatch.chdir(trained.folder)
    return trained


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_work_there(home, tmp_path, monkeypatch, capsys):
    plan = plan_of(load_config("config.yaml"))
    Path("wheels").mkdir()
    Path("wheels/one-1.0+cpu-py3-none-any.whl").write_text("x")
    archive, again = (pack_work(plan, list(plan.runs), tmp_path / n, Path("wheels")) for n in ("a", "b"))
    assert archive.read_bytes() == again.read_bytes()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    assert main(["unpack", str(archive)]) == 0
    assert set(files(Path())) == {
        "plan.json", "wheels/one-1.0+cpu-py3-none-any.whl",
        *(f"results/data/prepared/Small/{name}" for name in ("meta.json", "values.npy", "time_features.npy")),
    }  # fmt: skip
    there = read_plan(Path("plan.json"))
    assert list(there.runs) == list(plan.runs)
    assert PreparedData.load(there.prepared / "Small").name == "Small"
    capsys.readouterr()
    assert main(["runs", "--state", "missing", "--ids"]) == 0  # the plan that lies here
    assert capsys.readouterr().out.split() == list(plan.runs)
    # the same once more changes nothing; what differs is not overwritten
    before = files(Path())
    assert main(["unpack", str(archive)]) == 0
    Path("plan.json").write_text("mine")
    assert main(["unpack", str(archive)]) == 1
    assert "plan.json is there and differs; take another --folder" in capsys.readouterr().err
    assert files(Path()) == before | {"plan.json": b"mine"}
    assert main(["unpack", str(archive), "--replace"]) == 0
    assert files(Path()) == before


def test_work_without_runs_or_data_is_said(home, tmp_path, capsys):
    assert main(["pack", "a.tar.gz", *CONFIG]) == 1  # all are done
    assert "no run to pack" in capsys.readouterr().err
    plan = plan_of(load_config("config.yaml"))
    with pytest.raises(SpecarError, match="wheels is no folder"):
        pack_work(plan, list(plan.runs), tmp_path / "a", Path("wheels"))
    shutil.rmtree("results/data")
    with pytest.raises(SpecarError, match="not prepared: Small; run 'specar prepare Small'"):
        pack_work(plan, list(plan.runs), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_records_back(home, capsys):
    assert main(["pack", "r.tar.gz", "--records", *CONFIG]) == 0
    packed = {name: content for name, content in files(Path("results")).items()
              if name.startswith(("runs/", "floors/"))}  # fmt: skip
    first, second = sorted({name.split("/")[1] for name in packed if name.startswith("runs/")})
    shutil.rmtree("results/floors")
    shutil.rmtree(f"results/runs/{second}")
    other = json.loads(packed[f"runs/{first}/metrics.json"])
    other["metrics"]["mse"] *= 2
    Path(f"results/runs/{first}/metrics.json").write_text(json.dumps(sealed(other)))
    kept = files(Path(f"results/runs/{first}"))
    capsys.readouterr()
    assert main(["unpack", "r.tar.gz", *CONFIG]) == 0
    assert f"kept: results/runs/{first}/metrics.json is another record" in capsys.readouterr().out
    assert files(Path(f"results/runs/{first}")) == kept
    assert files(Path("results"))[f"runs/{second}/metrics.json"] == packed[f"runs/{second}/metrics.json"]
    assert main(["unpack", "r.tar.gz", "--replace", *CONFIG]) == 0
    found = files(Path("results"))
    assert {name: found[name] for name in packed} == packed
    assert main(["runs", "--state", "done", "--ids", *CONFIG]) == 0
    assert capsys.readouterr().out.split()[-2:] == [first, second]


def test_a_checkpoint_goes_where_no_record_is(home):
    (name, _) = sorted(path.parent.name for path in home.records())
    record, checkpoint = (Path(f"results/runs/{name}/{file}") for file in ("metrics.json", "checkpoint.pt"))
    content = record.read_bytes()
    record.unlink()
    checkpoint.write_bytes(b"half")
    assert main(["pack", "r.tar.gz", "--records", "--checkpoints", *CONFIG]) == 0
    checkpoint.unlink()
    record.write_bytes(content)
    unpack(Path("r.tar.gz"), lambda _: Path("results"))
    assert not checkpoint.exists()
    record.unlink()
    unpack(Path("r.tar.gz"), lambda _: Path("results"))
    assert checkpoint.read_bytes() == b"half"


# Archives of others


def write(path, members, kind="records", listed=None):
    """An archive with such members: contents by name, or descriptions of what is no file."""
    with gzip.open(path, "wb", 1) as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        contents = {name: content for name, content in members if isinstance(content, bytes)}
        about = {n: {"size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in contents.items()}
        manifest = {"format": 1, "kind": kind, "files": {**about, **(listed or {})}}
        for name, content in ((MANIFEST, json.dumps(manifest).encode()), *members):
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = content
                archive.addfile(member)
    return path


RECORD, LINK = "runs/a/metrics.json", {"runs/a/metrics.json": {"size": 0, "sha256": "x"}}


@pytest.mark.parametrize(
    ("members", "kind", "listed", "why"),
    [
        ([("../out.json", b"x")], "records", {}, "'../out.json' is no file of such an archive"),
        ([("runs/../../x/metrics.json", b"x")], "records", {}, "is no file of such"),
        ([("/tmp/out.json", b"x")], "records", {}, "'/tmp/out.json' is no file of such"),
        ([("runs/a/other.py", b"x")], "records", {}, "is no file of such"),
        ([(RECORD, (tarfile.SYMTYPE, "/etc/passwd"))], "records", LINK, "is not the file that its manifest"),
        ([(RECORD, (tarfile.LNKTYPE, MANIFEST))], "records", LINK, "is not the file that its manifest"),
        ([(RECORD, (tarfile.FIFOTYPE, ""))], "records", LINK, "is not the file that its manifest"),
        ([(RECORD, b"{}"), (RECORD, b"{}")], "records", {}, "is not the file that its manifest"),
        ([], "records", {RECORD: {"size": 1 << 60, "sha256": "x"}}, "do not fit on the disk"),
        ([], "records", {RECORD: {"size": -5, "sha256": "x"}}, "not of this version"),
        ([], "records", LINK, f"it ends before {RECORD}"),
        ([(RECORD, b"{}")], "records", {RECORD: {"size": 2, "sha256": "x"}}, "its sha256 is not that"),
        ([(RECORD, b"{}")], "records", {}, "is not the record of a"),
        ([("runs/a/examples.json", b"{}")], "records", {}, "cannot read runs/a/metrics.json"),
        ([("floors/a/b.json", b"{}")], "records", {}, "floors/a/b.json: its configuration does not fit"),
        ([("plan.json", b"{}")], "work", {}, "plan.json is not a plan of this version"),
        ([("numpy.py", b"")], "work", {}, "plan.json is missing"),
        ([], "else", {}, "its manifest.json is not of this version"),
    ],
)  # fmt: skip
def test_hostile_archives_are_refused_in_one_line(tmp_path, members, kind, listed, why):
    archive = write(tmp_path / "a.tar.gz", members, kind, listed)
    with pytest.raises(SpecarError) as caught:
        unpack(archive, lambda _: tmp_path / "into")
    said = str(caught.value)
    assert said.startswith(f"{archive} is refused, nothing is unpacked: ")
    assert why in said
    assert "\n" not in said
    assert not any((tmp_path / "into").rglob("*"))
    assert not (tmp_path / "out.json").exists()


def test_damage_anywhere_is_found(home, tmp_path, monkeypatch):
    monkeypatch.setattr(pack, "_LEVEL", 0)  # so that what is damaged is content
    assert main(["pack", "r.tar.gz", "--records", *CONFIG]) == 0
    whole, archive = Path("r.tar.gz").read_bytes(), tmp_path / "damaged.tar.gz"
    cuts = [whole[: len(whole) * n // 7] for n in range(7)]
    flips = [
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        for at in range(600, len(whole), len(whole) // 9)
    ]
    for content in (*cuts, *flips, b"no archive", gzip.compress(b"no tar file" * 99)):
        archive.write_bytes(content)
        with pytest.raises(SpecarError, match="is refused, nothing is unpacked: "):
            unpack(archive, lambda _: tmp_path / "into")
    assert not any((tmp_path / "into").rglob("*"))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SpecarError, match=r"cannot unpack no\.tar\.gz: No such file"):
        unpack(Path("no.tar.gz"), lambda _: tmp_path)
