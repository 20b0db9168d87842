"""Bad configurations, all made from seeds: each is one clear line within two seconds, and none is taken."""

from __future__ import annotations

import copy
import itertools
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from specar.cli import main
from specar.config import Config, load_config, parse_config, run_id
from specar.runs.store import plan_of

ROOT = Path(__file__).parents[2]
SECONDS = 2.0
HUGE = 10**11

VALID: dict[str, Any] = yaml.safe_load("""
results: out
cache: kept
note: a note
seeds: [1]
top: [false]
run_models: [specar, mine]
data: {dir: data, mirror: mirror}
execution: {device: cpu, threads: 1, jobs_per_gpu: 1, eval_batch_size: 8, gpus: [0]}
matrix:
- task: long_term_forecast
  datasets: [Own]
  horizons: [12]
  seeds: [1]
  models: [mine]
  training: {epochs: 1}
  model: {d_model: 4}
- {task: imputation, datasets: [Own], mask_ratios: [0.25]}
- {task: anomaly_detection, datasets: [Two], task_settings: {anomaly_ratio: 5}}
models:
  mine: {module: specar, settings: {conv_layers: 2}, title: Mine}
model:
  {d_model: 4, d_ff: 4, e_layers: 1, conv_layers: 2, dilations: [1, 3], window_length: 4, n_fft: 8,
   hop_length: 1, dropout: 0.1, top_weight: 0.1, top_from_epoch: 1}
training: {learning_rate: 0.01, epochs: 1, batch_size: 16, patience: 1, clip_norm: 1.0}
task_settings: {history: 1.5, train_stride: 1, test_stride: 1, anomaly_ratio: 1, val_share: 0.2}
experiments:
  long_term_forecast: {any: {seq_len: 24, horizons: {12: {}}}}
  imputation: {Own: {seq_len: 24, mask_ratios: {0.25: {}}}}
  anomaly_detection: {Two: {seq_len: 20}}
datasets:
  Own:
    title: own
    licence: own
    source: here
    folder: own
    files: [{name: own.csv, urls: ["https://example.org/own.csv"], bytes: 100}]
    splits: {train: 0.7, val: 0.1, test: 0.2}
    seasonality: 24
    channels: 3
  Two:
    format: npy
    title: own
    licence: own
    source: here
    folder: own
    files:
    - {name: train.npy, archives: [{url: "https://example.org/a.zip", member: a}]}
    - {name: test.npy, archives: [{url: "https://example.org/a.zip", member: b}]}
    - {name: labels.npy, archives: [{url: "https://example.org/a.zip", member: c}]}
ablations:
  mine:
    title: t
    question: q
    entries: [{task: imputation, datasets: [Own]}]
    levels: {a: {model: {d_model: 4}}, b: {model: {d_model: 8}}}
run_ablations: [mine]
""")

Place = tuple[str | int, ...]


def leaves(value: Any, place: Place = ()) -> list[tuple[Place, Any]]:
    """Every place of a configuration with a value that is no mapping or list."""
    items = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if items is None:
        return [(place, value)]
    return [leaf for key, one in items for leaf in leaves(one, (*place, key))]


def changed(place: Place, value: Any) -> dict[str, Any]:
    values: Any = copy.deepcopy(VALID)
    at = values
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    return values  # type: ignore[no-any-return]


def renamed(place: Place, name: Any) -> dict[str, Any]:
    """The same with the last key of a place called otherwise."""
    values = copy.deepcopy(VALID)
    at: Any = values
    for part in place[:-1]:
        at = at[part]
    at[name] = at.pop(place[-1])
    return values


def text_of(values: Any) -> str:
    return yaml.safe_dump(values, sort_keys=False)


