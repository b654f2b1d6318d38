"""A report as notices: what was not proven, findings, proposals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.output.notice import LEVELS, Level, Notice, Part, Places, Told
from advisor.output.number_units import milliseconds, size
from advisor.output.report import Report, decide, statement
from advisor.output.unanalysed import summary as unanalysed
from advisor.rules.finding import Finding
from advisor.workload.model import SOURCE_TAGS

_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "info": "note"}


def told_report(report: Report, places: Places) -> Told:
    """Return what a report says, by level."""
    texts = {query.id: query.text for query in report.workload.queries}
    found = [*_proofs(report, places), *_findings(report, places, texts), *_proposals(report, places, texts)]
    notes = (*report.workload.notes, *report.advice.notes, *report.notes, *unanalysed(report.unanalysed))
    ordered = sorted(found, key=lambda one: LEVELS.index(one.level))
    return Told("advise", report.summary, tuple(ordered), {}, tuple(dict.fromkeys(notes)))


def _proofs(report: Report, places: Places) -> Iterator[Notice]:
    files = {revision.revision: str(revision.path) for revision in report.revisions}
    for proof in report.proof.revisions if report.proof else ():
        if not proof.passed:
            failed = [step for step in proof.steps if not step.passed]
            file, line = places.at(files.get(proof.revision), 1, None)
            yield Notice(
                proof.proposal,
                "not-proven",
                "revision",
                "error",
                f"revision {proof.revision} ({proof.index}) failed its proof",
                True,
                tuple(Part(step.name, step.detail) for step in failed),
                file=file,
                line=line,
            )


Tags = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Query id to the tags of its statements."""


def _findings(report: Report, places: Places, texts: dict[str, str]) -> Iterator[Notice]:
    tags = {query.id: query.tags for query in report.workload.queries}
    for finding in report.findings:
        place = _place(finding, places, tags)
        file, line = place or places.at(None, None, finding.query)
        yield Notice(
            finding.id,
            finding.code,
            finding.name,
            _LEVELS[finding.level],
            finding.title,
            report.fails(finding),
            tuple(_parts(finding, texts)),
            finding.query,
            file,
            line,
            place is not None,
        )


def _place(finding: Finding, places: Places, tags: Tags) -> tuple[str | None, int | None] | None:
    """Return where the finding's cause stands, where known: in env.py, or where the application sent the statement."""
    if finding.code.startswith("ENV"):
        return places.at(places.environment, finding.facts.get("line"), None)
    for value in (value for name in SOURCE_TAGS for value in tags.get(finding.query or "", {}).get(name, ())):
        file, _, line = value.rpartition(":")
        if file and line.isdecimal():
            return places.at(file, int(line[:9]), None)
    return None


def _parts(finding: Finding, texts: dict[str, str]) -> Iterator[Part]:
    if finding.query in texts:
        yield Part("query", texts[finding.query], "sql")
    if finding.fix:
        yield Part("fix", finding.fix)
    if finding.cost:
        yield Part("cost of the fix", finding.cost)
    yield Part("to silence it", finding.silence)


def _proposals(report: Report, places: Places, texts: dict[str, str]) -> Iterator[Notice]:
    files = {revision.proposal: str(revision.path) for revision in report.revisions}
    for proposal in report.advice.proposals:
        first = next((one.query for one in proposal.queries if one.query in texts), None)
        file, line = places.at(files.get(proposal.id), 1, first)
        parts = [Part("why", proposal.reason)]
        if proposal.action != "drop":
            saved = milliseconds(proposal.benefit.time_saved_ms_per_day)
            gain = f"{saved} a day; cost of its queries -{proposal.benefit.percent:.0f} %"
            price = f"{size(proposal.size.bytes)}, {milliseconds(proposal.write_cost.ms_per_day)} a day of writes"
            parts += [Part("gain", gain), Part("price", price)]
        parts += [Part("serves", texts[first], "sql")] if first else []
        parts.append(Part("to accept or reject it", decide(proposal)))
        parts += [Part("accepted", report.accepted[proposal.id].told)] if proposal.id in report.accepted else []
        yield Notice(
            proposal.id,
            "index-proposal",
            f"{proposal.action}-index",
            "warning",
            statement(proposal),
            report.asks(proposal),
            tuple(parts),
            first,
            file,
            line,
        )
