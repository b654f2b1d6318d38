"""The gate's result as JSON."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from advisor.gate.verdict import CheckResult
from advisor.output.report import SCHEMA_VERSION


def render(result: CheckResult) -> str:
    """Return the result as an indented JSON document."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "failed": result.failed,
        "fail_level": result.fail_level,
        "exit_status": result.exit_status,
        "checked": result.checked,
        "new": list(result.new),
        "verdicts": [asdict(verdict) for verdict in result.verdicts],
        "not_analysed": dict(sorted(result.unanalysed.items())),
        "notes": list(result.notes),
        "unapplied": list(result.unapplied),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
