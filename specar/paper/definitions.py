"""What each table of results holds, one entry per table. Table 1 has none: see `specar.tables.setup`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from specar.base.errors import SpecarError
from specar.paper.files import SETUP, TABLE_IDS, source_of_id
from specar.paper.numbers import cells_of, read_published
from specar.paper.published import printed_datasets
from specar.paper.sources import AVERAGE, source_of

Form = Literal["metric columns", "metric lines", "model lines"]


@dataclass(frozen=True)
class PrintedRow:
    """A row of results that are compared with each other, for each of its metrics.

    Attributes
    ----------
    task, dataset, setting
        As `specar.paper.numbers.printed_numbers` and our results name them.
    metrics
        In the order of the table.
    label
        The row's name where it is not what the paper calls the dataset.
    """

    task: str
    dataset: str
    setting: str
    metrics: tuple[str, ...]
    label: str = ""

    @property
    def name(self) -> str:
        """What stands at the left of the row."""
        return self.label or self.dataset.removeprefix(source_of(self.task).prefix)

    @property
    def result_key(self) -> tuple[str, str]:
        """Dataset and setting of the reproduced results."""
        return self.dataset, self.setting


@dataclass(frozen=True)
class TableDefinition:
    """A table of the paper.

    Attributes
    ----------
    id
        ``main-N`` or ``appendix-N``.
    title
        What the table shows.
    task
        Its task; None where it spans all.
    rows
        In the paper's order, those that were left out in print included.
    caption
        What the paper says of the table, and what it leaves open.
    top
        Whether the reproduced results are those with TOP, for tasks that have it.
    form
        Whether a row's metrics are columns or lines, or the models are lines.
    fraction
        Whether accuracy, precision, recall and F1 are printed as fractions rather than in percent.
    base_variant
        Variant (backbone, kind of training) that is the ordinary run of the matrix.
    """

    id: str
    title: str
    task: str | None
    rows: tuple[PrintedRow, ...]
    caption: str
    top: bool = False
    form: Form = "metric columns"
    fraction: bool = False
    base_variant: str = ""

    @property
    def source_table(self) -> str:
        """The table's name in the published CSVs."""
        return source_of_id(self.id)

    @property
    def tasks(self) -> list[str]:
        """Tasks of the rows."""
        return list(dict.fromkeys(row.task for row in self.rows))

    @property
    def metrics(self) -> list[str]:
        """Metrics of the rows."""
        return list(dict.fromkeys(metric for row in self.rows for metric in row.metrics))

    @cached_property
    def models(self) -> list[tuple[str, str]]:
        """Model and variant of every printed column, in the paper's order."""
        printed = cells_of(self.source_table)
        return list(dict.fromkeys(zip(printed["model"], printed["variant"], strict=True)))

    @cached_property
    def printed_counts(self) -> dict[str, str]:
        """The printed numbers of best cells by model or variant; empty where the table has none."""
        counts = read_published("first_counts")
        counts = counts[counts["source_table"] == self.source_table]
        return dict(zip(counts["column"], counts["printed_count"], strict=True))


_ERRORS = ("mse", "mae")
_PRF = ("precision", "recall", "f1")
_M4 = ("smape", "mase", "owa")
_ETT = ["ETTm1", "ETTm2", "ETTh1", "ETTh2"]
_HORIZONS, _ILI_HORIZONS = ("96", "192", "336", "720"), ("24", "36", "48", "60")
_RATIOS = ("0.125", "0.25", "0.375", "0.5")


def _rows(
    task: str, datasets: Iterable[str], settings: Iterable[str], metrics: tuple[str, ...]
) -> tuple[PrintedRow, ...]:
    return tuple(PrintedRow(task, name, setting, metrics) for name in datasets for setting in settings)


def _forecasts() -> tuple[PrintedRow, ...]:
    task = "long_term_forecast"
    return tuple(
        PrintedRow(task, name, setting, _ERRORS)
        for name in printed_datasets(task)
        for setting in (*(_ILI_HORIZONS if name == "ILI" else _HORIZONS), AVERAGE)
    )


def _with_average(task: str, metrics: tuple[str, ...], of_average: tuple[str, ...]) -> tuple[PrintedRow, ...]:
    """A row per dataset and one of their average, which has metrics of its own."""
    return (
        *_rows(task, printed_datasets(task), [""], metrics),
        PrintedRow(task, AVERAGE, "", of_average, "Average"),
    )


def _headline() -> tuple[PrintedRow, ...]:
    return (
        PrintedRow("classification", AVERAGE, "", ("accuracy",), "Classification"),
        PrintedRow("anomaly_detection", AVERAGE, "", ("f1",), "Anomaly detection"),
        PrintedRow("short_term_forecast", "Average", "", ("owa",), "Short-term forecasting"),
        PrintedRow("long_term_forecast", "ILI", AVERAGE, ("mse",), "Long-term forecasting (ILI)"),
        PrintedRow("imputation", "ETTh1", AVERAGE, ("mse",), "Imputation (ETTh1)"),
    )


