"""The formats of anomaly-detection datasets, good and bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from specar.base.errors import SpecarError
from specar.data.meta import AnomalyMeta
from specar.data.prepare import prepare
from specar.data.prepared import AnomalyData, PreparedData
from specar.data.readers import AnomalySeries, read_anomaly
from specar.data.registry import AnomalyEntry, Dataset, NpyDataset, builtin_datasets

RANDOM = np.random.default_rng(0)
TRAIN, TEST = RANDOM.normal(size=(8, 3)), RANDOM.normal(size=(5, 3))
LABELS = np.array([0, 0, 1, 1, 0])
MACHINES = ["m-2", "m-1"]


def entry(files: list[str], **changes: object) -> AnomalyEntry:
    described = {"title": "Toy", "licence": "none", "source": "a test", "folder": "toy"}
    values = {**described, "files": [{"name": name} for name in files], **changes}
    dataset: AnomalyEntry = TypeAdapter(Dataset).validate_python(values)
    return dataset


def read(folder: Path, dataset: AnomalyEntry) -> AnomalySeries:
    return read_anomaly([folder / file.name for file in dataset.used_files], dataset)


def failure(folder: Path, dataset: AnomalyEntry) -> str:
    with pytest.raises(SpecarError) as caught:
        read(folder, dataset)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Arrays


def npy(folder: Path, **arrays: np.ndarray) -> AnomalyEntry:
    for name, array in ({"train": TRAIN, "test": TEST, "labels": LABELS} | arrays).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=array.dtype == object)
    return entry(["train.npy", "test.npy", "labels.npy"], format="npy")


@pytest.mark.parametrize(
    "labels",
    [LABELS, LABELS.astype(bool), LABELS.astype(float), LABELS[:, None]],
    ids=["int", "bool", "float", "a column"],
)
def test_arrays(tmp_path: Path, labels: np.ndarray) -> None:
    series = read(tmp_path, npy(tmp_path, labels=labels, train=TRAIN.astype(np.float32)))
    np.testing.assert_array_equal(series.train, TRAIN.astype(np.float32))
    np.testing.assert_array_equal(series.test, TEST)
    np.testing.assert_array_equal(series.labels, LABELS == 1)
    assert (series.train.dtype, series.test.dtype, series.labels.dtype) == (np.float64, np.float64, np.bool_)
    assert (series.train_ends, series.test_ends) == ((8,), (5,))
    assert (series.columns, series.missing) == (None, {"train": 0, "test": 0})


def changed(array: np.ndarray, value: float) -> np.ndarray:
    other = array.astype(np.float64)
    other[1, ...] = value
    return other


@pytest.mark.parametrize(
    ("arrays", "part"),
    [
        ({"train": TRAIN[:, :2]}, "test.npy has 3 channels, not 2"),
        ({"train": TRAIN[:, 0]}, "train.npy holds float64 (8,), not numbers (rows, channels)"),
        ({"test": TEST.astype(str)}, "test.npy holds <U"),
        ({"test": TEST[:0]}, "test.npy has no rows"),
        ({"train": changed(TRAIN, np.nan)}, "train.npy, row 2, column 1: not a finite number"),
        ({"test": changed(TEST, np.inf)}, "test.npy, row 2, column 1: not a finite number"),
        ({"labels": LABELS[:4]}, "labels.npy has 4 labels for 5 test rows"),
        ({"labels": np.array([0, 0, 1, 2, 0])}, "labels.npy, row 4: label 2 is neither 0 nor 1"),
        ({"labels": np.array([0, np.nan, 1, 1, 0])}, "labels.npy, row 2: label nan is neither 0 nor 1"),
        ({"labels": LABELS * 0}, "labels.npy: no row is anomalous"),
        (
            {"labels": np.stack([LABELS, LABELS], axis=1)},
            "labels.npy holds int64 (5, 2), not one label per row",
        ),
        ({"labels": LABELS.astype(str)}, "not one label per row"),
        ({"train": np.array([[object()]])}, "train.npy is not a NumPy array of numbers"),  # never unpickled
    ],
)
def test_arrays_with_defects(tmp_path: Path, arrays: dict[str, np.ndarray], part: str) -> None:
    assert part in failure(tmp_path, npy(tmp_path, **arrays))


@pytest.mark.parametrize("content", [b"", b"date,a\n1,2\n", b"\x93NUMPY\x01\x00"])
def test_file_that_is_no_array(tmp_path: Path, content: bytes) -> None:
    dataset = npy(tmp_path)
    (tmp_path / "test.npy").write_bytes(content)
    assert "test.npy is not a NumPy array of numbers" in failure(tmp_path, dataset)


def with_header(shape: str) -> bytes:
    """A file of 24 numbers whose header says another shape."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + TRAIN.tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 no zip file",
        with_header("(8, 3"),
        with_header("(10**9, 3)"),
        with_header("(1000000000000, 3)"),
        with_header("(9999999999999999999999, 3)"),
        with_header("(4611686018427387904, 4)"),
        with_header("(-8, -3)"),
        with_header("(True, 24)"),
    ],
)
def test_damaged_header(tmp_path: Path, content: bytes) -> None:
    dataset = npy(tmp_path)
    (tmp_path / "test.npy").write_bytes(content)
    assert "test.npy is not a NumPy array of numbers" in failure(tmp_path, dataset)


