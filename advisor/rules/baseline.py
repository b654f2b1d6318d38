"""The findings a team has accepted, as a committed file: later runs report only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from advisor.errors import InputError
from advisor.rules.finding import Finding
from advisor.whole_file import write_whole

VERSION = "1.0"


def read_accepted(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the baseline's entries as suppressions; raises `InputError` when it is missing or broken."""
    try:
        document = orjson.loads(path.read_bytes())
        entries = document["suppress"] if document["schema_version"] == VERSION else None
    except FileNotFoundError:
        raise InputError("no baseline", where=str(path), do="write one with --update-baseline and commit it") from None
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"broken baseline: {error}", where=str(path), do="restore it from git") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"not a baseline of version {VERSION}", where=str(path), do="write it anew: --update-baseline")
    return tuple(entries)


def write_accepted(path: Path, findings: Sequence[Finding], before: Sequence[dict[str, Any]]) -> None:
    """Write the ids of all findings, sorted; reasons and ends that stood in the file before are kept."""
    known = {entry.get("id"): entry for entry in before}
    entries = [known.get(one.id, {"id": one.id, "code": one.code, "reason": one.title}) for one in findings]
    document = {"schema_version": VERSION, "suppress": sorted(entries, key=lambda entry: str(entry["id"]))}
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
