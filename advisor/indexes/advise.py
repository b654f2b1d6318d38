"""The index stage from end to end: candidates, costing, choice, proposals, and why some queries got none."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.candidate import table_pages, table_rows
from advisor.indexes.configurations import Field, configurations, explore, fields, gains
from advisor.indexes.costing import Costs, Question
from advisor.indexes.drops import drops, replacements
from advisor.indexes.foreign_key_probes import with_probes
from advisor.indexes.gather import Candidates, gather
from advisor.indexes.options import AdviseOptions
from advisor.indexes.program import Configuration
from advisor.indexes.proposal import Advice, WriteCost
from advisor.indexes.proposals import Chosen, proposals
from advisor.indexes.selection import Economy, Weighted, curve, select
from advisor.indexes.size import estimate_size
from advisor.indexes.why_not import why_not
from advisor.indexes.width import Part
from advisor.indexes.writes import TableWrites, table_writes, write_cost
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf
from advisor.workload.model import Workload

COST_UNIT_MS = 0.01
"""Milliseconds one planner unit stands for where a workload holds no times."""


def advise(
    workload: Workload,
    shapes: Mapping[str, QueryShape],
    statements: Mapping[str, tuple[BoundStatement, ...]],
    schema: Schema,
    statistics: Statistics,
    what_if: WhatIf,
    options: AdviseOptions | None = None,
) -> Advice:
    """Return proposals for the workload, and for each heavy query without one the reason.

    `statements` holds per query id the ways to plan it, their weights summing to 1; `what_if` answers for the planner.
    """
    options = options or AdviseOptions()
    deadline = time.monotonic() + options.time_limit if options.time_limit else None
    candidates = gather(workload, shapes, schema, statistics, options)
    sizes = _sizes(candidates, schema, statistics, what_if)
    names = _build(candidates, sizes, what_if)
    costs = Costs(what_if, with_probes(workload, shapes, statements, schema), names, deadline)
    searched = fields([(q.id, _usable(candidates, q.id, names)) for q in workload.queries], options.asks_per_query)
    definitions = [suggestion.definition for suggestion in candidates.suggestions]
    explore(costs, searched, definitions, options.min_gain)
    weighted = _weighted(workload, searched, costs, options)
    writes = table_writes(workload, shapes, statistics)
    economy, write_costs = _economy(candidates, sizes, weighted, writes, schema, statistics, options)
    wanted, problem = select(costs, weighted, economy, options)
    kept, lost = _earning(wanted, weighted, costs, economy)
    chosen = tuple(Chosen(i, candidates.suggestions[i], sizes[i], write_costs[i], kept) for i in sorted(kept))
    run = _Run(workload, shapes, schema, statistics, options, costs, candidates, weighted, writes)
    return _advice(chosen, curve(replace(problem, queries=_in_time(costs, weighted)), lost), run)


def _in_time(costs: Costs, weighted: Sequence[Weighted]) -> tuple[tuple[Configuration, ...], ...]:
    """Return the configurations of every query with the time they save."""
    return tuple(
        tuple(
            Configuration(used, one.time * (1 - cost / one.cost))
            for used, cost in configurations(costs, one.field.query)
        )
        for one in weighted
        if one.field.shown
    )


@dataclass(frozen=True, slots=True)
class _Run:
    workload: Workload
    shapes: Mapping[str, QueryShape]
    schema: Schema
    statistics: Statistics
    options: AdviseOptions
    costs: Costs
    candidates: Candidates
    weighted: tuple[Weighted, ...]
    writes: Mapping[tuple[str, str], TableWrites]


def _advice(chosen: tuple[Chosen, ...], points: tuple[tuple[int, float], ...], run: _Run) -> Advice:
    replaced = replacements(chosen, run.schema, run.costs, run.weighted, run.options)
    created = proposals(chosen, run.costs, run.weighted, replaced)
    dropped = (
        drops(run.schema, run.statistics, run.costs, run.weighted, chosen, replaced, run.writes, run.options)
        if run.options.drops
        else ()
    )
    missing = why_not(run.workload, run.shapes, run.costs, run.candidates, run.weighted, created, run.options)
    return Advice((*created, *dropped), missing, points, _notes(run))


def _notes(run: _Run) -> tuple[str, ...]:
    notes = []
    if run.workload.days is None:
        notes.append("the length of the capture is unknown: times per day take it for one day")
    if not any(query.total_ms for query in run.workload.queries):
        notes.append("the workload holds no times: planner cost stands in for them")
    if run.costs.late:
        notes.append("the time limit ended the search early: the answer is the best found until then")
    return tuple(notes)


def _sizes(candidates: Candidates, schema: Schema, statistics: Statistics, what_if: WhatIf) -> list[IndexSize]:
    """Return each candidate's size; the planner itself is asked how many rows a predicate keeps."""
    kept = _kept(candidates, what_if)
    sizes: list[IndexSize] = []
    known: dict[object, Part] = {}
    for suggestion in candidates.suggestions:
        definition = suggestion.definition
        table = schema.tables[definition.schema, definition.table]
        rows = table_rows(table, schema, statistics)
        share = kept.get((definition.qualified_table, definition.where or ""))
        share = None if share is None or rows <= 0 else min(share / rows, 1.0)
        size = estimate_size(definition, table, statistics, schema.major, rows=rows, selectivity=share, known=known)
        sizes.append(size)
    return sizes


