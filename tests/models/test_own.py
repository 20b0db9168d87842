"""Models of one's own: what is wrong is a line with its place, and what a number came from is known."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from specar.base.errors import SpecarError
from specar.cli import main
from specar.config import RunConfig, expand, parse_config, run_id
from specar.config.tasks import TASK_INFO
from specar.models import build_model, spec_of
from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape
from specar.runs.train import train
from specar.tasks import make_task

from ..conftest import OF_TASK, config_values

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "specar" / "models" / "example.py").read_text()
SHAPE = SeriesShape(3, 24, 12)
NET = """
from torch import nn
class Net(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.map = nn.Linear(shape.seq_len, shape.pred_len or shape.seq_len)
    def forward(self, x, *more, **others):
        return {output}
def build(config, shape):
    return Net(shape)
"""
OUTPUT = "self.map(x.transpose(1, 2)).transpose(1, 2)"
GOOD = NET.format(output=OUTPUT)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder; models imported from it are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec_of.cache_clear()
    yield tmp_path
    spec_of.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def write(place):
    """Return a function that writes a module; it is compiled anew each time."""

    def written(text, name="mine"):
        (place / f"{name}.py").write_text(text)
        spec_of.cache_clear()
        sys.modules.pop(name, None)

    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    yield written
    sys.dont_write_bytecode = before


def values_of(**changes):
    """Runs of the small datasets by a model of one's own."""
    return config_values(
        **{"models": {"mine": {"module": "mine"}}, "run_models": ["mine"], "model": {}, **changes}
    )


def runs_of(**changes):
    return list(expand(parse_config(values_of(**changes))).values())


def trained(run, prepared_folders, folder, **execution):
    config = parse_config(values_of(execution={"device": "cpu", "threads": 1, **execution}))
    return train(run, prepared_folders / run.dataset, folder, config.execution)


# Importing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", r"model module 'mine' \(.*mine\.py\) has no build\(config, shape\)"),
        ("x =\n", r"'mine' cannot be imported: SyntaxError: invalid syntax \(mine\.py:1\)"),
        ("x = 1\ny = [][0]\n", r"IndexError: list index out of range \(mine\.py:2\)"),
        ("import nowhere\n", r"ModuleNotFoundError: No module named 'nowhere' \(mine\.py:1\)"),
        ("from specar.models.base import Nothing\n", r"ImportError: cannot import name .* \(mine\.py:1\)"),
        ("raise SystemExit(0)\n", r"SystemExit: 0 \(mine\.py:1\)"),
        ("raise ValueError('a\\nb')\n", r"ValueError: a b \(mine\.py:1\)"),
        ("raise ValueError\n", r"ValueError: no message \(mine\.py:1\)"),
        (GOOD + "Config = 5\n", "its Config is no pydantic class"),
        (GOOD + "class Config: pass\n", "its Config is no pydantic class"),
        (GOOD + "work = 5\n", "its work is no function"),
        (GOOD + "TASKS = ['imputatoin']\n", "TASKS of mine has no task 'imputatoin'; known: long_term_fore"),
        (GOOD + "TASKS = 5\n", "its TASKS are no names of tasks"),
        (GOOD + "\0", "SyntaxError: source code string cannot contain null bytes|ValueError: source"),
    ],
)  # fmt: skip
def test_a_module_that_is_no_model_is_one_line_with_its_place(write, text, message):
    write(text)
    with pytest.raises(SpecarError, match=message) as caught:
        runs_of()
    assert str(caught.value).startswith("models.mine: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("module", ["nothing", "nothing.inside", "specar.nothing", "mine.inside"])
def test_a_module_that_is_not_there_says_where_it_was_looked_for(write, module):
    write(GOOD)
    with pytest.raises(
        SpecarError, match=f"model module '{module}': .*No module named.*of the working folder"
    ):
        spec_of(module)


def test_modules_in_folders_and_of_names_that_the_package_has(write, place):
    (place / "package").mkdir()
    for name in ("package/__init__", "package/mine", "base"):  # specar/models/base.py is no model
        write(GOOD, name)
    assert spec_of("package.mine").module == "package.mine"
    assert spec_of("package").sha256 != spec_of("package.mine").sha256
    assert spec_of("base").module == "base"
    write(GOOD, "dlinear")
    with pytest.raises(SpecarError, match=r"'dlinear' is both dlinear\.py and a model of the project"):
        spec_of("dlinear")
    assert spec_of("specar.models.dlinear").builtin


def test_two_names_of_a_module_of_the_project_are_one_model():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "models": ["specar"]}
    ids = [
        list(expand(parse_config({"models": {"specar": {"module": name}}, "matrix": [entry]})))
        for name in ("specar", "specar.models.specar")
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("command", [["specar"], ["-m", "specar"]])
def test_commands_find_a_module_in_the_working_folder(write, place, command):
    write(GOOD)
    (place / "config.yaml").write_text(yaml.safe_dump(values_of()))
    program = (
        [str(Path(sys.executable).with_name("specar"))]
        if command == ["specar"]
        else [sys.executable, *command]
    )
    options = {"cwd": place, "env": {"PYTHONPATH": str(ROOT)}, "capture_output": True, "text": True}
    done = subprocess.run([*program, "runs", "--ids", "--config", "config.yaml"], **options)
    assert done.returncode == 0, done.stderr
    assert "-mine-notop-" in done.stdout


# Settings


def with_config(text):
    return f"from typing import *\nfrom pydantic import *\nclass Config(BaseModel):\n    {text}\n{GOOD}"


@pytest.mark.parametrize("extra", ["", "model_config = ConfigDict(extra='allow')\n    "])
def test_settings_of_a_plain_class_are_checked_and_make_the_id(write, extra):
    write(with_config(f"{extra}size: int = Field(3, alias='groesse')\n    name: str = 'a'"))
    models = {"mine": {"module": "mine", "settings": {"size": 4}}}
    names = [{run_id(run) for run in runs_of(**change)} for change in ({}, {}, {"models": models})]
    assert names[0] == names[1]
    assert not names[0] & names[2]
    for run in runs_of(models=models):
        assert run.model.settings.size == 4
        assert run_id(RunConfig.model_validate(json.loads(run.model_dump_json()))) == run_id(run)
    for settings, message in (
        ({"sise": 1}, r"unknown setting sise \(did you mean size\?\)"),
        ({"size": "x"}, "size: .*valid integer.*'x'"),
        ({"top": True}, "top is an axis of the matrix"),
    ):
        with pytest.raises(SpecarError, match=message) as caught:
            runs_of(models={"mine": {"module": "mine", "settings": settings}})
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: set[str] = {'a', 'b'}", "lists in place of sets"),
        ("names: dict[str, Any] = {'x': [{'a'}]}", "lists in place of sets"),
        ("seed: float = Field(default_factory=__import__('random').random)", "fixed defaults"),
        ("what: Any = object()", "cannot be written into a record"),
        ("limit: float = float('inf')", "cannot be written into a record"),
        ("size: int\n    @computed_field\n    def twice(self) -> int: return 2", "unknown setting twice"),
        ("size: int\n    @field_validator('size')\n    def odd(cls, value): return {}[value]",
         r"its Config raises: KeyError: 3 \(mine\.py:6\)"),
        ("size: int\n    @field_validator('size')\n    def odd(cls, value): return value + 1",
         "as they were"),
    ],
)  # fmt: skip
def test_settings_that_would_change_on_the_way_through_a_record_are_refused(write, text, message):
    write(with_config(text))
    settings = {"size": 3} if text.startswith("size") else {}
    with pytest.raises(SpecarError, match=message) as caught:
        runs_of(models={"mine": {"module": "mine", "settings": settings}})
    assert "\n" not in str(caught.value)


