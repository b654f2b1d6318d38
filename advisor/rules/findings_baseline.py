"""The findings and proposals a team has accepted, as a committed file: later runs fail on what is new only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import orjson

from advisor.indexes.proposal import IndexProposal
from advisor.own_file import decoded, read_own, refuse_version
from advisor.rules.finding import Finding
from advisor.whole_file import write_whole

VERSION = "1.0"


class AcceptedFindings(msgspec.Struct):
    """What is in the file; its entries are suppressions (`advisor.rules.suppress`)."""

    schema_version: str
    suppress: tuple[dict[str, Any], ...]
    proposals: tuple[dict[str, Any], ...] = ()
    """Decisions (`advisor.indexes.decision`)."""


NOTHING = AcceptedFindings(VERSION, ())
"""A baseline that accepts nothing."""


def read_accepted(path: Path) -> AcceptedFindings:
    """Return what the baseline holds, unchecked; raises `InputError` when it is missing or broken."""
    where, do = str(path), "restore it from git, or write it anew with --update-baseline"
    content = read_own(path, "write one with --update-baseline and commit it", do)
    refuse_version(content, VERSION, where, do)
    return decoded(content, AcceptedFindings, where, do)


def write_accepted(
    path: Path,
    findings: Sequence[Finding],
    proposals: Sequence[IndexProposal],
    before: AcceptedFindings,
    today: date,
    *,
    redact: bool = False,
) -> None:
    """Write the ids of all findings and proposals, sorted; reasons and ends that stood in the file before are kept.

    The reason of a new finding is its title, which may quote a statement; redacted, it is the name of its rule.
    """
    known = {entry.get("id"): entry for entry in before.suppress}
    entries = [
        known.get(one.id, {"id": one.id, "code": one.code, "reason": one.name if redact else one.title})
        for one in findings
    ]
    document = {
        "schema_version": VERSION,
        "suppress": sorted(entries, key=lambda entry: str(entry["id"])),
        "proposals": _decided(proposals, before.proposals, today),
    }
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _decided(
    proposals: Sequence[IndexProposal], before: Sequence[Mapping[str, Any]], today: date
) -> list[Mapping[str, Any]]:
    """Return today's proposals as accepted, as they stood before where that holds still, and what else was decided."""
    held = [one for one in before if str(one.get("expires") or today) >= str(today)]
    ids = {one.id for one in proposals}
    kept = [one for one in held if one.get("id") in ids or one.get("decision") != "accepted" or "table" in one]
    known = {one.get("id") for one in kept}
    new = [
        {"id": one.id, "decision": "accepted", "reason": f"{one.action} {one.name}"}
        for one in proposals
        if one.id not in known
    ]
    return sorted([*kept, *new], key=lambda one: (str(one.get("id")), str(one.get("table"))))