def test_an_archive_of_arrays_is_no_array(tmp_path: Path) -> None:
    dataset = npy(tmp_path)
    with (tmp_path / "test.npy").open("wb") as file:
        np.savez(file, TEST)
    assert "test.npy is not a NumPy array of numbers" in failure(tmp_path, dataset)


@pytest.mark.parametrize("name", ["train", "labels"])
def test_bytes_after_the_array(tmp_path: Path, name: str) -> None:
    dataset = npy(tmp_path)
    with (tmp_path / f"{name}.npy").open("ab") as file:
        file.write(b"junk")
    assert f"{name}.npy has 4 bytes after its array" in failure(tmp_path, dataset)


def test_random_bytes_in_a_header_are_one_clear_line(tmp_path: Path) -> None:
    dataset = npy(tmp_path)
    random, path = np.random.default_rng(0), tmp_path / "train.npy"
    good = path.read_bytes()
    messages = []
    for _ in range(500):
        content = bytearray(good)
        for place in random.integers(0, 128, size=random.integers(1, 5)):
            content[place] = random.integers(256)
        path.write_bytes(content)
        try:
            read(tmp_path, dataset)
        except SpecarError as error:
            messages.append(str(error))
    assert len(messages) > 400
    assert not [message for message in messages if "\n" in message or ".npy" not in message]


def test_lengths_of_joined_series(tmp_path: Path) -> None:
    dataset = npy(tmp_path).model_copy(update={"train_lengths": [5, 1, 2], "test_lengths": [2, 3]})
    series = read(tmp_path, dataset)
    assert (series.train_ends, series.test_ends) == ((5, 6, 8), (2, 5))
    wrong = dataset.model_copy(update={"test_lengths": [2, 2]})
    assert "test.npy has 5 rows, but test_lengths of the dataset sum to 4" in failure(tmp_path, wrong)


