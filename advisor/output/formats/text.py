"""The report for a person at a terminal: what was read, what is wrong, what to build, what was proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from advisor.indexes.proposal import HotUpdates, IndexProposal
from advisor.output.evidence_words import evidence_words
from advisor.output.number_units import count, milliseconds, size
from advisor.output.plans.told_explained import told_explained
from advisor.output.report import Report, drop_statement
from advisor.output.terminal.screen import cut
from advisor.output.unanalysed import summary
from advisor.rules.finding import Finding
from advisor.verify.proof import Proof, Timing
from advisor.visible import on_one_line
from advisor.workload.model import Query

_HEAVIEST = 10
"""Queries shown in the table of the heaviest."""


def render(report: Report) -> str:
    """Return the whole report as plain text, sections separated by blank lines."""
    sections = (
        _inputs(report),
        _heaviest(report),
        _findings(report),
        _proposals(report),
        _why_not(report),
        _explained(report),
        _proof(report.proof),
        _notes(report),
        report.summary if report.fail_level != "never" or report.failed else "",
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _table(rows: Sequence[Sequence[object]], headers: Sequence[str], align: Sequence[str] = ()) -> str:
    return tabulate(rows, headers, tablefmt="simple", colalign=align or None, disable_numparse=True)


def _inputs(report: Report) -> str:
    rows = [
        [
            cut(coverage.name, 48),
            cut(coverage.kind, 60),
            size(coverage.size),
            count(coverage.executions),
            f"{coverage.understood:.1%}",
        ]
        for coverage in report.workload.inputs
    ]
    table = _table(rows, ["input", "kind", "size", "executions", "understood"], ["left", "left", *["right"] * 3])
    lines = []
    for coverage in report.workload.inputs:
        for reason, skipped in sorted(coverage.skipped.items()):
            where = f" (first: {cut(skipped.examples[0], 80)})" if skipped.examples else ""
            lines.append(f"  skipped {count(skipped.count)}: {on_one_line(reason)}{where}")
        lines += [f"  hidden: {on_one_line(sentence)}" for sentence in coverage.hides]
    return "What was read\n\n" + "\n\n".join([table, *(["\n".join(lines)] if lines else [])])


def _heaviest(report: Report) -> str:
    queries = report.workload.queries
    total = sum(query.total_ms for query in queries)
    if not total:
        return ""
    rows = [
        [
            on_one_line(query.id[:12]),
            count(query.calls),
            milliseconds(query.mean_ms),
            milliseconds(query.p95_ms),
            milliseconds(query.total_ms),
            f"{query.total_ms / total:.0%}",
            cut(query.text, 60),
        ]
        for query in queries[:_HEAVIEST]
    ]
    headers = ["query", "calls", "mean", "p95", "total", "share", "text"]
    head = f"Heaviest queries ({min(_HEAVIEST, len(queries))} of {len(queries)}, {milliseconds(total)} in all)"
    return f"{head}\n\n{_table(rows, headers, ['left', *['right'] * 5, 'left'])}"


def _findings(report: Report) -> str:
    if not report.findings:
        return ""
    return f"Findings ({len(report.findings)})\n\n" + "\n\n".join(
        _finding(finding, report) for finding in report.findings
    )


def _finding(finding: Finding, report: Report) -> str:
    how = f"{finding.level} {finding.code} {finding.name} [confidence {finding.confidence}]"
    lines = [f"{how} {on_one_line(finding.title)}"]
    if facts := evidence_words(finding.facts):
        lines.append(on_one_line("  evidence: " + "; ".join(f"{label} {said}" for label, said in facts)))
    lines += _paragraph("fix", finding.fix)
    lines += _paragraph("cost", finding.cost)
    if finding.statistics:
        lines += [f"  revision: {one.path}" for one in report.revisions if one.proposal == finding.id]
    lines.append(f"  silence:  {on_one_line(finding.silence)}")
    return "\n".join(lines)


def _paragraph(label: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        yield f"  {label + ':' if number == 0 else '':<9} {line}".rstrip()


def _explained(report: Report) -> str:
    texts = {query.id: query.text for query in report.workload.queries}
    blocks = ["\n".join(told_explained(one, texts.get(one.query, ""))) for one in report.advice.explained]
    return "Explained\n\n" + "\n\n".join(blocks) if blocks else ""


def _proposals(report: Report) -> str:
    proposals = report.advice.proposals
    if not proposals:
        return "Proposals\n\nNo index is worth building for this workload."
    files: dict[str, list[str]] = {}
    for revision in report.revisions:
        files.setdefault(revision.proposal, []).append(str(revision.path))
    queries = {query.id: query for query in report.workload.queries}
    blocks = []
    for number, proposal in enumerate(proposals, 1):
        block = _proposal(number, proposal, queries, report)
        blocks.append("\n".join([block, *(f"   revision  {path}" for path in files.get(proposal.id, ()))]))
    built = sum(proposal.size.bytes for proposal in proposals if proposal.action != "drop")
    saves = f"saves {_share(report.advice.time_saved_ms_per_day, report)}"
    head = f"Proposals ({len(proposals)}; {size(built)} to build; {saves}{_spared(report)})"
    return f"{head}\n\n" + "\n\n".join(blocks)


def _proposal(number: int, proposal: IndexProposal, queries: dict[str, Query], report: Report) -> str:
    benefit, write = proposal.benefit, proposal.write_cost
    statement = proposal.definition.ddl(proposal.name)
    if proposal.action == "drop":
        statement = drop_statement(proposal)
    lines = [f"{number}. {on_one_line(statement)}", f"   why       {on_one_line(proposal.reason)}"]
    if proposal.action == "drop" and write.ms_per_day:
        lines.append(f"   spares    {_spent(write.ms_per_day, report)} of writes")
    if proposal.action != "drop":
        lines.append(
            f"   gain      {_share(benefit.time_saved_ms_per_day, report)}"
            f"; cost of its queries -{benefit.percent:.0f} %"
        )
        lines.append(f"   price     {size(proposal.size.bytes)}, {_spent(write.ms_per_day, report)} of writes")
    rests = "" if proposal.action == "drop" else f", rests on {_BASIS[proposal.basis]}"
    lines.append(f"   sure      {proposal.confidence}{rests}")
    for served in proposal.queries[:3]:
        text = cut(queries[served.query].text, 70) if served.query in queries else ""
        lines.append(
            f"   serves    {served.query[:12]}{_asker(served.query, report)} cost {served.cost_before:,.0f} → "
            f"{served.cost_after:,.0f}  {text}"
        )
    if len(proposal.queries) > 3:
        lines.append(f"             and {len(proposal.queries) - 3} more")
    if proposal.replaces:
        lines.append(f"   replaces  {on_one_line(', '.join(proposal.replaces))}")
    if proposal.id in report.accepted:
        lines.append(f"   accepted  {on_one_line(report.accepted[proposal.id].told)}")
    lines.append(f"   id        {proposal.id}")
    if proposal.requires:
        lines.append(f"   needs     extension {', '.join(proposal.requires)}")
    return "\n".join(lines)


def _asker(query: str, report: Report) -> str:
    """Return as whom a query was planned, where that is not the owner."""
    first = next(iter(report.planned_as.get(query, ())), None)
    return f" as {first.role}" if first and first.role else ""


def _share(saved_per_day: float, report: Report) -> str:
    """Return a saving as a share of the captured time, with what that is a day where the capture is long enough."""
    total = sum(query.total_ms for query in report.workload.queries)
    days = report.workload.days or 1.0
    if not total:
        return f"{milliseconds(saved_per_day)} a day"
    told = f"{milliseconds(saved_per_day)} a day at the captured rate"
    if not report.advice.rates:
        told = f"{milliseconds(saved_per_day * days)} of the {milliseconds(total)} captured"
    return f"{saved_per_day * days / total:.1%} of the database time, {told}"


def _spent(ms_per_day: float, report: Report) -> str:
    """Return time for writes: per day, or during the capture where that is too short to tell a rate."""
    if report.advice.rates:
        return f"{milliseconds(ms_per_day)}/day"
    return f"{milliseconds(ms_per_day * (report.workload.days or 1.0))}"


def _spared(report: Report) -> str:
    """Return the time for writes that all drops together spare."""
    drops = [proposal for proposal in report.advice.proposals if proposal.action == "drop"]
    spared = sum(proposal.write_cost.ms_per_day for proposal in drops)
    return f"; drops spare {_spent(spared, report)} of writes" if spared else ""


_BASIS = {
    "logged": "values seen in the log",
    "sampled": "values taken from planner statistics",
    "generic": "a generic plan, no values known (unverified for partial indexes)",
}


def _why_not(report: Report) -> str:
    if not report.advice.why_not:
        return ""
    queries = {query.id: query for query in report.workload.queries}
    rows = [
        [
            why.query[:12],
            cut(queries[why.query].text, 60) if why.query in queries else "",
            on_one_line(why.explanation),
        ]
        for why in report.advice.why_not[:_HEAVIEST]
    ]
    more = len(report.advice.why_not) - _HEAVIEST
    tail = f"\n\n  and {more} lighter ones (all of them with --format json)" if more > 0 else ""
    return f"Heavy queries without a proposal, and why\n\n{_table(rows, ['query', 'text', 'why'])}{tail}"


def _proof(proof: Proof | None) -> str:
    if proof is None:
        return ""
    rows = [
        [
            revision.revision,
            revision.index,
            "proven" if revision.passed else "FAILED",
            " ".join(step.name if step.passed else f"{step.name}: {step.detail}" for step in revision.steps),
        ]
        for revision in proof.revisions
    ]
    parts = [f"Proof on {proof.server}\n\n{_table(rows, ['revision', 'index', 'verdict', 'steps'])}"] if rows else []
    if proof.timings:
        parts.append(timings_table(proof.timings))
    return "\n\n".join(parts)


def timings_table(timings: Sequence[Timing]) -> str:
    """Return the before/after table of measured run times: p50, p95, p99 per query and the total."""
    rows = []
    for timing in timings:
        pairs = zip(timing.before, timing.after, strict=True)
        cells = [f"{_brief(before)} → {_brief(after)}" for before, after in pairs]
        rows.append([timing.query[:12], timing.executions, *cells, _totals(timing)])
    before = sum(timing.total_before_ms for timing in timings)
    after = sum(timing.total_after_ms for timing in timings)
    rows.append(["total", sum(timing.executions for timing in timings), "", "", "", _change(before, after)])
    headers = ["query", "runs", "p50 ms", "p95 ms", "p99 ms", "total"]
    return "Measured on data, before → after\n\n" + _table(rows, headers, ["left", *["right"] * 5])


def _brief(number: float) -> str:
    """Return milliseconds in as few digits as say something, so that the table fits 80 columns."""
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


def _totals(timing: Timing) -> str:
    return _change(timing.total_before_ms, timing.total_after_ms)


def _change(before: float, after: float) -> str:
    percent = f" ({(after - before) / before:+.0%})" if before else ""
    return f"{milliseconds(before)} → {milliseconds(after)}{percent}"


def _hot(one: HotUpdates) -> str:
    figures = f"{count(one.today)} of {count(one.updates_per_day)} updates a day are HOT today"
    return f"{one.schema}.{one.table}: {figures}, about {count(one.after)} once all that is proposed is done"


def _notes(report: Report) -> str:
    notes = [*report.workload.notes, *report.advice.notes, *report.notes, *map(_hot, report.advice.hot_updates)]
    notes += summary(report.unanalysed)
    return "Notes\n\n" + "\n".join(f"- {on_one_line(note)}" for note in dict.fromkeys(notes)) if notes else ""
