"""Records that are there need no data, unless it has changed."""

import os

import pytest

from specar.base.files import write_json
from specar.data.status import needs_data


@pytest.fixture
def made(tmp_path):
    """Two records, the data they are of, and a file of one's own that is older."""
    own, prepared = tmp_path / "own.csv", tmp_path / "prepared"
    own.write_text("1")
    os.utime(own, (1000, 1000))
    write_json(prepared / "meta.json", {"prepared_sha256": {"values.npy": "a"}})
    records = [tmp_path / name for name in ("one.json", "two.json")]
    for path in records:
        write_json(path, {"data": {"prepared_sha256": {"values.npy": "a"}}})
    return records, prepared, [own]


def test_records_that_are_there_need_no_data(made):
    assert not needs_data(*made)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_nor_where_it_was_deleted(made, damage):
    damage(made[1] / "meta.json")
    assert not needs_data(*made)


@pytest.mark.parametrize(
    "damage",
    [
        lambda records, prepared, own: records[1].unlink(),
        lambda records, prepared, own: records[1].write_text('{"da'),
        lambda records, prepared, own: records[1].write_text("{}"),
        lambda records, prepared, own: write_json(prepared / "meta.json", {"prepared_sha256": {"x": "b"}}),
        lambda records, prepared, own: os.utime(own[0], (2e9 + 1e9, 2e9 + 1e9)),
    ],
    ids=["missing", "damaged", "of another version", "other data", "newer file"],
)
def test_what_has_to_be_made_needs_it(made, damage):
    damage(*made)
    assert needs_data(*made)