WHOLE = [True, -1, 2.5, HUGE, 1e12, "many", "1e12", [[1]], {"a": 1}, "9" * 400, ".inf", float("nan")]
SHARE = [True, -1.0, float("nan"), float("inf"), "some", [], {"a": 1}, "0x", "9" * 5000 + "e999"]
TEXT = [True, 3, 2.5, [], {}, "a\0b", "a\x1b[31mb", "\x85", "a\x7f"]
SIGNS = ["", " ", "a\nb", "a\0b", "a\x1bb", "x" * 300, "a{b}"]
FOLDERS = [
    *SIGNS,
    ".",
    "..",
    "/",
    "-rf",
    "--config",
    "~nobody-here/x",
    "a/" + "ü" * 200,
    "n/" * 1500,
    True,
    3,
]
RELATIVE = [
    *SIGNS[:1],
    "a\nb",
    "a\0b",
    "x" * 300,
    ".",
    "..",
    ".x",
    "a/",
    "a/.",
    "a/../b",
    "/a",
    "a\\b",
    "a//b",
    "-a",
]
URLS = [
    "",
    " ",
    "file:",
    "file:///etc/passwd",
    "file:/etc/passwd",
    "ftp://example.org/x",
    "javascript:alert(1)",
    "http:",
    "http://",
    "http:///x",
    "https://:80/",
    "http://example.org:99999/x",
    "http://[::1",
    "example.org/x",
    "nonsense",
    "://x",
    "http://a b/x",
    "http://x/\n",
    True,
    None,
    3,
]
LABELS = ["", ".", "..", ".x", "x/", "x/.", "a/b", "a b", "a\nb", "a\0b", "-x", "x.", "x" * 41, "ü"]
LEVELS = ["", " ", ".", "..", ".x", "x/", "x/.", "a\nb", "a\0b", "{x}", "x" * 81]
DATASETS = ["", ".", "..", "a_b", "a/b", "a b", "-a", "a\n", "a\0", "x" * 61, "../x"]
ABLATIONS = ["", ".", "A", "a-b", "a/b", "a b", "1a", "a\n", "x" * 61]
SPLITS = [True, False, 0, -0.1, "half", None, [], float("nan"), 10**13]


def structured() -> dict[str, str]:
    """Valid configurations with one thing wrong in each."""
    cases: dict[str, dict[str, Any]] = {}

    def add(place: Place, bad: Any, make: Any = changed) -> None:
        name = f"{'.'.join(map(str, place))}={bad!r:.24}"
        cases[name.encode("ascii", "backslashreplace").decode()] = make(place, bad)

    for place, value in leaves(VALID):
        if isinstance(value, bool) or place[0] in ("run_models", "run_ablations"):
            continue
        if isinstance(value, int):
            skip = ("anomaly_ratio",)
            for bad in SHARE if place[-1] in skip else WHOLE:
                if place[-1] != "bytes" or bad not in (HUGE, 1e12):  # a file may be as large
                    add(place, bad)
        elif isinstance(value, float) and "splits" not in place and "mask_ratios" not in place:
            for bad in SHARE:
                add(place, bad)
    for part in ("train", "val", "test"):
        for bad in SPLITS:
            add(("datasets", "Own", "splits", part), bad)
    for place in (("results",), ("cache",), ("data", "dir"), ("data", "mirror")):
        for bad in FOLDERS:
            add(place, bad)
    for bad in [bad for bad in URLS if bad not in (None, "example.org/x", "nonsense", "://x")]:
        add(("data", "mirror"), bad)
    for place in (("datasets", "Own", "folder"), ("datasets", "Own", "files", 0, "name")):
        for bad in RELATIVE:
            add(place, bad)
    for bad in URLS:
        add(("datasets", "Own", "files", 0, "urls", 0), bad)
        add(("datasets", "Two", "files", 1, "archives", 0, "url"), bad)
    for place in (
        ("note",),
        ("datasets", "Own", "title"),
        ("models", "mine", "title"),
        ("ablations", "mine", "title"),
    ):
        for bad in TEXT:
            add(place, bad)
    for place, names in (
        (("models", "mine"), LABELS),
        (("ablations", "mine", "levels", "a"), LEVELS),
        (("datasets", "Own"), DATASETS),
        (("ablations", "mine"), ABLATIONS),
    ):
        for bad in names:
            add(place, bad, renamed)
    for bad in ([], [-1], [True], ["a"], [0, 0], [1000], ["GPU-" + "x" * 500], ["9" * 5000], [1.5], "0"):
        add(("execution", "gpus"), bad)
    for bad in (["paper"], "released", 1, True, {}, ["released", "paper"]):
        add(("model", "architecture"), bad)
        add(("models", "mine", "settings", "architecture"), bad)
    for bad in (
        "",
        ".",
        ".x",
        "x/",
        "x/.",
        "no_such_module",
        "os",
        "a b",
        "x" * 300,
        "a\0b",
        "specar\n",
        None,
        3,
    ):
        add(("models", "mine", "module"), bad)
    for bad in (["nope"], [], [True], "specar", [["specar"]], ["../x"]):
        add(("run_models",), bad)
        add(("matrix", 0, "models"), bad)
    for bad in (["new"], "paper", [], [["paper"]], None):
        add(("architectures",), bad)
    for place in ((key,) for key in VALID if key not in ("note", "results", "cache")):
        for bad in ("text", 3, True):
            add(place, bad)
    add(("seeds",), list(range(2000)))
    add(
        ("matrix",),
        [
            {
                "task": "long_term_forecast",
                "datasets": ["Own"],
                "horizons": list(range(1, 900)),
                "seeds": list(range(900)),
                "models": ["specar"],
            }
        ],
    )
    return {name: text_of(values) for name, values in cases.items()}


