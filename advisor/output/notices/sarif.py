"""SARIF 2.1.0, for code scanning and editors: one run, a rule for each code with its page, a result a notice."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from advisor import __version__
from advisor.gate.pages import gate_pages
from advisor.output.notice import Notice, Told
from advisor.rules.discover import Documented, all_rules
from advisor.rules.page import page, summary
from advisor.visible import on_one_line, visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NOWHERE = "advisor"
"""Artifact of a result that stands in no file: code scanning takes none without."""
FINGERPRINT = "advisor/v1"


def render(told: Told) -> str:
    """Return the log as indented JSON."""
    rules = list(dict.fromkeys((notice.code, notice.name) for notice in told.notices))
    places = {code: number for number, (code, _) in reversed(list(enumerate(rules)))}
    known: list[Documented] = [*all_rules(), *gate_pages()]
    pages = {one.code: one for one in known}
    driver = {
        "name": "pgadvisor",
        "semanticVersion": _semantic(__version__),
        "rules": [_rule(code, name, pages.get(code)) for code, name in rules],
    }
    notes = [{"level": "note", "message": {"text": on_one_line(note)}} for note in told.notes]
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"advisor/{told.command}/"},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(notice, places[notice.code]) for notice in told.notices],
        "properties": {"summary": on_one_line(told.summary)},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _semantic(version: str) -> str:
    """Return the release part of a version, which is semantic where the whole (`0.1.0.dev0`) is not."""
    return ".".join(version.split(".")[:3])


def _rule(code: str, name: str, documented: Documented | None) -> dict[str, Any]:
    made: dict[str, Any] = {"id": on_one_line(code), "name": on_one_line(name)}
    if documented:
        made["shortDescription"] = {"text": summary(documented)}
        made["help"] = {"text": page(documented), "markdown": page(documented)}
    return made


def _result(notice: Notice, rule: int) -> dict[str, Any]:
    region = {"startLine": max(notice.line or 1, 1)}
    where = {"artifactLocation": {"uri": _uri(notice.file or NOWHERE)}, "region": region}
    location: dict[str, Any] = {"physicalLocation": where}
    if notice.query:
        location["logicalLocations"] = [{"name": on_one_line(notice.query), "kind": "query"}]
    lines = [notice.title, *(f"{part.label}: {part.text}" for part in notice.parts)]
    return {
        "ruleId": on_one_line(notice.code),
        "ruleIndex": rule,
        "level": notice.level,
        "message": {"text": visible("\n".join(lines))},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: on_one_line(notice.id)},
    }


def _uri(path: str) -> str:
    """Return a path of the checkout as a relative reference, an absolute one as a URI."""
    escaped = quote(path.encode(errors="replace"))
    return f"file://{escaped}" if path.startswith("/") else escaped
