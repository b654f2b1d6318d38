"""Verdicts that rest on a table whose size nobody knows: marked, never graver than a warning, never "no more"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from advisor.gate.verdict import Level, Verdict

_CHEAP = "the plan costs no more"


def marked(
    verdicts: Iterable[Verdict], assumed: Mapping[str, float], read: Mapping[str, frozenset[str]]
) -> list[Verdict]:
    """Return the verdicts; `assumed` has rows by table, `read` the tables that each query reads."""
    return [_marked(one, assumed, read) for one in verdicts]


def _marked(verdict: Verdict, assumed: Mapping[str, float], read: Mapping[str, frozenset[str]]) -> Verdict:
    reads = read.get(verdict.query, frozenset()) | ({verdict.table} if verdict.table else frozenset())
    tables = sorted(assumed.keys() & reads)
    if not tables or verdict.code == "PLN008":
        return verdict
    told = ", ".join(f"{table} is assumed to hold {assumed[table]:,.0f} rows" for table in tables)
    cause = verdict.cause.replace(_CHEAP, "what that costs is not known")
    rests = verdict.table in assumed or len(tables) == len(reads)
    level: Level = "warn" if rests and (verdict.level == "fail" or cause != verdict.cause) else verdict.level
    return replace(verdict, cause=f"{cause}; {told}: a revision makes it", level=level)
