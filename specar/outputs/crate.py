"""Everything that a reader needs to check results, as one archive: a Workflow Run RO-Crate.

It has the records, the resolved configuration, the workflow, tables and verdicts, and the hashes of the data.
Descriptions for archives of software (``codemeta.json``, ``.zenodo.json``) and for a check of the code by
others (``codecheck.yml``) come from ``CITATION.cff`` and from what is in the crate.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

import specar
from specar.base.errors import SpecarError
from specar.base.files import atomic_path, json_text
from specar.base.names import PROJECT
from specar.runs.plan import Plan
from specar.runs.provenance import now
from specar.runs.records import finished_record

METADATA = "ro-crate-metadata.json"
_RUN = "https://w3id.org/ro/wfrun"
_WORKFLOW = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    f"{_RUN}/process/0.5": ("Process Run Crate", "0.5"),
    f"{_RUN}/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW: ("Workflow RO-Crate", "1.0"),
}
_TYPES = {
    ".json": "application/json", ".csv": "text/csv", ".md": "text/markdown", ".yml": "application/yaml",
    ".smk": "text/plain", ".html": "text/html", ".tex": "application/x-tex",
}  # fmt: skip
Entity = dict[str, Any]


def write_crate(plan: Plan, path: Path) -> Path:
    """Write the crate of a plan as a zip archive, atomically; returns the file.

    `SpecarError`: no run is done, or the checkout that the package runs from has no ``CITATION.cff``.
    """
    every = {**plan.runs, **plan.runs_of_ablations}
    found = {name: finished_record(plan, name) for name in every if plan.record_file(name).exists()}
    records = {name: record for name, record in found.items() if record is not None}
    if not records:
        raise SpecarError(
            "no run of this configuration has a record, so that there is nothing to put into a crate"
        )
    contents = dict(_contents(plan, records))
    contents |= descriptions(contents)
    contents[METADATA] = json_text(metadata(contents, records)).encode()
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return path


def _contents(plan: Plan, records: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Files of the crate by name, but for those that describe it."""
    for path in (PROJECT / "Snakefile", *sorted((PROJECT / "workflow" / "rules").glob("*.smk"))):
        yield path.relative_to(PROJECT).as_posix(), path.read_bytes()
    yield "config.json", json_text(plan.config.model_dump(mode="json", exclude_none=True)).encode()
    for name in records:
        yield f"records/{name}.json", plan.record_file(name).read_bytes()
    for folder in (plan.tables, plan.judgement, plan.explain):
        for path in sorted(folder.glob("*")):
            if path.suffix in (".csv", ".md", ".json"):
                yield f"{folder.name}/{path.name}", path.read_bytes()


def metadata(contents: Mapping[str, bytes], records: Mapping[str, Any]) -> Entity:
    """Return the RO-Crate metadata of files and records: one action of the workflow per record."""
    citation = _citation()
    data = {digest: name for one in records.values() for name, digest in one["data"]["sha256"].items()}
    actions = [_action(name, record) for name, record in records.items()]
    files = [_file(name, content) for name, content in contents.items() if name != "Snakefile"]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Runs of {citation['title']}",
        "description": f"{len(records)} runs with their records, configuration, tables and verdicts.",
        "datePublished": now(),
        "license": _ref(_license(citation)["@id"]),
        "author": _ref("#authors"),
        "publisher": _ref("#authors"),
        "conformsTo": [_ref(profile) for profile in _PROFILES],
        "mainEntity": _ref("Snakefile"),
        "hasPart": [_ref("Snakefile"), *(_ref(one["@id"]) for one in files)],
        "mentions": [_ref(action["@id"]) for action in actions],
    }
    about = ["https://w3id.org/ro/crate/1.1", _WORKFLOW]
    described: Entity = {"@id": METADATA, "@type": "CreativeWork", "about": _ref("./")}
    described["conformsTo"] = [_ref(one) for one in about]
    inputs = [
        {"@id": f"#data-{digest}", "@type": "PropertyValue", "name": name, "value": f"sha256:{digest}",
         "exampleOfWork": _ref("#parameter-data")}
        for digest, name in data.items()
    ]  # fmt: skip
    graph = [described, root, *_workflow(citation), *files, *inputs, *actions]
    context = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
    return {"@context": context, "@graph": graph}


def _ref(name: str) -> Entity:
    return {"@id": name}