TAGS = [
    "!!int x",
    "!!float x",
    "!!bool maybe",
    "!!timestamp 2020-13-45",
    "!!binary zzz",
    "!!set {a}",
    "!x y",
    "! y",
    "!!python/object/apply:os.system [ls]",
    "!!str 3",
    "!!omap [a: 1]",
    "!!null x",
]


def bomb(width: int, depth: int, form: str) -> str:
    """Aliases of aliases: a line that is wider by ``width`` per line."""
    lines = ["a0: &a0 [x, x]" if form == "list" else "a0: &a0 {x: 1}"]
    for number in range(1, depth):
        inner = [f"*a{number - 1}"] * width
        keys = [f"k{position}: {one}" for position, one in enumerate(inner)]
        body = f"[{', '.join(inner)}]" if form == "list" else f"{{{', '.join(keys)}}}"
        lines.append(f"a{number}: &a{number} {body}")
    return "\n".join(lines)


def monsters() -> dict[str, str]:
    """Files that are hard to read, or say what YAML itself takes for something else."""
    valid = text_of(VALID)
    cases = {f"tag {tag}": f"{valid}\nmodel2: {tag}\n" for tag in TAGS}
    cases |= {f"tag of seeds {tag}": valid.replace("seeds:\n- 1", f"seeds: {tag}", 1) for tag in TAGS}
    for width, depth, form in itertools.product((2, 9, 30), (20, 60), ("list", "map")):
        text = bomb(width, depth, form)
        cases[f"bomb {width} {depth} {form}"] = text
        options = "\n".join(f"      {line}" for line in text.splitlines())
        cases[f"bomb in settings {width} {depth} {form}"] = (
            f"models:\n  m:\n    module: specar\n    settings:\n{options}\n"
        )
    for depth in (50, 500, 5_000, 100_000):
        cases[f"deep list {depth}"] = "seeds: " + "[" * depth + "]" * depth
        cases[f"deep map {depth}"] = "model: " + "{a: " * depth + "1" + "}" * depth
        cases[f"open list {depth}"] = "seeds: " + "[" * depth
    for digits in (20, 400, 5_000, 100_000):
        cases[f"digits {digits}"] = f"seeds: [{'9' * digits}]"
        cases[f"hex digits {digits}"] = f"seeds: [0x{'f' * digits}]"
        cases[f"key of digits {digits}"] = f"model: {{{'9' * digits}: 1}}"
    cases |= {
        "recursive list": "seeds: &a [*a]",
        "recursive map": "model: &a {model: *a}",
        "recursive merge": "model: &a {<<: *a}",
        "recursive far": "model: &a {x: [{y: *a}]}",
        "merge of a number": "model: {<<: 3}",
        "merge of a list of numbers": "model: {<<: [3]}",
        "merge of nothing": "model: {<<: *nothing}",
        "two merges": "x: &x {d_model: 4}\nmodel: {<<: *x, <<: *x}",
        "bad date": "seeds: [2020-13-45]",
        "date": "seeds: [2020-01-01]",
        "date and time": "training: {epochs: 2020-01-01 25:61:61}",
        "base 60": "seeds: [12:30]",
        "base 8": "seeds: [010]",
        "no digits": "seeds: [0x_]",
        "twice": "seeds: [1]\nseeds: [2]",
        "twice as number": 'model: {1: 2, "1": 3}',
        "list as key": "? [1, 2]\n: 3",
        "map as key": "? {a: 1}\n: 3",
        "no mapping": "- 1",
        "a word": "hello",
        "two documents": "seeds: [1]\n---\nseeds: [2]",
        "tab": "\tseeds: [1]",
        "quote": "note: 'a",
        "control": "note: a\x07",
        "NUL": "note: a\0b",
        "escaped NUL": 'note: "a\\0b"',
        "half a sign": 'note: "\\ud800"',
        "line separator": 'results: "a\\u2028b"',
        "directive": "%YAML 9.9\n---\nseeds: [1]",
        "tag directive": "%TAG ! tag:example.org,2000:\n---\nseeds: !x [1]",
        "many bytes": "note: " + "x" * 5_000_000,
        "long text": "note: " + "x" * 50_000,
        "many values": f"seeds: [{', '.join(map(str, range(60_000)))}]",
        "many problems": "model: {" + ", ".join(f"k{number}: 1" for number in range(3000)) + "}",
        "long key": f"? {'k' * 5000}\n: 1",
        "key with a line end": '"a\\nb": 1',
        "dot key": "model: {.: 1}",
        "equals": "note: =",
        "YAML 1.1 no": "note: no",
        "boolean key": "experiments: {imputation: {yes: {}}}",
        "null key": "model: {null: 1}",
        "empty key": 'model: {"": 1}',
        "boolean horizon": "experiments: {long_term_forecast: {ETTh1: {horizons: {true: {}}}}}",
    }
    return cases


