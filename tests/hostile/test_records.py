"""Records that were damaged or edited: each is refused by name in one line, and nothing of it is believed."""

import copy
import json
import random
import shutil
from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.config import load_config
from specar.results.ledger import ledger_of
from specar.runs.cached import find_cells
from specar.runs.examples import read_examples
from specar.runs.records import (
    damage_of,
    read_floor,
    read_record,
    record_or_damage,
    sealed,
    set_aside,
)
from specar.runs.status import status_of
from specar.runs.store import plan_of, read_plan, write_plan

ROOT = Path(__file__).parents[2]
SAMPLE, ALL = 40, 400
# What stands in place of a value; none of them is what a record has there.
WRONG = (None, "", "0.1", -1.0, [], {}, [[[]]], "\x00", 10**400, True, {"a": {"b": 1}})


@pytest.fixture(scope="module")
def plan():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return plan_of(load_config("config/cached.yaml"))


@pytest.fixture(scope="module")
def name(plan):
    return next(name for name in plan.runs if plan.runs[name].task == "long_term_forecast")


def places(value, path=()):
    """Paths of all values of a record, but those of its configuration, which many texts can say."""
    if path[:1] == ("config",):
        return
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(record, path, value):
    made = copy.deepcopy(record)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if value is changed:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


def damages(record, seed):
    """Seeded texts of records that are not the one given, most of them of one small change."""
    draw, paths = random.Random(seed), list(places(record))
    text = json.dumps(record, indent=2).encode()
    while True:
        place, wrong = draw.choice(paths), draw.choice([*WRONG, changed])
        yield json.dumps(changed(record, place, wrong)).encode()
        if place[0] in ("metrics", "parameters", "run_id", "seed", "top", "format", "data"):
            # With a hash of its own, as somebody may write it who edits a record.
            yield json.dumps(sealed(changed(record, place, draw.choice([None, -1.0, [], changed])))).encode()
        at = draw.randrange(len(text))
        yield text[:at] + bytes([text[at] ^ (1 << draw.randrange(8))]) + text[at + 1 :]
        yield text[:at]
        yield b"[" * draw.randrange(1, 10**5) + text
        yield text.replace(b'"mse": 0', b'"mse": ' + draw.choice([b"NaN", b"-Infinity", b"1", b"1e400"]), 1)


def check(plan, name, folder, content):
    """Whether content was refused in one line; texts that say the same record are passed over."""
    record = json.loads(plan.record_file(name).read_text())
    path = folder / f"{name}.json"
    path.write_bytes(content)
    found, said = None, ""
    try:
        found = read_record(path, plan.run(name))
    except SpecarError as error:
        said = str(error)
    assert found in (None, record), "believed although it says something else"
    assert found or (str(path) in said and "\n" not in said), said
    return found is None


def refused(plan, name, folder, number):
    record, count = json.loads(plan.record_file(name).read_text()), 0
    for content, _ in zip(damages(record, 1), range(number), strict=False):
        count += check(plan, name, folder, content)
    return count


def test_a_damaged_record_is_refused_in_one_line(plan, name, tmp_path):
    assert refused(plan, name, tmp_path, SAMPLE) > 0.9 * SAMPLE


@pytest.mark.hostile
def test_every_damaged_record_is_refused_in_one_line(plan, name, tmp_path):
    assert refused(plan, name, tmp_path, ALL) > 0.9 * ALL


def test_the_record_of_another_run_is_refused(plan, name, tmp_path):
    other = next(run for run in plan.runs if run != name)
    path = tmp_path / "record.json"
    shutil.copy(plan.record_file(other), path)
    with pytest.raises(SpecarError, match=f"is not the record of {name}"):
        read_record(path, plan.run(name))


def test_an_edited_number_is_found_by_name(plan, name, tmp_path):
    record = json.loads(plan.record_file(name).read_text())
    record["metrics"]["mse"] /= 2
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(record))
    assert "was edited: its content is not that of its sha256" in damage_of(path, name)


def test_one_damaged_record_costs_its_own_cell_and_is_made_again(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(ROOT)
    values = load_config("config/cached.yaml").model_copy(
        update={
            "results": str(tmp_path / "results"),
            "use_cache": False,
            "ablations": {},
            "run_ablations": [],
        }
    )
    shipped, plan = plan_of(load_config("config/cached.yaml")), plan_of(values)
    done = [run for run in plan.runs if run in shipped.cached_runs]
    for run in done:
        place = plan.own_record_file(run)
        place.parent.mkdir(parents=True)
        shutil.copy(shipped.record_file(run), place)
    whole = ledger_of(plan)
    hurt = next(run for run in done if plan.runs[run].dataset == "JapaneseVowels")
    plan.own_record_file(hurt).write_text('{"run_id": NaN}')
    ledger = ledger_of(plan)
    assert "not valid JSON" in ledger.failed[hurt]
    assert record_or_damage(plan, hurt)[0] is None
    differ = ledger.cells.loc[whole.cells["ours"].fillna(-1) != ledger.cells["ours"].fillna(-1)]
    assert set(differ["dataset"]) == {"JapaneseVowels"}
    status = status_of(plan, hurt)
    assert (status.state, status.reason) == ("damaged", ledger.failed[hurt])
    set_aside(plan.own_record_file(hurt), damage_of(plan.own_record_file(hurt), hurt))
    assert not plan.own_record_file(hurt).exists()
    assert "it is set aside and made again" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        lambda one: one.clear(),
        lambda one: one.update(prediction=[1.0]),
        lambda one: one.update(target="x"),
        lambda one: one.update(input=[]),
        lambda one: one.update(quantile=0.7),
        lambda one: one.update(mse=None),
    ],
)
def test_examples_that_no_figure_can_draw_are_refused(plan, name, tmp_path, damage):
    content = json.loads(plan.examples_file(name).read_text())
    path = tmp_path / "examples.json"
    maps = {**content["maps"], "features": {**content["maps"]["features"], "values": [[1.0], []]}}
    path.write_text(json.dumps({**content, "maps": maps}))
    with pytest.raises(SpecarError, match="rows of one length"):
        read_examples(path, name)
    for kept in (content["examples"][:1], content["examples"]):
        damage(kept[-1])
        path.write_text(json.dumps({**content, "examples": kept}))
        with pytest.raises(SpecarError, match=r"examples\.json is damaged: "):
            read_examples(path, name)


def test_a_damaged_floor_is_refused(plan, tmp_path):
    cell = next(cell for cell in plan.cells if plan.cells[cell].task == "long_term_forecast")
    record = json.loads(plan.floor_file(cell, "last_value").read_text())
    path = tmp_path / "last_value.json"
    path.write_text(json.dumps({**record, "metrics": {"mse": 0.0}}))
    with pytest.raises(SpecarError, match="was edited"):
        read_floor(path, plan.cell(cell))


def test_a_cell_with_a_damaged_cached_floor_is_done_again(plan, tmp_path):
    shutil.copytree(plan.cache / "floors", tmp_path / "floors")
    whole = find_cells(tmp_path, plan.cells)
    hurt = min(whole)
    path = next((tmp_path / "floors" / hurt).glob("*.json"))
    path.write_text(path.read_text().replace('"metrics"', '"metric"', 1))
    assert find_cells(tmp_path, plan.cells) == whole - {hurt}
    assert find_cells(tmp_path, plan.cells, damaged=True) == whole  # where nothing is computed


def test_an_edited_plan_is_refused(plan, tmp_path):
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    content = json.loads(path.read_text())
    content["runs"].popitem()
    path.write_text(json.dumps(content))
    with pytest.raises(SpecarError, match="was edited"):
        read_plan(path)
