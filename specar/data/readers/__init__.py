"""Reading raw dataset files, with every defect reported by its place."""

from specar.data.readers.anomaly import AnomalySeries, read_anomaly
from specar.data.readers.csv import Table, read_csv
from specar.data.readers.m4 import M4Series, read_m4
from specar.data.readers.ts import TsSeries, read_ts

__all__ = ["AnomalySeries", "M4Series", "Table", "TsSeries", "read_anomaly", "read_csv", "read_m4", "read_ts"]