@pytest.mark.parametrize(
    ("lengths", "part"),
    [
        ({"train_lengths": [8]}, "give both train_lengths and test_lengths, or neither"),
        ({"train_lengths": [8, 0], "test_lengths": [5]}, "greater than or equal to 1"),
        ({"train_lengths": [], "test_lengths": [5]}, "at least 1 item"),
    ],
)
def test_lengths_that_cannot_be(lengths: dict[str, list[int]], part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        entry(["train.npy", "test.npy", "labels.npy"], format="npy", **lengths)


def test_lengths_are_a_part_of_the_identity() -> None:
    files = ["train.npy", "test.npy", "labels.npy"]
    divided = entry(files, format="npy", train_lengths=[8], test_lengths=[5])
    assert divided.identity() != entry(files, format="npy").identity()


def test_number_of_channels(tmp_path: Path) -> None:
    dataset = npy(tmp_path).model_copy(update={"channels": 4})
    assert "train.npy has 3 channels, not 4" in failure(tmp_path, dataset)


def test_missing_file(tmp_path: Path) -> None:
    dataset = npy(tmp_path)
    (tmp_path / "labels.npy").unlink()
    assert "No such file" in failure(tmp_path, dataset)


# Machines


def machines(folder: Path, names: list[str] = MACHINES) -> AnomalyEntry:
    """m-1 has the train rows up to 6 and the test rows up to 2, m-2 the others."""
    for kind, array, border in (("train", TRAIN, 6), ("test", TEST, 2), ("test_label", LABELS[:, None], 2)):
        (folder / kind).mkdir(exist_ok=True)
        for machine, part in (("m-1", array[:border]), ("m-2", array[border:])):
            np.savetxt(folder / kind / f"{machine}.txt", part, delimiter=",", fmt="%.17g")
    files = [f"{kind}/{name}.txt" for name in ("m-1", "m-2") for kind in ("train", "test", "test_label")]
    return entry(files, format="machines", machines=names)


def test_machines_are_joined_in_their_order(tmp_path: Path) -> None:
    series = read(tmp_path, machines(tmp_path))
    np.testing.assert_array_equal(series.train, np.concatenate([TRAIN[6:], TRAIN[:6]]))
    np.testing.assert_array_equal(series.test, np.concatenate([TEST[2:], TEST[:2]]))
    np.testing.assert_array_equal(series.labels, np.concatenate([LABELS[2:], LABELS[:2]]) == 1)
    assert (series.train_ends, series.test_ends) == ((2, 8), (3, 5))


def test_machines_with_a_byte_order_mark(tmp_path: Path) -> None:
    dataset = machines(tmp_path)
    plain = read(tmp_path, dataset)
    path = tmp_path / "train" / "m-1.txt"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    np.testing.assert_array_equal(read(tmp_path, dataset).train, plain.train)


def test_some_machines(tmp_path: Path) -> None:
    series = read(tmp_path, machines(tmp_path, ["m-2"]))
    np.testing.assert_array_equal(series.train, TRAIN[6:])
    assert (series.train_ends, series.test_ends) == ((2,), (3,))


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        (
            "train/m-1.txt",
            "1,2,x\n",
            "train/m-1.txt, line 1, column 3: 'x' is not a finite number",
        ),
        (
            "train/m-1.txt",
            "1,2,3\n\n1,2\n",
            "train/m-1.txt, line 3: 2 columns, not 3",
        ),
        ("train/m-1.txt", "1,2\n", "train/m-1.txt has 2 channels, not 3"),
        ("test/m-1.txt", "1,2,nan\n", "test/m-1.txt, row 1, column 3: not a finite number"),
        ("test/m-1.txt", "", "test/m-1.txt has no rows"),
        ("test/m-1.txt", "1,,3\n", "test/m-1.txt, line 1, column 2: the cell is empty"),
        (
            "test/m-1.txt",
            "1,2,3\n# note\n",
            "test/m-1.txt, line 2, column 1: '# note' is not a finite number",
        ),
        ("test_label/m-1.txt", "0\n", "test_label/m-1.txt has 1 labels for 2 test rows"),
        ("test_label/m-1.txt", "0\n-1\n", "test_label/m-1.txt, row 2: label -1.0 is neither 0 nor 1"),
        ("test_label/m-2.txt", "0\n0\n0\n", "no row is anomalous"),
    ],
)
def test_machines_with_defects(tmp_path: Path, name: str, text: str, part: str) -> None:
    dataset = machines(tmp_path)
    (tmp_path / name).write_text(text)
    assert part in failure(tmp_path, dataset)


# Tables


def tables(folder: Path, **changes: object) -> AnomalyEntry:
    """As PSM: a time column first, labels in a file of their own."""
    for name, array in (("train", TRAIN), ("test", TEST), ("labels", LABELS[:, None])):
        frame = pd.DataFrame(array, columns=["label"] if name == "labels" else list("abc"))
        frame.insert(0, "time", pd.date_range("2020", periods=len(frame)).astype(str))
        frame.to_csv(folder / f"{name}.csv", index=False)
    options = {"format": "anomaly_csv", "time_column": "time", **changes}
    return entry(["train.csv", "test.csv", "labels.csv"], **options)