def generated() -> dict[str, str]:
    """Two faults at once and lists in place of mappings, at random places."""
    draw = random.Random(13)
    wrong = [
        None,
        "\0",
        [[]],
        {"x": {"y": 1}},
        HUGE,
        -HUGE,
        float("nan"),
        "\x1b",
        ["\0"],
        {"\0": 1},
        "a" * 30_000,
    ]
    cases = {}
    for number in range(120):
        values = copy.deepcopy(VALID)
        for place in draw.sample([place for place, _ in leaves(VALID)], 2):
            at: Any = values
            for part in place[:-1]:
                at = at[part]
            at[place[-1]] = draw.choice(wrong[3:] if place[-1] == "note" else wrong[1:])
        cases[f"random {number}"] = text_of(values)
    return cases


CASES = {**structured(), **monsters(), **generated()}
SAMPLE = random.Random(1).sample(sorted(CASES), 40)


def check_refused(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "bad.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    start = time.perf_counter()
    status = main(["config", "check", "--config", str(path)])
    seconds = time.perf_counter() - start
    said = capsys.readouterr()
    assert status == 1, f"taken: {said.out}"
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("specar: error: ")
    assert "unforeseen" not in line
    assert "Traceback" not in line
    assert len(line) < 5000
    assert line.isprintable()
    assert seconds < SECONDS
    assert [path.name for path in folder.iterdir()] == ["bad.yaml"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", SAMPLE)
def test_a_bad_configuration_is_one_clear_line(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_refused(CASES[name], here, capsys)


@pytest.mark.hostile
@pytest.mark.parametrize("name", sorted(set(CASES) - set(SAMPLE)))
def test_every_bad_configuration_is_one_clear_line(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_refused(CASES[name], here, capsys)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 300


# What must go on working


def test_what_is_changed_in_them_is_valid(here: Path) -> None:
    assert plan_of(parse_config(VALID)).runs
    (here / "valid.yaml").write_text(text_of(VALID))
    assert load_config(here / "valid.yaml") == parse_config(VALID)


ODD: dict[str, tuple[str, Callable[[Config], bool]]] = {
    "merge key": (
        "model: &m {d_model: 4}\ntraining: {epochs: 2}\nmatrix:\n- task: imputation\n"
        "  model: {<<: *m, d_ff: 8}\n",
        lambda config: config.matrix[0].model.d_ff == 8 and config.matrix[0].model.d_model == 4,
    ),
    "merge list": (
        "model: {<<: [{d_model: 4}, {d_model: 8, d_ff: 8}]}\n",
        lambda config: (config.model.d_model, config.model.d_ff) == (4, 8),
    ),
    "own over merged": (
        "matrix:\n- &e {task: imputation, seeds: [1]}\n- {<<: *e, seeds: [2], top: [true]}\n",
        lambda config: config.matrix[1].seeds == [2] and config.matrix[1].task == "imputation",
    ),
    "merge of a merge": (
        "matrix:\n- &a {task: imputation, seeds: [1]}\n- &b {<<: *a, seeds: [2]}\n- {<<: *b, top: [true]}\n",
        lambda config: config.matrix[2].seeds == [2],
    ),
    "anchor": (
        "seeds: &s [4, 5]\nmatrix:\n- {task: imputation, seeds: *s}\n",
        lambda config: config.matrix[0].seeds == [4, 5],
    ),
    "quoted numbers as keys": (
        'experiments: {imputation: {ETTh1: {mask_ratios: {"0.25": {model: {d_model: 4}}}}}}\n',
        lambda config: config.experiments["imputation"]["ETTh1"].mask_ratios[0.25].model.d_model == 4,
    ),
    "numbers as keys of texts": (
        "ablations: {window: {levels: {16: {model: {window_length: 16}}}}}\n",
        lambda config: "16" in config.ablations["window"].levels,
    ),
    "unicode": (
        'note: "Überschrift – 注意 λ = ½ 👩‍💻"\nresults: "Ergebnisse ü/日本"\n',
        lambda config: "注意" in config.note and config.results == "Ergebnisse ü/日本",
    ),
    "a note of lines": ("note: |\n  one\n  two\n", lambda config: config.note == "one\ntwo\n"),
    "a date as a text": ("note: 2024-01-01\n", lambda config: config.note == "2024-01-01"),
    "a time as a text": ("note: 12:30\n", lambda config: config.note == "12:30"),
    "a byte order mark": ("\ufeffseeds: [7]\n", lambda config: config.seeds == [7]),
    "exponents": ("training: {learning_rate: 1e-3}\n", lambda config: config.training.learning_rate == 1e-3),
    "a last slash": (
        "results: out/\ndata: {dir: ./data/., mirror: ../mirror/}\n",
        lambda config: (config.results, config.data.dir, config.data.mirror) == ("out", "data", "../mirror"),
    ),
    "windows ends of lines": ("seeds: [1]\r\nnote: a\r\n", lambda config: config.note == "a"),
    "nothing": ("# only a comment\n", lambda config: config == parse_config({})),
    "an address": (
        "data: {mirror: 'https://me:pw@example.org:8080/a b'}\n".replace(" b'", "'"),
        lambda config: config.data.mirror == "https://me:pw@example.org:8080/a",
    ),
    "architectures": (
        "architectures: [released]\nmatrix:\n- {task: imputation, architectures: [paper]}\n",
        lambda config: config.run_models == ["specar-released"] and config.matrix[0].models == ["specar"],
    ),
    "rows as splits": (
        text_of(changed(("datasets", "Own", "splits"), {"train": 70, "val": 10, "test": 20})),
        lambda config: config.datasets["Own"].splits.train == 70,
    ),
    "large but sensible": (
        "model: {d_model: 2048, conv_layers: 12, window_length: 1024}\n"
        "training: {epochs: 1000, batch_size: 4096}\n"
        "execution: {threads: 128}\nseeds: [4294967295]\n",
        lambda config: config.seeds == [2**32 - 1],
    ),
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_and_valid_configurations_work(name: str, here: Path) -> None:
    text, holds = ODD[name]
    (here / "odd.yaml").write_text(text, encoding="utf-8", newline="")
    assert holds(load_config("odd.yaml"))


@pytest.mark.parametrize(
    "text", ["model: &a [*a]", "seed: !!int x", "seed: " + "9" * 5000, "- 1", "seed: true"]
)
def test_a_bad_file_of_a_run_is_one_line(text: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = list(plan_of(parse_config(VALID)).runs.values())[:1]
    good = yaml.safe_dump(run.model_dump(mode="json"))
    kept = "\n".join(line for line in good.splitlines() if not line.startswith("seed"))
    (here / "run.yaml").write_text(text if text.startswith("-") else f"{kept}\n{text}\n")
    assert run_id(run)
    assert main(["train", "run.yaml"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "unforeseen" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "x" * 5000],
        ["train", "a\nb"],
        ["spec", "x" * 5000],
        ["floors", "x" * 5000],
        ["ablations", "nope"],
        ["ablations", "--list", "x" * 5000],
        ["config", "check", "--config", "x" * 5000],
        ["config", "check", "--config", "/dev/zero"],
        ["config", "check", "--config", "."],
        ["config", "check", "--plan", "x" * 5000],
        ["runs", "--plan", "/dev/null"],
    ],
)
def test_a_bad_name_on_the_command_line_is_one_line(
    arguments: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "unforeseen" not in line
    assert len(line) < 1000 or "--plan" in arguments