def _file(name: str, content: bytes) -> Entity:
    kinds = {"config.json": "#parameter-config", "records": "#parameter-record"}
    of = kinds.get(name.partition("/")[0])
    entity = {
        "@id": name,
        "@type": "File",
        "name": name,
        "contentSize": str(len(content)),
        "encodingFormat": _TYPES.get(Path(name).suffix, "application/json"),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return {**entity, "exampleOfWork": _ref(of)} if of else entity


def _action(name: str, record: Mapping[str, Any]) -> Entity:
    origin, data = record["provenance"], record["data"]["sha256"].values()
    return {
        "@id": f"#run-{name}",
        "@type": "CreateAction",
        "name": f"Training and evaluation of {name}",
        "description": f"commit {origin['git']['commit']}, record {record['sha256']}",
        "instrument": _ref("Snakefile"),
        "object": [_ref("config.json"), *(_ref(f"#data-{digest}") for digest in dict.fromkeys(data))],
        "result": _ref(f"records/{name}.json"),
        "agent": _ref("#authors"),
        "startTime": origin["started"],
        "endTime": origin["finished"],
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _workflow(citation: Mapping[str, Any]) -> Iterator[Entity]:
    """The workflow and what belongs to it: language, parameters, license, authors, profiles."""
    parameters = {"config": "configuration", "data": "files of datasets", "record": "records of runs"}
    license = _license(citation)
    yield {
        "@id": "Snakefile",
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": citation["title"],
        "version": str(citation["version"]),
        "license": _ref(license["@id"]),
        "creator": _ref("#authors"),
        "programmingLanguage": _ref("#snakemake"),
        "input": [_ref("#parameter-config"), _ref("#parameter-data")],
        "output": _ref("#parameter-record"),
        "encodingFormat": "text/plain",
        "conformsTo": _ref("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
    }
    for name, words in parameters.items():
        yield {
            "@id": f"#parameter-{name}",
            "@type": "FormalParameter",
            "name": name,
            "description": words,
            "additionalType": "PropertyValue" if name == "data" else "File",
            "conformsTo": _ref("https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"),
        }
    yield {
        "@id": "#snakemake", "@type": "ComputerLanguage", "name": "Snakemake", "alternateName": "SMK",
        "url": "https://snakemake.readthedocs.io", "identifier": "https://doi.org/10.1093/bioinformatics/bts480",
    }  # fmt: skip
    yield license
    yield {"@id": "#authors", "@type": "Organization", "name": _names(citation), "url": "./"}
    for profile, (name, version) in _PROFILES.items():
        yield {"@id": profile, "@type": "CreativeWork", "name": name, "version": version}


def _license(citation: Mapping[str, Any]) -> Entity:
    name = citation["license"]
    return {"@id": f"https://spdx.org/licenses/{name}", "@type": "CreativeWork", "name": name}


def _citation() -> dict[str, Any]:
    path = PROJECT / "CITATION.cff"
    if not path.exists():
        raise SpecarError(f"{path} is missing: a crate is made from a checkout of specar")
    citation: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return citation


def _names(citation: Mapping[str, Any]) -> str:
    return ", ".join(str(author.get("name") or _person(author)) for author in citation["authors"])


def _person(author: Mapping[str, Any]) -> str:
    return f"{author['given-names']} {author['family-names']}"


def descriptions(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return ``codemeta.json``, ``.zenodo.json`` and ``codecheck.yml`` of files, by name."""
    citation = _citation()
    paper, version = citation["references"][0], specar.__version__
    title, about = citation["title"], f"It reproduces: {paper['title']} ({paper['year']})."
    codemeta = {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": title,
        "description": about,
        "version": version,
        "license": _license(citation)["@id"],
        "author": [{"@type": "Organization", "name": _names(citation)}],
        "programmingLanguage": ["Python", "Snakemake"],
        "referencePublication": {"@type": "ScholarlyArticle", "name": paper["title"]},
    }
    zenodo = {
        "upload_type": "software",
        "title": title,
        "description": about,
        "version": version,
        "license": citation["license"],
        "creators": [{"name": _names(citation)}],
    }
    shown = [
        name for name in contents if name.startswith(("tables/", "judgement/")) and name.endswith(".csv")
    ]
    codecheck = {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {"title": paper["title"], "authors": [{"name": _person(one)} for one in paper["authors"]]},
        "manifest": [{"file": name, "comment": "made by snakemake from the records"} for name in shown],
    }
    return {
        "codemeta.json": json_text(codemeta).encode(),
        ".zenodo.json": json_text(zenodo).encode(),
        "codecheck.yml": yaml.safe_dump(codecheck, sort_keys=False, allow_unicode=True).encode(),
    }
