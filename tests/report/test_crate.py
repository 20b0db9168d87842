"""The crate: everything that it names is in it, and every record is an action of the workflow."""

import hashlib
import json
import zipfile

import pytest
import yaml

from specar.base.errors import SpecarError
from specar.outputs.crate import METADATA, write_crate

from .conftest import Results


def references(value):
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_a_crate_is_whole(tmp_path):
    results = Results(tmp_path)
    first, second, *_ = results.plan.runs
    with pytest.raises(SpecarError, match="no run of this configuration has a record"):
        write_crate(results.plan, tmp_path / "crate.zip")
    results.finish(first)
    results.finish(second)
    results.plan.tables.mkdir()
    (results.plan.tables / "numbers.csv").write_text("a\n1\n")
    with zipfile.ZipFile(write_crate(results.plan, tmp_path / "crate.zip")) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    graph = json.loads(files[METADATA])["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert len(entities) == len(graph)
    local = {name for name in references(graph) if not name.startswith("http")}
    assert local <= set(entities)
    parts = {part["@id"] for part in entities["./"]["hasPart"]}
    assert parts == set(files) - {METADATA}
    for name in parts - {"Snakefile"}:
        assert entities[name]["sha256"] == hashlib.sha256(files[name]).hexdigest()
    actions = [entity for entity in graph if entity["@type"] == "CreateAction"]
    assert {action["result"]["@id"] for action in actions} == {f"records/{n}.json" for n in (first, second)}
    assert all(action["instrument"]["@id"] == "Snakefile" for action in actions)
    record = json.loads(files[f"records/{first}.json"])
    assert record["sha256"] in actions[0]["description"]
    assert yaml.safe_load(files["codecheck.yml"])["manifest"][0]["file"] == "tables/numbers.csv"
    assert json.loads(files["codemeta.json"])["license"] == "https://spdx.org/licenses/MIT"
    assert json.loads(files[".zenodo.json"])["upload_type"] == "software"
