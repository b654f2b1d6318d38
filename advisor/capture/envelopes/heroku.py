"""Heroku logplex: `time app[postgres.PID]: [COLOR] [n-m]  sql_error_code = … LEVEL:  message`, old and new prefix.

Long and multi-line messages come in parts [n-1], [n-2], …; parts after the first carry no prefix.
"""

from __future__ import annotations

import re

from advisor.capture.envelopes.stderr_lines import stamp

NAME = "Heroku logplex"
LINE = re.compile(
    rb"(?:\d+ )?(?:<\d+>1 )?(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (?:\S+ )?(?:app)?[\[ ]"
    rb"(?P<process>postgres\.(?P<pid>\d+))\]?:? ?(?:- )?\[(?P<color>\w+)\] \[\d+-(?P<part>\d+)\] ?(?P<rest>.*)"
)
OTHER = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) \w+\[[\w.-]+\]: ")
PREFIX = re.compile(rb"\s*sql_error_code = (?P<code>\w{5}) (?P<fields>(?:\w+ ?= ?\"[^\"]*\" ?)*)")
FIELD = re.compile(rb'(\w+) ?= ?"([^"]*)"')
UNKNOWN = b"[unknown]"


def sniff(head: bytes) -> float:
    """Return how surely `head` holds logplex lines of a Heroku database."""
    return 1.0 if any(LINE.match(line) for line in head.split(b"\n", 400)[:400]) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the database's lines under one prefix: `%m [%p] %c user=%u,db=%d,app=%a `."""
    return b"".join(map(_line, block.split(b"\n")))


def _line(line: bytes) -> bytes:
    match = LINE.match(line)
    if match is None:
        return b"" if not line or OTHER.match(line) else line + b"\n"
    rest = match["rest"]
    prefix = PREFIX.match(rest) if match["part"] == b"1" else None
    if prefix is None:
        return b"\t" + rest.removeprefix(b"\t") + b"\n"
    fields = dict(FIELD.findall(prefix["fields"]))
    time = fields.get(b"time_ms") or stamp(match["time"].decode()).encode()
    session = fields.get(b"session_id") or match["pid"]
    user, database = fields.get(b"user") or UNKNOWN, fields.get(b"database") or UNKNOWN
    application = fields.get(b"application_name") or UNKNOWN
    return b"%s [%s] %s user=%s,db=%s,app=%s %s\n" % (
        time, match["pid"], session, user, database, application, rest[prefix.end() :].lstrip(),
    )  # fmt: skip
