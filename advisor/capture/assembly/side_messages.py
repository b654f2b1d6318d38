"""Messages beside the statements: temporary files, lock waits, connections, changed settings, captured plans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from advisor.capture.assembly.prepared import PREPARE
from advisor.capture.events import CapturedPlan, LockWait, TemporaryFile
from advisor.capture.record import NO_TIME, OTHER, PLAN, UNKNOWN, Records

TEMPORARY = re.compile(rb'temporary file: path "[^"]*", size (\d+)')
WAIT = re.compile(rb"process \d+ (still waiting for|acquired) (\S+) on (.+?) after ([0-9.]+) ms", re.S)
HOLDERS = re.compile(rb"Processe?s? holding the lock: ([0-9, ]+)")
RELATION = re.compile(rb'in relation "((?:[^"]|"")+)"')
CONNECTION = re.compile(rb"(?:connection (received|authorized): |(disconnection): )")
PERSON = re.compile(rb"\b(user|application_name)=((?:(?! (?:user|database|application_name|SSL|host)[= ]).)*)")
SETTING = re.compile(
    rb'parameter "(log_min_duration_statement|log_min_duration_sample|log_statement_sample_rate|'
    rb'log_transaction_sample_rate|log_statement|log_duration|log_parameter_max_length)" changed to "([^"]*)"'
)
QUERY_TEXT = re.compile(rb'\s*(?:\{\s*)?"?Query Text"?: ("?)', re.S)
XML_TEXT = re.compile(rb"<Query-Text>(.*?)</Query-Text>", re.S)
NODE = re.compile(rb"^(?:\s*->)?\s*[A-Z][\w -]*?(?: (?:on|using) .*?)?  \(cost=", re.M)
ACTUAL = re.compile(rb"\(actual (?:time=[0-9.]+\.\.[0-9.]+ )?rows=([0-9.]+) loops=1\)")


@dataclass(frozen=True, slots=True)
class ConnectionMessage:
    """A connection came or went (`log_connections`, `log_disconnections`)."""

    kind: Literal["received", "authorized", "disconnected"]
    session: str
    end: float | None
    user: str | None
    application: str | None


@dataclass(frozen=True, slots=True)
class SettingMessage:
    """The server reread its configuration, and a logging setting changed."""

    name: str
    value: str
    session: str
    end: float | None


Incident = TemporaryFile | LockWait | CapturedPlan | ConnectionMessage | SettingMessage

BEGINNINGS = (b"temporary file", b"process ", b"connection ", b"disconnection", b"parameter ")


def incidents(records: Records) -> Iterator[Incident]:
    """Yield what the records of a block say beside their statements, in the order of the log."""
    for place in (records.kind >= OTHER).nonzero()[0].tolist():
        if records.kind[place] == PLAN:
            yield _plan(records, place)
        elif records.duration[place] == UNKNOWN and records.text[place].startswith(BEGINNINGS):
            made = _message(records, place)
            if made is not None:
                yield made


def _text(raw: bytes | None) -> str | None:
    return raw.decode("utf-8", "replace") if raw is not None else None


def _place(records: Records, place: int) -> tuple[str, float | None]:
    """Return session and time of a record."""
    time = int(records.time[place])
    session = records.backends[records.backend[place]].session.decode("utf-8", "replace")
    return session, time / 1e6 if time != NO_TIME else None


def _message(records: Records, place: int) -> Incident | None:
    text = records.text[place]
    session, end = _place(records, place)
    if match := TEMPORARY.match(text):
        return TemporaryFile(int(match[1]), _text(records.statement.get(place)), session, end)
    if match := WAIT.match(text):
        relation = RELATION.search(records.context.get(place, b""))
        holders = HOLDERS.search(records.detail.get(place, b""))
        return LockWait(
            waited_ms=float(match[4]),
            lock=f"{match[2].decode()} on {match[3].split(b' ')[0].decode('utf-8', 'replace')}",
            text=_text(records.statement.get(place)),
            session=session,
            acquired=match[1] == b"acquired",
            relation=_text(relation[1]) if relation else None,
            holders=tuple(part.strip().decode() for part in holders[1].split(b",")) if holders else (),
            end=end,
        )
    if match := CONNECTION.match(text):
        named = {name: value.strip() for name, value in PERSON.findall(text)}
        backend = records.backends[records.backend[place]]
        user = named.get(b"user") or backend.user or None
        application = named.get(b"application_name") or backend.application or None
        kind: Literal["received", "authorized", "disconnected"]
        kind = "disconnected" if match[2] else "received" if match[1] == b"received" else "authorized"
        return ConnectionMessage(kind, session, end, _text(user), _text(application))
    if match := SETTING.match(text):
        return SettingMessage(match[1].decode(), match[2].decode("utf-8", "replace"), session, end)
    return None


def _plan(records: Records, place: int) -> CapturedPlan:
    """Return the plan that auto_explain wrote."""
    session, end = _place(records, place)
    body = records.text[place].lstrip(b"\n")
    text, plan, form = taken_apart(body)
    duration = int(records.duration[place]) / 1000
    return CapturedPlan(text.decode("utf-8", "replace"), plan.decode("utf-8", "replace"), form, duration, session, end)


PlanForm = Literal["text", "json", "xml", "yaml"]


def taken_apart(body: bytes) -> tuple[bytes, bytes, PlanForm]:
    """Return statement, plan and format of what auto_explain wrote; for an EXECUTE it writes the PREPARE."""
    text, plan, form = _parts(body)
    if (prepared := PREPARE.match(text.lstrip())) is not None:
        text = prepared[1].rstrip().removesuffix(b";")
    return text, plan, form


def _parts(body: bytes) -> tuple[bytes, bytes, PlanForm]:
    stripped = body.lstrip()
    if stripped.startswith(b"{"):
        return _json_text(stripped), stripped, "json"
    if stripped.startswith(b"<explain") and (match := XML_TEXT.search(stripped)):
        from xml.sax.saxutils import unescape

        return unescape(match[1].decode("utf-8", "replace"), {"&quot;": '"'}).encode(), stripped, "xml"
    match = QUERY_TEXT.match(stripped)
    if match is None:
        return b"", stripped, "text"
    if match[1]:
        import orjson

        line = stripped[match.end() - 1 :].split(b"\n", 1)
        try:
            value: str = orjson.loads(line[0].strip())
        except orjson.JSONDecodeError:
            return line[0].strip(b'" '), stripped, "yaml"
        return value.encode(), stripped, "yaml"
    node = NODE.search(stripped, match.end())
    parameters = stripped.find(b"\nQuery Parameters: ", match.end())
    stop = min(place for place in (node.start() if node else len(stripped), parameters, len(stripped)) if place >= 0)
    return stripped[match.end() : stop].rstrip(), stripped[node.start() if node else stop :], "text"


def _json_text(plan: bytes) -> bytes:
    import orjson

    try:
        return str(orjson.loads(plan).get("Query Text", "")).encode()
    except orjson.JSONDecodeError:
        return b""


def rows_of(plan: bytes) -> int | None:
    """Return the rows that the top node of a text plan really returned, where it was analysed."""
    first = plan.lstrip().split(b"\n", 1)[0]
    match = ACTUAL.search(first)
    return round(float(match[1])) if match else None
