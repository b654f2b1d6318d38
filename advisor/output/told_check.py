"""The gate's result as notices."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.checks.check_text import place, sent_from, shapes, summary
from advisor.output.notice import Level, Notice, Part, Places, Told
from advisor.output.unanalysed import summary as unanalysed

_LEVELS: dict[str, Level] = {"fail": "error", "warn": "warning", "info": "note"}


def told_check(result: CheckResult, places: Places) -> Told:
    """Return what a check says: revisions that did not go through, then the verdicts as they come, worst first."""
    named = {verdict.query for verdict in result.verdicts}
    found = [_unapplied(reason, result) for reason in result.unapplied]
    found += [_notice(verdict, result, places) for verdict in result.verdicts]
    return Told(
        "check",
        summary(result),
        tuple(found),
        {key: text for key, text in result.queries.items() if key not in named},
        tuple(dict.fromkeys((*result.notes, *unanalysed(result.unanalysed)))),
    )


def _unapplied(reason: str, result: CheckResult) -> Notice:
    fails = result.fail_level != "never"
    return Notice(_id("not-applied", reason), "not-applied", "pending-revision", "error", reason, fails)


def _notice(verdict: Verdict, result: CheckResult, places: Places) -> Notice:
    file, line = places.at(*_where(verdict), verdict.query)
    return Notice(
        id=_id(verdict.code, verdict.query, verdict.table or "", verdict.index or "", verdict.cause),
        code=verdict.code,
        name=verdict.name,
        level=_LEVELS[verdict.level],
        title=verdict.cause,
        fails=result.fails(verdict),
        parts=tuple(_parts(verdict)),
        query=verdict.query,
        file=file,
        line=line,
        blamed=verdict.file is not None,
    )


def _where(verdict: Verdict) -> tuple[str | None, int | None]:
    """Return file and line of what is to blame, else of what sends the query."""
    if verdict.file:
        return verdict.file, verdict.line
    for site in verdict.sites:
        file, _, line = site.rpartition(":")
        if file and line.isdecimal():
            return file, int(line[:9])
    return None, None


def _parts(verdict: Verdict) -> Iterator[Part]:
    if verdict.text:
        yield Part("query", verdict.text, "sql")
    if verdict.cost_before is not None and verdict.cost_after is not None:
        yield Part("cost", f"{verdict.cost_before:,.2f} accepted, {verdict.cost_after:,.2f} now")
    if verdict.shape_after and verdict.level == "fail":
        yield Part("plan", "\n".join(shapes(verdict)), "diff")
    if verdict.revision:
        yield Part("by", f"revision {verdict.revision}{place(verdict)}")
    if verdict.sites:
        yield Part("sent", sent_from(verdict))
    if verdict.fix:
        yield Part("fix", verdict.fix)


def _id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()[:32]