def test_a_model_without_settings_has_none(write):
    write(GOOD)
    with pytest.raises(SpecarError, match="unknown setting size; mine declares no Config"):
        runs_of(models={"mine": {"module": "mine", "settings": {"size": 3}}})


# The matrix


def test_labels_tell_settings_of_one_module_apart(write):
    write(EXAMPLE)
    models = {
        "Mine-A": {"module": "mine", "settings": {"hidden": 2}},
        "mine.B": {"module": "mine", "training": {"epochs": 1}},
    }
    more = {"models": models, "matrix": [{"task": "imputation", "datasets": ["Small"]}]}
    everywhere = {**more, "training": {"batch_size": 16}}  # what a configuration says of all comes last
    runs = runs_of(run_models=["specar", "Mine-A", "mine.B"], top=[False, True], **everywhere)
    assert len(runs) == 4  # TOP is an axis of SpecAR-Net alone
    found = {run.key.model: (getattr(run.model.settings, "hidden", None), run.training) for run in runs}
    assert [found[label][0] for label in ("specar", "Mine-A", "mine.B")] == [None, 2, 64]
    assert found["mine.B"][1].epochs == 1 != found["Mine-A"][1].epochs
    assert {training.batch_size for _, training in found.values()} == {16}
    differences = {"mine.B": {"settings": {"hidden": 5}, "training": {"batch_size": 2}}}
    experiment = {**config_values()["experiments"]["imputation"]["Small"], "models": differences}
    changed = {**more, "experiments": {"imputation": {"Small": experiment}}, "training": {}}
    (run,) = runs_of(run_models=["mine.B"], **changed)
    assert (run.model.settings.hidden, run.training.batch_size, run.training.epochs) == (5, 2, 1)


