"""JSON Schemas (2020-12) of the files that others may read or write, made from the types they are checked against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from advisor.catalog.snapshots.snapshot_file import RECORDS, Settings, SnapshotFile
from advisor.gate.baseline import BaselineFile
from advisor.gate.result_file import CheckFile
from advisor.revisions.contract import ReportFile
from advisor.rules.discover import all_rules
from advisor.rules.findings_baseline import AcceptedFindings
from advisor.workload.store import WorkloadFile

FOLDER = Path(__file__).parent.parent / "schemas"
"""Where the generated files lie; they are shipped with the package."""

FILES: dict[str, tuple[Any, str]] = {
    "baseline": (BaselineFile, "The plan gate's baseline: `advisor check --update-baseline`."),
    "check": (CheckFile, "What `advisor check --format json` prints."),
    "findings": (AcceptedFindings, "Accepted findings: `advisor advise --baseline FILE --update-baseline`."),
    "report": (ReportFile, "The report: `advisor advise --format json`, or --save."),
    "settings": (Settings, "settings.json of a snapshot folder."),
    "snapshot": (SnapshotFile, "snapshot.json of a snapshot folder."),
    "statistics": (None, "One line of statistics.jsonl of a snapshot folder."),
    "workload": (WorkloadFile, "The workload file: `advisor capture -o FILE.json` (compressed without .json)."),
}
"""Each public file's type and what it is."""


def schema(name: str) -> dict[str, Any]:
    """Return the schema of one of `FILES`."""
    kind, title = FILES[name]
    made = _records() if kind is None else msgspec.json.schema(kind)
    if name == "report":
        made = _with_evidence(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **made}


def rendered(name: str) -> bytes:
    """Return the schema as it is written to a file: indented, keys sorted."""
    return msgspec.json.format(msgspec.json.encode(schema(name), order="sorted"), indent=2) + b"\n"


def _with_evidence(made: dict[str, Any]) -> dict[str, Any]:
    """Return the report's schema with the evidence of each rule: what `findings[].evidence` holds, by `code`."""
    declared = {rule.code: rule.evidence for rule in all_rules() if rule.evidence is not None}
    found, components = msgspec.json.schema_components(declared.values(), ref_template="#/$defs/{name}")
    branches = [
        {"if": {"properties": {"code": {"const": code}}}, "then": {"properties": {"evidence": one}}}
        for code, one in zip(declared, found, strict=True)
    ]
    item = {**made["$defs"]["FindingItem"], "allOf": branches}
    return {**made, "$defs": {**made["$defs"], **components, "FindingItem": item}}


def _records() -> dict[str, Any]:
    """Return the schema of a record: by its kind, that of the type; other kinds are left alone."""
    kinds = sorted(RECORDS)
    made, components = msgspec.json.schema_components([RECORDS[kind] for kind in kinds], ref_template="#/$defs/{name}")
    branches = [
        {"if": {"properties": {"kind": {"const": kind}}}, "then": found}
        for kind, found in zip(kinds, made, strict=True)
    ]
    required = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    return {**required, "allOf": branches, "$defs": components}