def test_tables(tmp_path: Path) -> None:
    series = read(tmp_path, tables(tmp_path))
    np.testing.assert_array_equal(series.train, TRAIN)
    np.testing.assert_array_equal(series.test, TEST)
    np.testing.assert_array_equal(series.labels, LABELS == 1)
    assert series.columns == ("a", "b", "c")
    assert (series.train_ends, series.test_ends) == ((8,), (5,))


@pytest.mark.parametrize(("missing", "value", "word"), [("mean", np.nan, "the mean"), ("zero", 0, "0")])
def test_missing_values_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, missing: str, value: float, word: str
) -> None:
    dataset = tables(tmp_path, missing=missing)
    for name, cells in (("train", [(0, "a"), (7, "c")]), ("test", [(2, "b")])):
        frame = pd.read_csv(tmp_path / f"{name}.csv")
        for row, column in cells:
            frame.loc[row, column] = np.nan
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    with caplog.at_level("INFO"):
        series = read(tmp_path, dataset)
    assert series.missing == {"train": 2, "test": 1}
    for name, number in (("train", 2), ("test", 1)):
        assert f"{tmp_path / name}.csv: {number} missing values replaced by {word}" in " ".join(
            caplog.messages
        )
    np.testing.assert_array_equal([series.train[0, 0], series.train[7, 2], series.test[2, 1]], [value] * 3)
    assert np.isclose(series.train, TRAIN).sum() == TRAIN.size - 2


def test_a_gap_is_the_mean_of_the_values_that_are_there(tmp_path: Path) -> None:
    dataset = tables(tmp_path)
    values = TRAIN + 100
    values[::3, 0] = np.nan
    for name, rows in (("train", values), ("test", values[:5])):
        rewritten(
            tmp_path, f"{name}.csv", lambda f, rows=rows: f.assign(**dict(zip("abc", rows.T, strict=True)))
        )
    prepare("Toy", dataset, tmp_path, tmp_path / "prepared")
    data = PreparedData.load(tmp_path / "prepared")
    assert isinstance(data, AnomalyData)
    np.testing.assert_allclose(data.meta["mean"], np.nanmean(values, axis=0))
    np.testing.assert_allclose(data.meta["std"], np.nanstd(values, axis=0))
    assert (data.train[::3, 0] == 0).all()
    assert (data.test[::3, 0] == 0).all()


def test_a_channel_without_any_value_is_refused(tmp_path: Path) -> None:
    dataset = tables(tmp_path)
    rewritten(tmp_path, "train.csv", lambda frame: frame.assign(b=np.nan))
    with pytest.raises(SpecarError, match="dataset Toy: column 'b' has no value to learn from"):
        prepare("Toy", dataset, tmp_path, tmp_path / "prepared")
    assert not (tmp_path / "prepared").exists()


def later(frame: pd.DataFrame, hours: float, form: str = "%Y-%m-%d %H:%M") -> pd.DataFrame:
    times = pd.to_datetime(frame.time) + pd.Timedelta(hours=hours)
    return frame.assign(time=times.dt.strftime(form))


@pytest.mark.parametrize(
    ("name", "edit", "part"),
    [
        (
            "labels.csv",
            lambda f: f[::-1],
            "labels.csv, row 1 after the header, column 'time': '2020-01-05', but",
        ),
        ("labels.csv", lambda f: later(f, 1), "'2020-01-01 01:00', but"),
        ("labels.csv", lambda f: f.iloc[[0, 1, 3, 2, 4]], "labels.csv, row 3 after the header"),
        ("labels.csv", lambda f: f.assign(time=range(5)), "labels.csv, row 1 after the header"),
        ("labels.csv", lambda f: later(f, 24, "%d.%m.%Y"), "labels.csv, row 1 after the header"),
        ("train.csv", lambda f: f.iloc[[0, 2, 1]], "train.csv, row 3 after the header, column 'time'"),
        (
            "train.csv",
            lambda f: f.assign(time=f.time.where(f.index != 1)),
            "row 2 after the header, column 'time': an empty or NaN cell is no time",
        ),
        ("labels.csv", lambda f: f.assign(label=1), "labels.csv: every row is anomalous"),
        ("labels.csv", lambda f: f.rename(columns={"label": ""}), "labels.csv, column 2 has no name"),
    ],
)
def test_labels_of_other_rows(
    tmp_path: Path, name: str, edit: Callable[[pd.DataFrame], pd.DataFrame], part: str
) -> None:
    dataset = tables(tmp_path)
    rewritten(tmp_path, name, edit)
    assert part in failure(tmp_path, dataset)


