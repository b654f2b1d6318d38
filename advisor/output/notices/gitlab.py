"""GitLab's code quality report: a list of issues, each at a file and line of the checkout.

The form is that of GitLab's documentation ("Code Quality report format") and of its own schema.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import orjson

from advisor.output.notice import Notice, Told
from advisor.output.number_units import one_line
from advisor.visible import on_one_line

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}
NOWHERE = "advisor"
"""Path of an issue that stands in no file: GitLab takes none without."""


def render(told: Told) -> str:
    """Return the report as indented JSON; no two issues have the same fingerprint, of which GitLab keeps only one."""
    seen = Counter[str]()
    issues = []
    for notice in told.notices:
        issues.append(_issue(notice, seen[notice.id]))
        seen[notice.id] += 1
    return orjson.dumps(issues, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _issue(notice: Notice, times: int) -> dict[str, Any]:
    return {
        "description": _description(notice),
        "check_name": on_one_line(notice.code),
        "fingerprint": hashlib.sha256(f"{notice.id} {times}".encode()).hexdigest(),
        "severity": _SEVERITIES[notice.level],
        "location": {"path": on_one_line(notice.file or NOWHERE), "lines": {"begin": notice.line or 1}},
    }


def _description(notice: Notice) -> str:
    """Return the one line that the merge request shows."""
    told = [f"{notice.code} {notice.name}: {notice.title}"]
    told += [f"query: {one_line(part.text, 160)}" for part in notice.parts if part.kind == "sql"]
    told += [f"fix: {part.text}" for part in notice.parts if part.label == "fix"]
    return on_one_line("; ".join(told))
