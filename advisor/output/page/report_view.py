"""All that the page shows of one report, each part built once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from advisor.output.number_units import count, milliseconds, size
from advisor.output.page.plan_tree import PlanPair, plan_pair
from advisor.output.page.query_times import QueryTime, days, query_times, saved_ms
from advisor.output.page.rule_text import RulePage, rule_pages
from advisor.output.page.since import Since, since
from advisor.output.page.size_curve import SizeCurve, size_curve
from advisor.output.page.timeline import Timeline, timeline
from advisor.output.page.to_do import Action, saves, to_do
from advisor.revisions.contract import FindingItem, ProposalItem, QueryItem, ReportFile

WHOLE = 60
"""Proposals and loops that are shown whole; more of them in one line each."""
EACH = 10
"""Findings of one rule that are shown whole."""
LONGEST, MANY, SHORTER = 600, 1000, 240
"""Characters of a statement in the list of all; fewer where there are many."""

LEVELS = ("error", "warning", "info")
"""Levels of findings, worst first."""


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """The findings of one rule."""

    code: str
    name: str
    level: str
    """The worst of its findings'."""
    page: RulePage
    findings: tuple[FindingItem, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the first screen."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report, ready to be placed."""

    prefix: str
    """Before every fragment of this report: empty for the first."""
    label: str
    """What its tab is called."""
    report: ReportFile
    headline: str
    figures: tuple[Figure, ...]
    actions: tuple[Action, ...]
    times: tuple[QueryTime, ...]
    curve: SizeCurve | None
    plans: Mapping[str, PlanPair]
    queries: Mapping[str, QueryItem]
    proposals: frozenset[str]
    """Ids of the proposals."""
    timelines: Mapping[str, Timeline]
    loops: tuple[FindingItem, ...]
    rules: tuple[RuleGroup, ...]
    since: Since | None
    span: str
    """From when to when it was captured."""
    days: float
    """What is said per day times this is of the captured time."""
    longest: int
    """Characters of a statement in the list of all."""
    whole: int = WHOLE
    each: int = EACH


def report_view(report: ReportFile, label: str, prefix: str = "", earlier: ReportFile | None = None) -> ReportView:
    """Return the view of a report; `earlier` is one to compare it with."""
    queries = {query.id: query for query in report.queries}
    drawn = ((finding, timeline(finding, queries)) for finding in report.findings)
    timelines = {finding.id: found for finding, found in drawn if found}
    return ReportView(
        prefix=prefix,
        label=label,
        report=report,
        headline=_headline(report),
        figures=_figures(report),
        actions=to_do(report),
        times=query_times(report),
        curve=size_curve(report),
        plans={plans.query: plan_pair(plans) for plans in report.plans},
        queries=queries,
        proposals=frozenset(proposal.id for proposal in report.proposals),
        timelines=timelines,
        loops=tuple(sorted((one for one in report.findings if one.id in timelines), key=lambda one: -saves(one))),
        rules=_rules([finding for finding in report.findings if finding.id not in timelines]),
        since=since(earlier, report) if earlier else None,
        span=_span(report),
        days=days(report),
        longest=SHORTER if len(report.queries) > MANY else LONGEST,
    )


def label_of(report: ReportFile, otherwise: str) -> str:
    """Return the database most of whose queries a report holds, else the name given."""
    totals: dict[str, float] = {}
    for query in report.queries:
        if query.database:
            totals[query.database] = totals.get(query.database, 0.0) + query.total_ms
    return max(totals, key=lambda name: (totals[name], name)) if totals else otherwise


def _headline(report: ReportFile) -> str:
    built = [one for one in report.proposals if one.action != "drop"]
    dropped = len(report.proposals) - len(built)
    parts = [f"Build {_many(len(built), 'index', 'indexes')}"] if built else []
    parts += [f"{'drop' if built else 'Drop'} {_many(dropped, 'index', 'indexes')}"] if dropped else []
    total, saved = report.coverage.total_ms, saved_ms(report)
    if parts and total and saved:
        return f"{' and '.join(parts)}: database time falls by {min(saved / total, 1):.0%}"
    if parts:
        return " and ".join(parts)
    return "No index is worth building" + (": see what was found" if report.findings else "")


def _many(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _figures(report: ReportFile) -> tuple[Figure, ...]:
    total, saved = report.coverage.total_ms, saved_ms(report)
    built = [one for one in report.proposals if one.action != "drop"]
    figures = [Figure(f"{milliseconds(total)} → {milliseconds(max(total - saved, 0))}", "database time captured")]
    figures.append(Figure(size(sum(one.size_bytes for one in built)), "indexes to build"))
    if report.proof.revisions:
        passed = sum(one.passed for one in report.proof.revisions)
        figures.append(Figure(f"{passed} of {len(report.proof.revisions)}", "revisions proven on a throw-away server"))
    else:
        logged = sum(one.basis == "logged" for one in built)
        figures.append(Figure(f"{logged} of {len(built)}", "proposals rest on values seen in the log"))
    loops = sum(finding.code.startswith(("NPO", "BAT")) for finding in report.findings)
    figures.append(Figure(count(len(report.findings)), f"findings, {count(loops)} of them loops"))
    return tuple(figures)


def _rules(findings: Sequence[FindingItem]) -> tuple[RuleGroup, ...]:
    groups: dict[str, list[FindingItem]] = {}
    for finding in findings:
        groups.setdefault(finding.code, []).append(finding)
    pages = rule_pages()
    made = []
    for code, found in groups.items():
        level = min((finding.level for finding in found), key=LEVELS.index)
        made.append(RuleGroup(code, found[0].name, level, pages.get(code, RulePage("")), tuple(found)))
    return tuple(sorted(made, key=lambda group: (LEVELS.index(group.level), group.code)))


def _span(report: ReportFile) -> str:
    coverage = report.coverage
    if coverage.begin is None or coverage.end is None:
        return ""
    begin, end = _moment(coverage.begin), _moment(coverage.end)
    return f"{begin} to {end} UTC" if begin and end else ""


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return ""


def served_by(proposals: Sequence[ProposalItem]) -> Mapping[str, tuple[ProposalItem, ...]]:
    """Return the proposals that serve each query, by its id."""
    found: dict[str, tuple[ProposalItem, ...]] = {}
    for proposal in proposals:
        for benefit in proposal.queries:
            found[benefit.query] = (*found.get(benefit.query, ()), proposal)
    return found