def _kept(candidates: Candidates, what_if: WhatIf) -> dict[tuple[str, str], float]:
    definitions = [suggestion.definition for suggestion in candidates.suggestions]
    wanted = sorted({(d.qualified_table, d.where) for d in definitions if d.where})
    probes = [
        Ask(BoundStatement(f"SELECT 1 FROM {table} WHERE {where}", None, "logged"))  # noqa: S608 (an index predicate)
        for table, where in wanted
    ]
    answers = what_if.plan(probes) if probes else []
    return {key: plan.rows for key, plan in zip(wanted, answers, strict=True) if not isinstance(plan, Refused)}


def _build(candidates: Candidates, sizes: list[IndexSize], what_if: WhatIf) -> dict[int, str]:
    """Return the names of the candidates that the server took."""
    definitions: list[IndexDefinition] = [suggestion.definition for suggestion in candidates.suggestions]
    built = what_if.build(dict(zip(definitions, sizes, strict=True))) if definitions else {}
    names = {number: built[definition] for number, definition in enumerate(definitions)}
    return {number: name for number, name in names.items() if not isinstance(name, Refused)}


def _usable(candidates: Candidates, query: str, names: Mapping[int, str]) -> frozenset[int]:
    return frozenset(number for number in candidates.relevant.get(query, ()) if number in names)


def _weighted(workload: Workload, searched: list[Field], costs: Costs, options: AdviseOptions) -> tuple[Weighted, ...]:
    """Return the queries that candidates may help and the others that can be planned, each with its time per day."""
    days = workload.days or 1.0
    timed = any(query.total_ms for query in workload.queries)
    own = {field.query: field for field in searched}
    costs.ask(Question(query.id) for query in workload.queries)
    found = []
    for query in workload.queries:
        outcome = costs.outcome(query.id)
        if outcome is None or outcome.cost <= 0:
            continue
        field = own.get(query.id) or Field(query.id, frozenset(), 0)
        if field.shown and not gains(costs, query.id, field.shown, options.min_gain):
            field = Field(query.id, frozenset(), 0)
        total = query.total_ms if timed else outcome.cost * max(query.calls, 1.0) * COST_UNIT_MS
        found.append(Weighted(field, total / days, outcome.cost))
    return tuple(found)


def _economy(
    candidates: Candidates,
    sizes: list[IndexSize],
    weighted: tuple[Weighted, ...],
    writes: Mapping[tuple[str, str], TableWrites],
    schema: Schema,
    statistics: Statistics,
    options: AdviseOptions,
) -> tuple[Economy, list[WriteCost]]:
    """Return what each candidate takes: its write cost, the least it must save, and (without a budget) its storage."""
    time_per_day = sum(one.time for one in weighted)
    least = options.min_share * time_per_day
    stored = sum(table_pages(table, schema, statistics) for table in schema.tables.values() if table.kind == "table")
    price = 0.0 if options.budget is not None else options.storage_price * time_per_day / max(stored, 1)
    numbers: dict[tuple[str, str], int] = {}
    costs, charges, tables = [], [], []
    for suggestion, size in zip(candidates.suggestions, sizes, strict=True):
        definition = suggestion.definition
        place = definition.schema, definition.table
        rows = table_rows(schema.tables[place], schema, statistics)
        cost = write_cost(definition, size, rows, writes.get(place, TableWrites()), schema)
        costs.append(cost)
        charges.append(cost.ms_per_day + least + price * size.pages)
        tables.append(numbers.setdefault(place, len(numbers)))
    return Economy(tuple(size.bytes for size in sizes), tuple(charges), tuple(tables)), costs


def _earning(
    kept: frozenset[int], weighted: tuple[Weighted, ...], costs: Costs, economy: Economy
) -> tuple[frozenset[int], dict[int, float]]:
    """Return the choice without indexes that, given the others, do not earn their charge; and what each earns."""
    while True:
        lost = losses(kept, weighted, costs)
        idle = [i for i in sorted(kept) if lost[i] <= economy.charges[i]]
        if not idle:
            return kept, lost
        kept -= {min(idle, key=lambda i: (lost[i] - economy.charges[i], i))}


def losses(kept: frozenset[int], weighted: tuple[Weighted, ...], costs: Costs) -> dict[int, float]:
    """Return, per chosen index, the milliseconds per day that would be lost without it."""
    costs.ask(Question(one.field.query, kept & one.field.shown) for one in weighted)
    users: list[tuple[Weighted, int]] = []
    for one in weighted:
        outcome = costs.outcome(one.field.query, kept & one.field.shown)
        users += [(one, index) for index in sorted(outcome.used if outcome else ())]
    costs.ask(Question(one.field.query, (kept & one.field.shown) - {index}) for one, index in users)
    lost = dict.fromkeys(kept, 0.0)
    for one, index in users:
        shown = kept & one.field.shown
        with_it, without = costs.outcome(one.field.query, shown), costs.outcome(one.field.query, shown - {index})
        if with_it and without:
            lost[index] += one.time * max(without.cost - with_it.cost, 0.0) / one.cost
    return lost
