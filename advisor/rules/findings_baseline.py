"""The findings a team has accepted, as a committed file: later runs report only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson

from advisor.own_file import decoded, read_own, refuse_version
from advisor.rules.finding import Finding
from advisor.whole_file import write_whole

VERSION = "1.0"


class AcceptedFindings(msgspec.Struct):
    """What is in the file; its entries are suppressions (`advisor.rules.suppress`)."""

    schema_version: str
    suppress: tuple[dict[str, Any], ...]


def read_accepted(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the baseline's entries as suppressions; raises `InputError` when it is missing or broken."""
    where, do = str(path), "restore it from git, or write it anew with --update-baseline"
    content = read_own(path, "write one with --update-baseline and commit it", do)
    refuse_version(content, VERSION, where, do)
    return decoded(content, AcceptedFindings, where, do).suppress


def write_accepted(
    path: Path, findings: Sequence[Finding], before: Sequence[dict[str, Any]], *, redact: bool = False
) -> None:
    """Write the ids of all findings, sorted; reasons and ends that stood in the file before are kept.

    The reason of a new one is its title, which may quote a statement; redacted, it is the name of its rule.
    """
    known = {entry.get("id"): entry for entry in before}
    entries = [
        known.get(one.id, {"id": one.id, "code": one.code, "reason": one.name if redact else one.title})
        for one in findings
    ]
    document = {"schema_version": VERSION, "suppress": sorted(entries, key=lambda entry: str(entry["id"]))}
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