def test_rows_out_of_order_though_the_labels_are_too(tmp_path: Path) -> None:
    dataset = tables(tmp_path)
    for name in ("test.csv", "labels.csv"):
        rewritten(tmp_path, name, lambda frame: frame[::-1])
    assert "test.csv, row 2 after the header, column 'time': 2020-01-04 is before 2020-01-05" in failure(
        tmp_path, dataset
    )


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S", "%d/%m/%Y", "%m/%d/%y %H:%M", "%d %b %Y"])
def test_times_may_be_written_in_another_form(tmp_path: Path, form: str) -> None:
    dataset = tables(tmp_path)
    rewritten(tmp_path, "labels.csv", lambda frame: later(frame, 0, form))
    np.testing.assert_array_equal(read(tmp_path, dataset).labels, LABELS == 1)


def test_times_of_several_zones_are_ordered_as_moments(tmp_path: Path) -> None:
    dataset = tables(tmp_path)
    times = pd.date_range("2020-10-25", periods=5, freq="h", tz="Europe/Berlin").map(pd.Timestamp.isoformat)
    for name in ("test.csv", "labels.csv"):
        rewritten(tmp_path, name, lambda frame: frame.assign(time=times))
    np.testing.assert_array_equal(read(tmp_path, dataset).labels, LABELS == 1)
    for name in ("test.csv", "labels.csv"):
        rewritten(tmp_path, name, lambda frame: frame.iloc[[0, 1, 3, 2, 4]])
    assert "test.csv, row 4 after the header, column 'time'" in failure(tmp_path, dataset)


def test_numbers_are_times_too(tmp_path: Path) -> None:
    dataset = tables(tmp_path)
    for name, first in (("train.csv", 0), ("test.csv", 8), ("labels.csv", 8.0)):
        rewritten(tmp_path, name, lambda f, first=first: f.assign(time=np.arange(len(f)) + first))
    np.testing.assert_array_equal(read(tmp_path, dataset).labels, LABELS == 1)
    rewritten(tmp_path, "labels.csv", lambda frame: frame.assign(time=frame.time + 1))
    assert "'9.0', but" in failure(tmp_path, dataset)


@pytest.mark.parametrize("name", ["train.csv", "test.csv", "labels.csv"])
def test_row_numbers_are_no_channel(tmp_path: Path, name: str) -> None:
    dataset = tables(tmp_path)
    for _ in "twice":
        pd.read_csv(tmp_path / name).to_csv(tmp_path / name)
        assert f"{name}, column 1 has no name" in failure(tmp_path, dataset)


def swat(
    folder: Path, labels: list[object], column: str = "Normal/Attack", **changes: object
) -> AnomalyEntry:
    """As SWaT: labels in the last column of both files, spaces in the header."""
    for name, array, flags in (("train", TRAIN, ["Normal"] * 8), ("test", TEST, labels)):
        frame = pd.DataFrame(array, columns=[" a", "b", " c"])
        frame[column] = flags
        frame.to_csv(folder / f"{name}.csv", index=False)
    options = {"format": "anomaly_csv", "label_column": "Normal/Attack", **changes}
    return entry(["train.csv", "test.csv"], **options)