def test_every_model_of_ones_own_is_done_by_default(write):
    write(EXAMPLE)
    runs = runs_of(run_models=None, models={"b": {"module": "mine"}, "A": {"module": "mine"}})
    assert list(dict.fromkeys(run.key.model for run in runs)) == ["specar", "specar-released", "b", "A"]


def test_a_task_that_a_model_lacks_is_left_out_or_refused(write):
    write(GOOD + "TASKS = 'imputation'\n")
    matrix = [{"task": task, "datasets": [OF_TASK[task]]} for task in ("imputation", "classification")]
    assert [run.task for run in runs_of(matrix=matrix)] == ["imputation"]
    with pytest.raises(SpecarError, match="model mine cannot do classification; leave it out"):
        runs_of(matrix=[{**matrix[1], "models": ["specar", "mine"]}])
    with pytest.raises(SpecarError, match="the matrix asks for no run"):
        runs_of(matrix=matrix[1:])


@pytest.mark.parametrize(
    "models",
    [
        {"specar": {"module": "mine"}},
        {"specar": {"settings": {"architecture": "released"}}},
        {"specar-released": {"settings": {"architecture": "paper"}}},
        {"dlinear": {"module": "mine"}},
    ],
)
def test_labels_of_the_project_keep_their_models(models):
    with pytest.raises(SpecarError, match=r"give another model a label of its own"):
        parse_config({"models": models})


# What is built, and what it returns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def build(config, shape):\n    return shape.nothing\n",
         r"model 'mine': build raises: AttributeError: .*nothing' \(mine\.py:2\)"),
        ("from torch import nn\ndef build(config, shape):\n    return nn.Linear('a', 2)\n",
         r"TypeError: .*mine\.py:3\)"),
        ("def build(config): return 1\n", r"build raises: TypeError: build\(\) takes 1 positional argument"),
        ("import sys\ndef build(config, shape):\n    sys.exit('done')\n", r"SystemExit: done \(mine\.py:3\)"),
        ("def build(config, shape):\n    return None\n", "returned a NoneType, not a torch nn.Module"),
        ("from torch import nn\ndef build(config, shape):\n    return nn.Linear\n", "returned a type, not"),
        ("from torch import nn\ndef build(config, shape):\n    return nn.ReLU()\n", "has nothing to train"),
        ("from torch import nn\ndef build(config, shape):\n    return nn.LazyLinear(2)\n", "has lazy layers"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_one_line_with_its_place(write, text, message):
    write(text)
    with pytest.raises(SpecarError, match=message) as caught:
        build_model("mine", spec_of("mine").settings({}), SHAPE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("x", r"returned output of shape \(16, 24, 3\); wanted is \(16, 12, 3\)"),
        (f"{OUTPUT}[0]", r"returned output of shape \(12, 3\)"),
        (f"({OUTPUT}, None)", "returned a tuple; wanted is a tensor, or a ModelOutput of one"),
        ("None", "returned a NoneType"),
        ("__import__('specar.models.base').models.base.ModelOutput(None, None)", "returned a ModelOutput"),
        (f"({OUTPUT}).argsort(1)", "of type torch.int64; wanted are floating-point"),
        (f"({OUTPUT}).detach()", "an output that depends on no parameter"),
        (f"__import__('specar.models.base').models.base.ModelOutput({OUTPUT}, x[..., 0])",
         "returned order_values of shape"),
        ("x @ x", r"its code raises: RuntimeError: .*\(mine\.py:8\)"),
        ("self.nothing", r"its code raises: AttributeError: .*nothing.*\(mine\.py:8\)"),
    ],
)  # fmt: skip
def test_a_bad_output_ends_the_run_in_one_line(write, prepared_folders, tmp_path, output, message):
    write(NET.format(output=output))
    (run, *_) = runs_of()
    with pytest.raises(SpecarError, match=message) as caught:
        trained(run, prepared_folders, tmp_path / "run")
    assert "\n" not in str(caught.value)
    (attempt,) = json.loads((tmp_path / "run" / "status.json").read_text())["attempts"]
    assert (attempt["state"], attempt["error"]["message"]) == ("failed", str(caught.value))
    assert not (tmp_path / "run" / "metrics.json").exists()


