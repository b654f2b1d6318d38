"""Indexes that should go: replaced, duplicate, redundant, unused or invalid ones, each checked on the twin first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.catalog.index import Index
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.choice.proposals import Chosen
from advisor.indexes.choice.rejections import rejecting
from advisor.indexes.choice.write_cost import TableWrites, days_between, write_cost
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.pool import Pool
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Benefit, Confidence, IndexProposal, QueryBenefit, Rejected, proposal_id
from advisor.indexes.replacing.redundancy import disposable, replaceable
from advisor.indexes.replacing.superfluous import checks_foreign_key, leftover, superfluous


@dataclass(frozen=True, slots=True)
class Removal:
    """An existing index that may go."""

    table: Table
    index: Index
    reason: str
    confidence: Confidence


def replacements(
    chosen: Sequence[Chosen], schema: Schema, costs: Costs, weighted: Sequence[Weighted], options: AdviseOptions
) -> Mapping[int, tuple[str, ...]]:
    """Return, per chosen candidate, the indexes of its table that it makes redundant without slowing any query."""
    found: dict[int, tuple[str, ...]] = {}
    gone: set[str] = set()
    for one in chosen:
        definition = one.suggestion.definition
        table = schema.tables[definition.schema, definition.table]
        fit = []
        for index in replaceable(definition, one.size, table.indexes, table.types):
            name = index.full_name
            kept = rejecting(index.definition, options.rejected, index.name)
            if not kept and name not in gone and harmless(name, frozenset(gone), one.all, costs, weighted, options):
                fit.append(index.name)
                gone.add(name)  # of two alike the next may be the one that queries then read
        if fit:
            found[one.number] = tuple(fit)
    return found


def harmless(
    name: str,
    gone: frozenset[str],
    chosen: frozenset[int],
    costs: Costs,
    weighted: Sequence[Weighted],
    options: AdviseOptions,
) -> bool:
    """Return whether no query becomes slower beyond the limit when the index is hidden too.

    `name` and `gone` are full names (`Index.full_name`).
    """
    hidden = gone | {name}
    users = [w for w in weighted if _reads(w, name, gone, chosen, costs)]
    costs.ask(Question(w.field.query, chosen & w.field.shown, hidden) for w in users)
    for query in users:
        after = costs.outcome(query.field.query, chosen & query.field.shown, hidden)
        if after is None:
            return False
        if max(after.cost / query.cost, after.estimated / query.estimated) > 1 + options.max_regression:
            return False
    return True


def _reads(query: Weighted, name: str, gone: frozenset[str], chosen: frozenset[int], costs: Costs) -> bool:
    """Return whether the query's plan reads the index, the others that go hidden already; in doubt it does.

    A plan names indexes without their schema: one of the same name elsewhere is a doubt.
    """
    shown = chosen & query.field.shown
    outcome = costs.outcome(query.field.query, shown, gone) or costs.outcome(query.field.query, shown)
    return outcome is None or any(one.partition(".")[2] in outcome.existing for one in (name, *gone))


def drops(
    pool: Pool,
    costs: Costs,
    weighted: Sequence[Weighted],
    chosen: Sequence[Chosen],
    replaced: Mapping[int, tuple[str, ...]],
    writes: Mapping[tuple[str, str], TableWrites],
    options: AdviseOptions,
) -> tuple[tuple[IndexProposal, ...], tuple[Rejected, ...]]:
    """Return drops of duplicate, redundant, unused and invalid indexes that slow no query beyond the limit.

    With them come those that somebody decided against.
    """
    gone = {f"{pool.definitions[one].schema}.{name}" for one, names in replaced.items() for name in names}
    every = chosen[0].all if chosen else frozenset[int]()
    made, kept = [], []
    for removal in removals(pool.schema, pool.statistics, options, frozenset(gone)):
        name = removal.index.full_name
        if decision := rejecting(removal.index.definition, options.rejected, removal.index.name):
            identifier = proposal_id("drop", removal.index.definition, removal.index.name)
            kept.append(Rejected(identifier, removal.index.definition, removal.index.name, decision))
            continue
        if removal.index.valid:  # no plan reads an invalid one, so the twin need not be asked
            if name in gone or not harmless(name, frozenset(gone), every, costs, weighted, options):
                continue
            gone.add(name)
        made.append(_proposal(removal, pool, writes))
    return tuple(made), tuple(kept)


def removals(schema: Schema, statistics: Statistics, options: AdviseOptions, gone: frozenset[str]) -> Iterator[Removal]:
    """Yield the indexes that may go, table by table: invalid first, then superfluous, then unused ones.

    What is kept for the sake of another index, and what a foreign key's check may need, stays.
    """
    days = days_between(statistics.scans_since, statistics.captured)
    for _, table in sorted(schema.tables.items()):
        if table.parent:
            continue
        for index in table.indexes:
            if leftover(index):
                yield Removal(table, index, "invalid: a concurrent build failed and left it behind", "high")
        left = [index for index in table.indexes if index.full_name not in gone and not index.partitioned]
        pairs = superfluous(left)
        for index, other in pairs:
            yield Removal(table, index, f"redundant: {other.name} serves every scan it could", "high")
        if days is not None and days >= options.unused_days and not statistics.uncounted:
            yield from _never_read(table, left, pairs, _unused(days, statistics))


def _never_read(
    table: Table, left: Sequence[Index], pairs: Sequence[tuple[Index, Index]], reason: str
) -> Iterator[Removal]:
    """Yield the indexes that nobody read, that no other index needs, and that no foreign key's check may read."""
    needed = {other.name for _, other in pairs}
    stays = [index for index in left if index.valid and index.name not in {gone.name for gone, _ in pairs}]
    for index in sorted(stays, key=lambda one: one.name):
        unread = disposable(index) and index.scans == 0 and index.name not in needed
        if unread and not checks_foreign_key(index, table, stays):
            yield Removal(table, index, reason, "medium")
            stays.remove(index)


def _unused(days: float, statistics: Statistics) -> str:
    """Return what an index without scans is called: over which time, and on which servers."""
    window = f"in the {days:.0f} days of the statistics window"
    if statistics.standbys:
        servers = "its standby" if statistics.standbys == 1 else f"its {statistics.standbys} standbys"
        return f"unused: no scan on this server or {servers} {window}"
    seen = "standbys not counted" if statistics.streaming is None else "no standby streamed from this server"
    return f"unused: no scan {window} ({seen})"


def _proposal(removal: Removal, pool: Pool, writes: Mapping[tuple[str, str], TableWrites]) -> IndexProposal:
    index, table = removal.index, removal.table
    place = (table.schema, table.name)
    spared = write_cost(
        index.definition, index.size, pool.rows(index.definition), writes.get(place, TableWrites()), pool.schema
    )
    return IndexProposal(
        id=proposal_id("drop", index.definition, index.name),
        action="drop",
        name=index.name,
        definition=index.definition,
        size=index.size,
        benefit=Benefit(spared.ms_per_day, spared.ms_per_day, 0.0, 0.0, 0.0),
        write_cost=spared,
        queries=tuple[QueryBenefit, ...](),
        basis="logged",
        confidence=removal.confidence,
        reason=removal.reason,
    )