@pytest.mark.parametrize("column", ["Normal/Attack", " Normal/Attack"])
@pytest.mark.parametrize(
    "labels",
    [
        ["Normal", "Normal", "Attack", "A ttack", "Normal"],
        [" normal", "0", "ATTACK", "1", "0.0"],
        LABELS.tolist(),
        LABELS.astype(float).tolist(),
        (LABELS == 1).tolist(),
    ],
    ids=["text", "mixed", "int", "float", "bool"],
)
def test_labels_in_the_last_column(tmp_path: Path, labels: list[object], column: str) -> None:
    series = read(tmp_path, swat(tmp_path, labels, column))
    np.testing.assert_array_equal(series.labels, LABELS == 1)
    np.testing.assert_array_equal(series.train, TRAIN)
    assert series.columns == ("a", "b", "c")


@pytest.mark.parametrize("label", ["Atack", "", "2"])
def test_unknown_label(tmp_path: Path, label: str) -> None:
    message = failure(tmp_path, swat(tmp_path, ["Normal", "Attack", label, "Normal", "Normal"]))
    assert "test.csv, row 3" in message


def test_misspelt_column_of_labels(tmp_path: Path) -> None:
    message = failure(tmp_path, swat(tmp_path, LABELS.tolist(), label_column="labe"))
    assert "test.csv has no column 'labe', only a, b, c, Normal/Attack; correct label_column" in message


def test_train_file_without_labels(tmp_path: Path) -> None:
    dataset = swat(tmp_path, LABELS.tolist())
    rewritten(tmp_path, "train.csv", lambda frame: frame.drop(columns="Normal/Attack"))
    np.testing.assert_allclose(read(tmp_path, dataset).train, TRAIN)


def test_labels_need_not_be_last(tmp_path: Path) -> None:
    dataset = swat(tmp_path, LABELS.tolist())
    rewritten(tmp_path, "test.csv", lambda frame: frame[["Normal/Attack", " a", "b", " c"]])
    np.testing.assert_allclose(read(tmp_path, dataset).test, TEST)


def test_files_that_a_message_names() -> None:
    with pytest.raises(ValidationError, match=r"needs 2 \(train, test\), got 1"):
        entry(["train.csv"], format="anomaly_csv", label_column="label")
    with pytest.raises(ValidationError, match=r"needs 3 \(train, test, labels\), got 1"):
        entry(["train.csv"], format="anomaly_csv")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("time,a,a,c\n1,2,3,4\n", "has two columns 'a'"),
        ("time,a, a,c\n1,2,3,4\n", "has two columns 'a'"),
        ("time,a,b,c\n1,2,3,4\n\n1,2,3\n", "row 2 after the header: 3 cells, not 4"),
        ('time,a,b,c\n"1,5",2,3\n', "row 1 after the header: 3 cells, not 4"),
    ],
)
def test_what_pandas_would_mend_unseen(tmp_path: Path, text: str, part: str) -> None:
    dataset = tables(tmp_path)
    (tmp_path / "train.csv").write_text(text)
    assert f"train.csv {part}" in failure(tmp_path, dataset).replace("train.csv, ", "train.csv ")