@pytest.mark.parametrize("task", TASK_INFO)
def test_a_tensor_is_enough_in_every_task(write, prepared_folders, tmp_path, task):
    write(EXAMPLE)
    (run,) = runs_of(matrix=[{"task": task, "datasets": [OF_TASK[task]]}])
    record = trained(run, prepared_folders, tmp_path / "run")
    assert record["model"] == "mine"
    assert record["run_id"].startswith(f"{run.key}-")
    assert record["metrics"]
    assert (tmp_path / "run" / "examples.json").exists()


TOP = """
from pydantic import BaseModel
from specar.models.base import ModelOutput
class Config(BaseModel):
    top: bool = False
""" + GOOD.replace(f"return {OUTPUT}", "out = " + OUTPUT + "\n        return {returned}") + """
{extra}
"""  # fmt: skip
ORDERED = "ModelOutput(out, __import__('torch').cat([x, out], 1).sum(-1))"


def test_top_of_ones_own_model_is_trained_or_refused(write, prepared_folders, tmp_path):
    loss = "Net.order_loss = lambda self, values, segments, share=1.0: share * values.square().mean()"
    write(TOP.replace("{returned}", ORDERED).replace("{extra}", loss))
    plain, ordered = runs_of(
        matrix=[{"task": "long_term_forecast", "datasets": ["Small"]}], top=[False, True]
    )
    assert (plain.key.top, ordered.key.top) == (False, True)
    records = [trained(run, prepared_folders, tmp_path / run_id(run)) for run in (plain, ordered)]
    assert records[0]["metrics"] != records[1]["metrics"]
    for returned, extra in ((ORDERED, ""), ("out", loss)):
        write(TOP.replace("{returned}", returned).replace("{extra}", extra))
        with pytest.raises(SpecarError, match="no order_values, or has no order_loss, which its setting top"):
            trained(ordered, prepared_folders, tmp_path / "refused")


# Time and batches


@pytest.mark.parametrize("wanted", [False, True])
def test_a_forecast_gets_the_time_of_its_steps_where_the_model_asks_for_it(write, data, wanted):
    write(f"{GOOD}FUTURE_TIME = {wanted}\n")
    (run,) = runs_of(matrix=[{"task": "long_term_forecast", "datasets": ["Small"]}])
    task, given = make_task(run, data, torch.device("cpu")), {}
    model = build_model("mine", run.model.settings, task.shape)
    model.register_forward_pre_hook(lambda *parts: given.update(parts[2]), with_kwargs=True)
    task.loss(model, (torch.tensor([3, 5]),))
    rows = torch.tensor([[3], [5]]) + torch.arange(run.seq_len, run.seq_len + run.horizon)
    expected = torch.from_numpy(data.time_features)[rows]
    assert [*given] == ["future_time_features"] * wanted
    assert all(torch.equal(values, expected) for values in given.values())


@pytest.mark.parametrize(("protocol", "size"), [("published", 16), ("strict", 1)])
def test_batches_of_a_model_that_depends_on_them_are_kept(write, data, tmp_path, protocol, size):
    cpu = torch.device("cpu")
    for dependent, expected in ((True, size), ("training", 7), (False, 7)):
        write(f"{GOOD}BATCH_DEPENDENT = {dependent!r}\n")
        (run,) = runs_of(protocol=protocol, matrix=[{"task": "imputation", "datasets": ["Small"]}])
        task = make_task(run, data, cpu, 7, run.seed)
        assert {len(part) for part in task.batches(torch.arange(64))} - {64 % expected} == {expected}


def test_they_are_not_split_where_memory_does_not_suffice(write, prepared_folders, tmp_path):
    short = "    def forward(self, x, *more, **others):\n        if len(x) > 3: raise MemoryError\n"
    text = GOOD.replace("    def forward(self, x, *more, **others):\n", short)
    for dependent in (False, True, "training"):
        write(f"{text}BATCH_DEPENDENT = {dependent!r}\n")
        (run,) = runs_of(matrix=[{"task": "imputation", "datasets": ["Small"]}])
        if dependent:
            with pytest.raises(SpecarError, match="out of memory"):
                trained(run, prepared_folders, tmp_path / "dependent")
        else:
            record = trained(run, prepared_folders, tmp_path / "independent")
            assert record["training"]["micro_batches"] == 8