def _main() -> list[TableDefinition]:
    impute, forecast = "imputation", "long_term_forecast"
    return [
        TableDefinition(
            "main-2",
            "The comparison of model performance",
            None,
            _headline(),
            "Classification: average accuracy over the ten UEA sets; anomaly detection: average F1 over the "
            "five sets; short-term forecasting: OWA over all of M4; long-term forecasting and imputation: "
            "averages over the settings of one dataset. The paper does not say whether TOP was used; its "
            "numbers are those of appendix Tables 8, 10 and 12, with TOP.",
            top=True,
            form="metric lines",
        ),
        TableDefinition(
            "main-3",
            "Anomaly detection performance",
            "anomaly_detection",
            _with_average("anomaly_detection", ("f1",), ("f1",)),
            "F1 in percent, after point adjustment. Appendix Table 6 has the full results.",
        ),
        TableDefinition(
            "main-4",
            "Short-term forecasting (order-preserving)",
            "short_term_forecast",
            (PrintedRow("short_term_forecast", "Average", "", _M4, "M4 average"),),
            "Averages over the M4 subsets, weighted by their series; sMAPE in percent. Appendix Table 8 has "
            "the full results.",
            top=True,
            form="metric lines",
        ),
        TableDefinition(
            "main-5",
            "Long-term forecasting (order-preserving)",
            forecast,
            _rows(forecast, printed_datasets(forecast), [AVERAGE], _ERRORS),
            "Averages over four horizons. Appendix Table 10 has the full results.",
            top=True,
        ),
        TableDefinition(
            "main-6",
            "Imputation (order-preserving)",
            impute,
            _rows(impute, printed_datasets(impute), [AVERAGE], _ERRORS),
            "Averages over four mask ratios. Appendix Table 12 has the full results.",
            top=True,
        ),
    ]


def _ablations() -> list[TableDefinition]:
    impute = "imputation"
    open_top = (
        "The paper does not say whether TOP was used; its column {} equals appendix Table 12, with TOP."
    )
    return [
        TableDefinition(
            "appendix-1",
            "Backbones, imputation",
            impute,
            _rows(impute, [*_ETT, "Weather", "Electricity"], _RATIOS, _ERRORS),
            "MCN: complex convolutions; DCN: dual channel; Embed: embedding only. " + open_top.format("MCN"),
            top=True,
            base_variant="MCN",
        ),
        TableDefinition(
            "appendix-2",
            "Backbones, classification",
            "classification",
            _with_average("classification", ("accuracy",), ("accuracy",)),
            "Accuracy, printed as a fraction.",
            fraction=True,
            base_variant="MCN",
        ),
        TableDefinition(
            "appendix-3",
            "Backbones, anomaly detection",
            "anomaly_detection",
            _with_average("anomaly_detection", _PRF, ("f1",)),
            "Precision, recall and F1 after point adjustment, printed as fractions; of the averages the "
            "paper prints F1 only.",
            form="model lines",
            fraction=True,
            base_variant="MCN",
        ),
        TableDefinition(
            "appendix-4",
            "Unified training, imputation",
            impute,
            _rows(impute, _ETT, _RATIOS, _ERRORS),
            "Unified: one model trained on the four ETT sets together; independent: one model per set. "
            + open_top.format("SpecAR-Net, independent"),
            top=True,
            base_variant="independent",
        ),
    ]


def _full_results() -> list[TableDefinition]:
    impute, forecast, short = "imputation", "long_term_forecast", "short_term_forecast"
    subsets = _rows(short, [*printed_datasets(short), "Others", "Average"], [""], _M4)
    imputed = _rows(impute, printed_datasets(impute), [*_RATIOS, AVERAGE], _ERRORS)
    tables = [
        TableDefinition(
            "appendix-5",
            "Classification",
            "classification",
            _with_average("classification", ("accuracy",), ("accuracy",)),
            "Accuracy in percent.",
        ),
        TableDefinition(
            "appendix-6",
            "Anomaly detection",
            "anomaly_detection",
            _with_average("anomaly_detection", _PRF, ("f1",)),
            "Precision, recall and F1 in percent, after point adjustment; of the averages the paper prints "
            "F1 only.",
            form="model lines",
        ),
    ]
    pairs: list[tuple[int, str, str, tuple[PrintedRow, ...], Form, str]] = [
        (7, "Short-term forecasting", short, subsets, "metric lines", "M4; sMAPE in percent"),
        (
            9,
            "Long-term forecasting",
            forecast,
            _forecasts(),
            "metric columns",
            "avg: average over the horizons",
        ),
        (11, "Imputation", impute, imputed, "metric columns", "avg: average over the mask ratios"),
    ]
    for number, name, task, rows, form, what in pairs:
        for top in (False, True):
            words = "with TOP" if top else "without TOP"
            caption = f"{what}. SpecAR-Net {words}."
            made = TableDefinition(
                f"appendix-{number + top}", f"{name}, {words}", task, rows, caption, top, form
            )
            tables.append(made)
    return tables


DEFINITIONS = {table.id: table for table in (*_main(), *_ablations(), *_full_results())}


def definition_of(name: str) -> TableDefinition:
    """Look up a table with results.

    Raises
    ------
    SpecarError
        The paper has no such table, or it is Table 1, which has no results.
    """
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    if name == SETUP:
        raise SpecarError(f"{SETUP} has settings rather than results; see specar.tables.setup")
    raise SpecarError(f"the paper has no table {name!r}; known: {', '.join(TABLE_IDS)}")