def rewritten(folder: Path, name: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    edit(pd.read_csv(folder / name)).to_csv(folder / name, index=False)


@pytest.mark.parametrize(
    ("name", "edit", "part"),
    [
        ("train.csv", lambda f: f.drop(columns="c"), "test.csv has 3 channels, but"),
        ("test.csv", lambda f: f[["time", "a", "c", "b"]], "test.csv has column 'c' where"),
        ("test.csv", lambda f: f.drop(columns="time"), "test.csv has no column 'time'"),
        (
            "test.csv",
            lambda f: f.replace({"b": {f.b[1]: np.inf}}),
            "test.csv, row 2 after the header, column 'b': 'inf'",
        ),
        (
            "train.csv",
            lambda f: f.astype({"b": str}).replace({"b": {str(f.b[1]): "x"}}),
            "column 'b': 'x' is not",
        ),
        ("train.csv", lambda f: f[:0], "train.csv has no rows"),
        ("labels.csv", lambda f: f[:4], "labels.csv has 4 labels for 5 test rows"),
        ("labels.csv", lambda f: f.assign(other=1), "labels.csv has 2 columns of labels, not one"),
        ("labels.csv", lambda f: f.assign(label=0), "no row is anomalous"),
        ("labels.csv", lambda f: f.assign(label=3), "labels.csv, row 1: label 3 is neither 0 nor 1"),
    ],
)
def test_tables_with_defects(
    tmp_path: Path, name: str, edit: Callable[[pd.DataFrame], pd.DataFrame], part: str
) -> None:
    dataset = tables(tmp_path)
    rewritten(tmp_path, name, edit)
    assert part in failure(tmp_path, dataset)


def test_number_of_columns(tmp_path: Path) -> None:
    assert "train.csv has 3 channels, not 4" in failure(tmp_path, tables(tmp_path, channels=4))


@pytest.mark.parametrize("ends", [{"train_ends": [4, 4]}, {"test_ends": [5, 3]}])
def test_ends_that_do_not_increase(ends: dict[str, list[int]]) -> None:
    known: dict[str, object] = {"name": "Toy", "identity": {}, "sha256": {}, "channels": 1, "columns": None}
    known |= {"mean": [0.0], "std": [1.0], "missing": {}, "train_ends": [1, 4], "test_ends": [5]}
    AnomalyMeta.model_validate(known)
    with pytest.raises(ValidationError, match=f"{next(iter(ends))} do not increase"):
        AnomalyMeta.model_validate({**known, **ends})


# Real files


@pytest.mark.parametrize(
    ("name", "train", "test", "channels", "anomalous"),
    [("MSL", 58317, 73729, 55, 7766), ("SMAP", 135183, 427617, 25, 54696)],
)
def test_real_arrays(
    real_file: Callable[[str], Path], name: str, train: int, test: int, channels: int, anomalous: int
) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, AnomalyEntry)
    series = read_anomaly([real_file(f"{dataset.folder}/{file.name}") for file in dataset.files], dataset)
    assert (series.train.shape, series.test.shape) == ((train, channels), (test, channels))
    assert series.labels.sum() == anomalous


@pytest.mark.parametrize(("name", "without"), [("MSL", ()), ("SMAP", ("P-2",))])
@pytest.mark.parametrize("part", ["train", "test"])
def test_real_lengths(
    real_file: Callable[[str], Path], name: str, without: tuple[str, ...], part: str
) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, NpyDataset)
    joined = real_file(f"{dataset.folder}/{name}_{part}.npy")
    rows = pd.read_csv(real_file(f"{dataset.folder}/labeled_anomalies.csv"))
    channels = sorted(set(rows.chan_id[rows.spacecraft == name]) - set(without))
    arrays = [np.load(real_file(f"{dataset.folder}/{part}/{channel}.npy")) for channel in channels]
    assert [len(array) for array in arrays] == getattr(dataset, f"{part}_lengths")
    np.testing.assert_array_equal(np.concatenate(arrays), np.load(joined))


def test_real_machines(real_file: Callable[[str], Path]) -> None:
    whole = builtin_datasets()["SMD"]
    dataset = whole.model_copy(update={"machines": ["machine-1-2", "machine-1-5"]})
    assert isinstance(dataset, AnomalyEntry)
    paths = [real_file(f"{dataset.folder}/{file.name}") for file in dataset.used_files]
    series = read_anomaly(paths, dataset)
    assert (series.train_ends, series.test_ends) == ((23694, 47399), (23694, 47400))
    first = pd.read_csv(paths[1], header=None, float_precision="round_trip").to_numpy()
    np.testing.assert_array_equal(series.train[23694:], first)
    assert 0 < series.labels[23694:].sum() < series.labels.sum()


def test_real_labels_of_psm(real_file: Callable[[str], Path], tmp_path: Path) -> None:
    labels = real_file("psm/test_label.csv")
    frame = pd.read_csv(labels)[["timestamp_(min)"]].assign(a=1.0, b=2.0)
    frame.to_csv(tmp_path / "series.csv", index=False)
    dataset = builtin_datasets()["PSM"].model_copy(update={"channels": 2})
    assert isinstance(dataset, AnomalyEntry)
    series = read_anomaly([tmp_path / "series.csv", tmp_path / "series.csv", labels], dataset)
    assert len(series.labels) == 87841
    assert series.labels.mean() == pytest.approx(0.278, abs=5e-4)