def test_they_do_not_follow_how_a_run_is_executed(write, prepared_folders, tmp_path):
    write(GOOD.replace(OUTPUT, f"{OUTPUT} - x.mean()") + "BATCH_DEPENDENT = True\n")
    (run,) = runs_of(matrix=[{"task": "imputation", "datasets": ["Small"]}])
    records = [
        trained(run, prepared_folders, tmp_path / str(size), eval_batch_size=size) for size in (5, 256)
    ]
    assert records[0]["metrics"] == records[1]["metrics"]
    assert {record["training"]["eval_batch_size"] for record in records} == {16}


# Where a number comes from


def test_the_hash_of_the_code_is_in_the_record_and_not_in_the_id(write, prepared_folders, tmp_path, caplog):
    write(GOOD)
    run, *_ = runs_of()
    record = trained(run, prepared_folders, tmp_path / "run")
    sha256 = spec_of("mine").sha256
    assert record["provenance"]["model"] == {"module": "mine", "sha256": sha256}
    caplog.clear()
    assert trained(run, prepared_folders, tmp_path / "run") == record
    assert not [line for line in caplog.records if line.levelname == "WARNING"]
    write(GOOD + "# changed\n")
    again, *_ = runs_of()
    assert run_id(again) == run_id(run)
    assert trained(again, prepared_folders, tmp_path / "run") == record
    (warning,) = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert f"was trained with other code of its model mine (sha256 {sha256[:12]}, now " in warning
    assert f"delete {tmp_path / 'run'} to train it again" in warning


def test_a_checkpoint_of_other_code_is_not_gone_on_from(
    write, prepared_folders, tmp_path, monkeypatch, caplog
):
    write(GOOD)
    run, *_ = runs_of()

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("specar.training.trainer.Trainer.test", stop)
        with pytest.raises(KeyboardInterrupt):
            trained(run, prepared_folders, tmp_path / "run")
    write(GOOD + "# changed\n")
    record = trained(run, prepared_folders, tmp_path / "run")
    assert "model code" in caplog.text
    assert record["provenance"]["interrupted_processes"] == []


def test_records_of_models_of_the_project_leave_the_hash_to_git(prepared_folders, make_run, tmp_path):
    run = make_run("imputation")
    assert "model" not in trained(run, prepared_folders, tmp_path / "run")["provenance"]


def test_work_that_fails_leaves_the_time_untold(write, place, caplog, capsys):
    for text, problem in (
        ("def work(config, shape):\n    return 1 / 0\n", r"model 'mine': work raises: ZeroDivisionError"),
        ("def work(config, shape):\n    return 5\n", "model 'mine': work returned a int, no Work"),
    ):
        write(GOOD + text)
        (place / "config.yaml").write_text(yaml.safe_dump(values_of(use_cache=False)))
        caplog.clear()
        assert main(["status", "--config", "config.yaml"]) == 0
        assert caplog.text.count(problem) <= 1
        assert "or of a model without 'work'" in capsys.readouterr().out


# The template


def test_a_new_model_can_be_trained_as_it_is(place, capsys, prepared_folders, tmp_path):
    assert main(["new-model", "Fresh_1"]) == 0
    assert len((place / "Fresh_1.py").read_text().splitlines()) <= 35
    entry = yaml.safe_load(capsys.readouterr().out.partition("\n\n")[2])
    for run in runs_of(**entry, run_models=["Fresh_1"]):
        assert run.model.settings.hidden == 64
        assert trained(run, prepared_folders, tmp_path / run_id(run))["metrics"]


@pytest.mark.parametrize(
    "name", ["taken", "torch", "random", "specar", "dlinear", "class", "1st", "a-b", "a/b", "x_", ""]
)
def test_a_new_model_overwrites_and_hides_nothing(place, capsys, name):
    (place / "taken.py").write_text("mine\n")
    assert main(["new-model", name]) == 1
    error = capsys.readouterr().err
    assert error.startswith("specar: error: ")
    assert len(error.splitlines()) == 1
    assert [path.name for path in place.iterdir()] == ["taken.py"]
    assert (place / "taken.py").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("readme", "before"), [("README.md", "# mine.py\n"), ("specar/models/README.md", "```python\n")]
)
def test_the_model_of_the_readme_works(write, readme, before):
    code = (ROOT / readme).read_text().partition(before)[2].partition("```")[0]
    assert len([line for line in code.splitlines() if line]) <= 15
    write(code)
    model = build_model("mine", spec_of("mine").settings({}), SHAPE)
    out = model(torch.randn(2, 24, 3), torch.randn(2, 24, 4))
    assert isinstance(out, ModelOutput)
    assert out.output.shape == (2, 12, 3)
    assert spec_of("mine").tasks < set(TASK_INFO)
