"""SQL: fingerprint, slots, normalised text, redaction, analysis; rules and output over workloads of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import psycopg

from advisor.analysis.analyse import DEFECT, analyse
from advisor.analysis.shape import Unanalysable
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.proposal import Advice
from advisor.output.render import formats, render
from advisor.output.report import Report
from advisor.rules.context import RuleContext
from advisor.rules.run import find
from advisor.workload.counting.identity import identify
from advisor.workload.counting.text_slots import normalised, slot_map
from advisor.workload.counting.textkey import literals, text_keys
from advisor.workload.exports.explainable import explainable
from advisor.workload.exports.placeholders import numbered
from advisor.workload.model import Query, Workload
from advisor.workload.redact_workload import blanked
from advisor.workload.store import decode
from benchmarks.fuzz.judge import shown
from benchmarks.fuzz.record import STATEMENTS
from benchmarks.fuzz.structures import json_changed, tokens_changed
from benchmarks.fuzz.target import Place, Target, seeds


class Defect(Exception):
    """The analysis met what it should have been ready for."""


@cache
def database(server: str) -> tuple[Schema, Statistics]:
    """Return schema and statistics of the corpus' database."""
    with psycopg.connect(server, autocommit=True) as connection:
        return read_schema(connection), read_statistics(connection)


def read(data: bytes, place: Place) -> None:
    """Do to a statement all that is done before a server sees it."""
    text = data.decode("utf-8", "replace")
    identify(text)
    text_keys([data.replace(b"\0", b"")])
    literals(data)
    slots = slot_map(data)
    if slots is not None:
        slots.values(data, ("x", None, "3"))
        normalised(data, slots)
    explainable(numbered(text))
    blanked(text)
    shape = analyse(text, database(place.server)[0])
    if isinstance(shape, Unanalysable) and shape.reason.startswith(DEFECT):
        raise Defect(shape.reason)


def judged(data: bytes, place: Place) -> None:
    """Find what rules say of a workload, and render it in every format."""
    schema, statistics = database(place.server)
    workload = decode(data, "workload")
    texts = {query.id: query.text for query in workload.queries}
    shapes = {key: analyse(text, schema) for key, text in texts.items()}
    bad = {key: shape.reason for key, shape in shapes.items() if isinstance(shape, Unanalysable)}
    good = {key: shape for key, shape in shapes.items() if not isinstance(shape, Unanalysable)}
    findings = find(RuleContext(workload, good, schema, statistics))
    report = Report(workload, Advice((), {}), findings, unanalysed=bad, notes=workload.notes)
    for form in formats():
        rendered = render(report, form)
        if form not in ("json", "sarif"):
            shown(rendered, form)


def ruled(data: bytes, place: Place) -> None:
    """Give the rules one statement as a heavy query of an export."""
    text = data.decode("utf-8", "replace")
    schema, statistics = database(place.server)
    shape = analyse(text, schema)
    if not isinstance(shape, Unanalysable):
        query = Query("q", "q", text, 5000.0, 1e6, 200.0, rows=1e6)
        find(RuleContext(Workload((query,)), {"q": shape}, schema, statistics))


def targets() -> Sequence[Target]:
    """Return the targets."""
    texts = tuple(text.encode() for text in STATEMENTS)
    return (
        Target("statement", read, texts, (tokens_changed,), weight=6.0, structured=0.85, server=True),
        Target("rules on a statement", ruled, texts, (tokens_changed,), weight=2.0, structured=0.9, server=True),
        Target(
            "rules and output", judged, seeds("workload"), (json_changed,), weight=1.0, structured=0.95, server=True
        ),
    )
