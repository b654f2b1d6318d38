"""A saved report read back: `migrate` and `verify` take its proposals and findings from there."""

from __future__ import annotations

from pathlib import Path

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import IndexDefinition
from advisor.indexes.proposal import IndexProposal
from advisor.own_file import decoded, read_own, refuse_version
from advisor.revisions.contract import VERSION, FindingItem, ProposalItem, ReportFile, StatisticsItem
from advisor.rules.discover import read_evidence
from advisor.rules.finding import Finding


def read_report(path: Path) -> ReportFile:
    """Return a report that `advise` saved. Raises `InputError` with the path into the document."""
    where, do = str(path), "give a report that `advisor advise --format json` or --save wrote"
    content = read_own(path, do, do)
    refuse_version(content, VERSION, where, do)
    return decoded(content, ReportFile, where, do)


def proposal_of(item: ProposalItem) -> IndexProposal:
    """Return the proposal that an object of the report describes."""
    return IndexProposal(
        id=item.id,
        action=item.action,
        name=item.name,
        definition=IndexDefinition(
            schema=item.schema,
            table=item.table,
            keys=item.keys,
            include=item.include,
            where=item.where,
            method=item.method,
            unique=item.unique,
            storage=item.storage,
        ),
        size=item.size,
        benefit=item.benefit,
        write_cost=item.write_cost,
        queries=item.queries,
        basis=item.basis,
        confidence=item.confidence,
        replaces=item.replaces,
        requires=item.requires,
        reason=item.reason,
        printed_keys=item.printed_keys,
    )


def finding_of(item: FindingItem) -> Finding:
    """Return the finding that an object of the report describes, with the statistics object it proposes."""
    statistics = _statistics_of(item.statistics) if item.statistics else None
    return Finding(
        id=item.id,
        code=item.code,
        name=item.name,
        title=item.title,
        confidence=item.confidence,
        level=item.level,
        table=item.table,
        query=item.query,
        evidence=read_evidence(item.code, item.evidence),
        fix=item.fix,
        cost=item.cost,
        statistics=statistics,
    )


def _statistics_of(item: StatisticsItem) -> ExtendedStatistics:
    return ExtendedStatistics(item.schema, item.name, item.table_schema, item.table, item.columns, item.kinds)
