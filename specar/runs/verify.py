"""Whether a record can be believed: its run is trained anew, in a folder of its own, and compared."""

from __future__ import annotations

import json
import logging
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.config import RunConfig, run_id
from specar.data.prepared import PreparedData
from specar.runs.plan import Plan
from specar.runs.provenance import rounding_of
from specar.runs.records import check_record, read_record
from specar.training.gpu import Lease

SAME, WITHIN, DIFFERENT = "same bytes", "within the seeds' spread", "different"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """A record at a path and its run; reading it has shown that it is whole and was not edited."""

    path: Path
    run: RunConfig
    record: dict[str, Any]


@dataclass(frozen=True)
class Verified:
    """What training a run anew says of its record: one of the words above, and the numbers in words."""

    name: str
    word: str
    numbers: str


def find_record(plan: Plan, named: str) -> Found:
    """Find a record by its file or the id of its run, whatever the configuration asks for.

    `SpecarError`: there is none, it is damaged, was edited, or is not what the present code makes.
    """
    path = Path(named)
    if path.suffix != ".json":
        places = (plan.own_record_file(named), plan.cached_record_file(named))
        path = next((place for place in places if place.exists()), places[0])
        if not path.exists():
            raise SpecarError(f"no record of a run {named}: no file {path}; 'specar runs' lists the runs")
    content = read_json(path)
    name = content.get("run_id") if isinstance(content, dict) else None
    run = check_record(path, str(name))
    return Found(path, run, content)


def verify(plan: Plan, found: Found, lease: Lease | None = None) -> Verified:
    """Train the run of a record anew, with what of its execution changes rounding, and compare the metrics.

    `SpecarError`: the prepared data is missing or other data, or the run fails.
    """
    from specar.runs.train import train

    run = found.run
    data = PreparedData.load(plan.prepared / run.dataset)
    if data.meta["prepared_sha256"] != found.record["data"]["prepared_sha256"]:
        raise SpecarError(f"{found.path} is of other prepared data of {run.dataset} than what is there")
    execution = plan.config.execution.model_copy(update=rounding_of(found.record))
    with tempfile.TemporaryDirectory(prefix="specar-verify-") as folder:
        anew = train(run, plan.prepared / run.dataset, Path(folder), execution, lease)
    return compared(found.record, anew, [record["metrics"] for record in _other_seeds(plan, found)])


def compared(record: Mapping[str, Any], anew: Mapping[str, Any], others: list[dict[str, float]]) -> Verified:
    """Compare the metrics of a record with those of a run anew; ``others`` are those of other seeds.

    Within the seeds' spread: no metric is further from the recorded one than two seeds are from each other,
    the run anew among them.
    """
    old, new = ({key: one.get(key) for key in ("metrics", "parts")} for one in (record, anew))
    same = json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    within, words = bool(others), []
    for name, value in record["metrics"].items():
        now = anew["metrics"].get(name, math.nan)
        seeds = [now, *(other.get(name, math.nan) for other in others)]
        spread = max(seeds) - min(seeds)  # without the recorded one, which is in question
        within = within and abs(now - value) <= spread
        beside = f" (seeds differ by {spread:.3g})" if others else ""
        words.append(f"{name} {value!r}" + ("" if same else f", now {now!r}{beside}"))
    numbers = "; ".join(words) + ("" if same or others else "; no other seeds to compare with")
    return Verified(record["run_id"], SAME if same else WITHIN if within else DIFFERENT, numbers)


def _other_seeds(plan: Plan, found: Found) -> Iterator[dict[str, Any]]:
    """Records of the same settings and data with other seeds; one that is damaged is passed over."""
    for seed in sorted({*plan.config.seeds} - {found.run.seed}):
        run = found.run.model_copy(update={"seed": seed})
        name = run_id(run)
        beside = (
            plan.own_record_file(name),
            plan.cached_record_file(name),
            found.path.with_name(f"{name}.json"),
        )
        for path in beside:
            try:
                record = read_record(path, run)
            except SpecarError as error:
                log.warning("%s", error)
                continue
            if record and record["data"]["prepared_sha256"] == found.record["data"]["prepared_sha256"]:
                yield record
                break
