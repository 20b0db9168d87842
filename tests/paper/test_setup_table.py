"""Table 1: what this pipeline does beside what the paper states."""

from specar.base.files import write_json
from specar.data.registry import builtin_datasets
from specar.tables.render import render
from specar.tables.setup import setup_rows, setup_table
from specar.tables.table import page_of

# Known from reading the paper against the authors' scripts and the data of the M4 competition.
DIFFERENT = {
    ("long_term_forecast", "datasets"): "ETT (4 subsets); Electricity; Traffic; Weather; Exchange; ILI",
    ("long_term_forecast", "series_length"): "96-720 (ILI: 24-60)",
    ("short_term_forecast", "horizons"): "6; 8; 13; 14; 18; 48",
    ("classification", "metrics"): "accuracy; macro F1",
    ("all", "window_length"): "4; 8; 16; 100",
    ("all", "window_length and n_fft"): "4; 8; 16; 100",
    ("all", "hop_length"): "1; 2; 3",
    ("all", "window_function"): "hamming; rectangle",
    ("all", "d_model and d_ff"): "from 8 to 768",
}


def own_of(rows):
    return {(row.task, row.item): (row.own, row.differs) for row in rows.itertuples()}


def test_table_says_what_differs_and_how():
    rows = own_of(setup_rows())
    assert {key: text for key, (text, _) in rows.items() if key in DIFFERENT} == DIFFERENT
    differing = {key for key, (_, differs) in rows.items() if differs}
    assert differing == {*DIFFERENT, ("all", "dilation"), ("all", "software")}
    assert rows["imputation", "datasets"] == ("ETT (4 subsets); Electricity; Weather", False)
    assert rows["long_term_forecast", "horizons"] == ("96; 192; 336; 720 (ILI: 24; 36; 48; 60)", False)
    assert rows["classification", "series_length"] == ("", False)


def test_lengths_of_cases_come_from_prepared_data_of_these_very_datasets(tmp_path):
    names = [name for name, entry in builtin_datasets().items() if entry.kind == "classification"]
    for length, name in enumerate(names, start=29):
        meta = {"train": {"longest": length}, "test": {"longest": length - 1}}
        identity = builtin_datasets()[name].identity()
        write_json(tmp_path / name / "meta.json", {**meta, "identity": {"format": "ts", **identity}})
    assert own_of(setup_rows(tmp_path))["classification", "series_length"] == ("29-38", True)
    write_json(tmp_path / names[0] / "meta.json", {**meta, "identity": {}})
    assert own_of(setup_rows(tmp_path))["classification", "series_length"] == ("", False)


def test_every_format_shows_both_sides_and_the_sign():
    page = page_of(setup_table(setup_rows()))
    for suffix in ("html", "md", "tex"):
        text = render(page, suffix)
        assert "6; 8; 13; 14; 18; 48" in text
        assert "6; 8; 13; 16; 24; 48" in text
    assert "6; 8; 13; 14; 18; 48‡" in render(page, "md")
