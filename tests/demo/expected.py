"""What `expected.toml` of an example system asks of a report, as questions with an answer each."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any


def expectations(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return ("index" | "finding", entry) for every entry of the file."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return [(kind, entry) for kind in ("index", "finding") for entry in document.get(kind, [])]


def holds(report: dict[str, Any], kind: str, entry: dict[str, Any]) -> bool:
    """Return whether the report says what the entry asks, or keeps silent where it must."""
    found = _index(report, entry) if kind == "index" else _finding(report, entry)
    return found == entry["appears"]


def _index(report: dict[str, Any], entry: dict[str, Any]) -> bool:
    proposals = [one for one in report["proposals"] if one["action"] != "drop" and one["table"] == entry["table"]]
    return any(_fits(one, form, exact=not entry["appears"]) for one in proposals for form in entry["forms"])


def _fits(proposal: dict[str, Any], form: dict[str, Any], *, exact: bool) -> bool:
    keys = [_bare(column) for column in proposal["columns"]]
    wanted = [_bare(column) for column in form["columns"]]
    held = {*keys, *proposal["include"]}
    return (
        (keys == wanted if exact else keys[: len(wanted)] == wanted)
        and form.get("where", "") in (proposal["where"] or "")
        and set(form.get("covering", [])) <= held
    )


def _bare(column: str) -> str:
    return re.sub(r"\s+(ASC|DESC|NULLS (FIRST|LAST))\b", "", column).strip('"').replace('"', "")


def _finding(report: dict[str, Any], entry: dict[str, Any]) -> bool:
    return any(
        one["name"] == entry["name"]
        and entry.get("parent") in (None, one["evidence"].get("parent_table"))
        and entry.get("child") in (None, one["evidence"].get("child_table"))
        and entry.get("table") in (None, one["table"])
        for one in report["findings"]
    )
