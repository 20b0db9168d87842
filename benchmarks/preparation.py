"""Time and memory of the preparation of a large series: noise of the size of Traffic, or of Electricity.

    python benchmarks/preparation.py [--rows 17544] [--channels 862]

Writes a CSV of that size, prepares it in a process of its own as the workflow does, and prints the time, the
peak memory, and the size of what it read and wrote. Then the same of a download from this machine.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[1]
_ROWS = 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=17544)
    parser.add_argument("--channels", type=int, default=862)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "served" / "large.csv"
        write_series(file, options.rows, options.channels)
        with served(file.parent) as url:
            config = write_config(folder, file, url)
            for command in ("fetch", "prepare"):
                seconds, peak = specar(command, "Large", "--config", str(config))
                print(f"{command:<8} {seconds:6.1f} s, at most {peak / 1e6:.0f} MB of memory")
        arrays = sum(path.stat().st_size for path in (folder / "data" / "prepared").rglob("*.npy"))
        print(f"read     {file.stat().st_size / 1e6:.0f} MB of CSV, wrote {arrays / 1e6:.0f} MB of arrays")


def write_series(file: Path, rows: int, channels: int) -> None:
    """Write hourly noise with a date column."""
    random, dates = np.random.default_rng(0), pd.date_range("2015-01-01", periods=rows, freq="h")
    file.parent.mkdir(parents=True)
    # In parts: the memory of this process counts for those that it starts.
    for start in range(0, rows, _ROWS):
        own = dates[start : start + _ROWS].astype(str)
        frame = pd.DataFrame(random.random((len(own), channels)).round(4)).add_prefix("c")
        frame.insert(0, "date", own)
        frame.to_csv(file, index=False, header=start == 0, mode="a")


def write_config(folder: Path, file: Path, url: str) -> Path:
    """Write the configuration of the series, served at ``url``."""
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    entry = {
        "title": "noise",
        "licence": "none",
        "source": "this benchmark",
        "folder": "large",
        "files": [{"name": file.name, "sha256": sha256, "urls": [f"{url}/{file.name}"]}],
        "splits": {"train": 0.7, "val": 0.1, "test": 0.2},
        "seasonality": 24,
    }
    values = {
        "data": {"dir": str(folder / "data")},
        "datasets": {"Large": entry},
        "matrix": [{"task": "imputation", "datasets": ["Large"]}],
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


class served:
    """Serve the files of a folder on this machine; gives the address."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def specar(*arguments: str) -> tuple[float, int]:
    """Run a command of specar; return its time in seconds and the most memory of any so far, in bytes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("SPECAR_MIRROR", None)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "specar", *arguments], env=environment, check=True, stderr=subprocess.DEVNULL
    )
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


if __name__ == "__main__":
    main()
