"""Commands about datasets."""

from __future__ import annotations

import argparse

from specar.cli.commands import argument, command, plan_of

_NAMES = argument("names", nargs="*", metavar="NAME")


@command("list datasets with state, size, licence and source")
def _datasets(options: argparse.Namespace) -> None:
    from specar.data.status import listing, without_hash

    plan = plan_of(options)
    rows = listing(plan.config.datasets, plan.raw, plan.prepared, plan.mirror)
    print(f"{'dataset':<20} {'state':<10} {'MB':>9}  {'kind':<14}  {'licence':<16}  source")
    for row in rows:
        caution = f" ({row.caution})" if row.caution else ""
        size, kind, licence = row.size, row.kind, row.licence
        print(f"{row.name:<20} {row.state:<10} {size:>9}  {kind:<14}  {licence:<16}  {row.source}{caution}")
    print(f"files without a hash of their own: {', '.join(without_hash(plan.config.datasets)) or 'none'}")


@command("fetch datasets (default: those of the configuration)", _NAMES)
def _fetch(options: argparse.Namespace) -> None:
    from specar.base.files import sha256_of, update_json
    from specar.data.download import fetch
    from specar.data.mirror import file_key

    plan = plan_of(options)
    for name in options.names or plan.datasets:
        dataset, folder = plan.dataset(name), plan.raw / name
        paths = fetch(name, dataset, folder, plan.mirror)
        hashes = {file_key(dataset, folder, path): sha256_of(path) for path in paths}
        update_json(plan.raw / f"{name}.json", hashes)


@command("prepare datasets (default: those of the configuration)", _NAMES)
def _prepare(options: argparse.Namespace) -> None:
    from specar.data.download import fetch
    from specar.data.prepare import prepare

    plan = plan_of(options)
    for name in options.names or plan.datasets:
        fetch(name, plan.dataset(name), plan.raw / name, plan.mirror)  # no request where all is there
        prepare(name, plan.dataset(name), plan.raw / name, plan.prepared / name)
