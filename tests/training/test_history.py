"""What epochs leave in history.jsonl, read back."""

import json

import pytest

from specar.training.progress import read_history, write_history

LINE = {
    "epoch": 1,
    "train_loss": 0.5,
    "val": {"mse": 0.25, "mae": 0.5},
    "seconds": 1.5,
    "peak_memory_bytes": 7,
}


def test_a_history_is_read_as_it_was_written(tmp_path, caplog):
    lines = [{**LINE, "epoch": epoch} for epoch in (1, 2, 3)]
    write_history(tmp_path / "history.jsonl", lines)
    assert read_history(tmp_path / "history.jsonl") == lines
    assert read_history(tmp_path / "nothing.jsonl") == []
    assert not caplog.records


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (b'{"epoch": 2, "train_l', "Invalid JSON"),
        (b"\xff\xfe\x00", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"", "Invalid JSON"),
        (b"3", "valid"),
        (json.dumps({**LINE, "epoch": 0}).encode(), "epoch: "),
        (json.dumps({**LINE, "epoch": "2"}).encode(), "epoch: "),
        (json.dumps({**LINE, "train_loss": float("nan")}).encode(), "train_loss: "),
        (json.dumps({**LINE, "val": {"mse": None}}).encode(), "val.mse: "),
        (json.dumps({**LINE, "seconds": -1}).encode(), "seconds: "),
        (json.dumps({key: LINE[key] for key in LINE if key != "seconds"}).encode(), "seconds: "),
    ],
)
def test_a_history_is_cut_off_at_a_damaged_line_with_one_line_that_says_where(tmp_path, caplog, line, place):
    good = json.dumps(LINE).encode()
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"\n".join([good, line, good, b""]))
    assert read_history(path) == [LINE]
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith(f"{path}, line 2 is damaged ({place}") or place == "valid"
    assert "\n" not in said
    assert len(said) < 600
