"""What queries weigh, what candidates are charged, and what each chosen one earns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.analysis.shape import QueryShape
from advisor.indexes.candidates.candidate import table_pages
from advisor.indexes.choice.likely import left, left_with, slowed
from advisor.indexes.choice.program import Configuration
from advisor.indexes.choice.write_cost import TableWrites, write_cost
from advisor.indexes.costing.configurations import Field, configurations, gains
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.pool import Pool
from advisor.indexes.costing.weighted import Economy, Weighted
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import WriteCost
from advisor.workload.model import Workload

COST_UNIT_MS = 0.01
"""Milliseconds one planner unit stands for where a workload holds no times."""


def weigh(workload: Workload, searched: Sequence[Field], costs: Costs, options: AdviseOptions) -> tuple[Weighted, ...]:
    """Return every query that can be planned with its time per day; only those that candidates help keep them."""
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
        measured = query.mean_ms / COST_UNIT_MS / 2 if timed else outcome.estimated
        seen = min(outcome.estimated, max(outcome.cost, measured))
        found.append(Weighted(field, total / days, outcome.cost, outcome.estimated, seen))
    return tuple(found)


def users(costs: Costs, weighted: Sequence[Weighted]) -> Mapping[int, Mapping[str, float]]:
    """Return, per candidate some plan uses, the queries whose plan that is, with their time per day."""
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for one in weighted:
        for used, _ in costs.known(one.field.query) if one.field.shown else ():
            for number in sorted(used):
                found[number][one.field.query] = one.time
    return found


def economy(
    pool: Pool,
    weighted: Sequence[Weighted],
    writes: Mapping[tuple[str, str], TableWrites],
    options: AdviseOptions,
) -> tuple[Economy, list[WriteCost]]:
    """Return what each candidate takes: its write cost, the least it must save, and (without a budget) its storage."""
    time_per_day = sum(one.time for one in weighted)
    least = options.min_share * time_per_day
    tables = [table for table in pool.schema.tables.values() if table.kind == "table"]
    stored = sum(table_pages(table, pool.schema, pool.statistics) for table in tables)
    price = 0.0 if options.budget is not None else options.storage_price * time_per_day / max(stored, 1)
    numbers: dict[tuple[str, ...], int] = {}
    places = [numbers.setdefault((d.schema, d.table), len(numbers)) for d in pool.definitions]
    leads = [numbers.setdefault((d.schema, d.table, d.keys[0].expression), len(numbers)) for d in pool.definitions]
    costs = [
        write_cost(d, size, pool.rows(d), writes.get((d.schema, d.table), TableWrites()), pool.schema)
        for d, size in zip(pool.definitions, pool.sizes, strict=True)
    ]
    weight = options.write_weight
    charges = [
        weight * cost.ms_per_day + least + price * size.pages for cost, size in zip(costs, pool.sizes, strict=True)
    ]
    return Economy(tuple(pool.at_most), tuple(charges), tuple(places), tuple(leads), pool.bare()), costs


def widened(
    weighted: Sequence[Weighted], chosen: frozenset[int], pool: Pool, shapes: Mapping[str, QueryShape]
) -> tuple[Weighted, ...]:
    """Return the queries, each shown whatever was chosen on its tables, whoever it was chosen for."""
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number in chosen:
        places[pool.definitions[number].schema, pool.definitions[number].table].add(number)
    found = []
    for one in weighted:
        tables = {(t.schema, t.table) for t in shapes[one.field.query].tables} if one.field.query in shapes else set()
        extra = frozenset(number for table in tables for number in places.get(table, ()))
        if one.field.shown and not one.field.thorough:
            extra = frozenset()
        found.append(replace(one, field=replace(one.field, shown=one.field.shown | extra)))
    return tuple(found)


def earning(
    kept: frozenset[int],
    weighted: Sequence[Weighted],
    costs: Costs,
    charged: Economy,
    options: AdviseOptions,
    *,
    strict: bool = False,
) -> tuple[frozenset[int], dict[int, float]]:
    """Return the choice without indexes that, given the others, do not earn their charge; and what each earns.

    If `strict`, those go too that slow a query beyond the limit.
    """
    while True:
        lost, effect = losses(kept, weighted, costs)
        idle = [i for i in sorted(kept) if lost[i] <= charged.charges[i] or effect[i] < options.min_effect]
        if not idle:
            slowing = slowed(kept, weighted, costs, options.max_regression) if strict else ()
            if not slowing:
                return kept, lost
            idle = [min(slowing, key=lambda i: (lost[i], i))]
        worst: dict[int, int] = {}
        for i in sorted(idle, key=lambda i: (lost[i] - charged.charges[i], i)):
            worst.setdefault(charged.tables[i], i)
        kept -= frozenset(worst.values())


def losses(
    kept: frozenset[int], weighted: Sequence[Weighted], costs: Costs
) -> tuple[dict[int, float], dict[int, float]]:
    """Return, per chosen index, the milliseconds per day lost without it, and the largest share of a query."""
    costs.ask(Question(one.field.query, kept & one.field.shown) for one in weighted)
    readers: list[tuple[Weighted, int]] = []
    for one in weighted:
        outcome = costs.outcome(one.field.query, kept & one.field.shown)
        readers += [(one, index) for index in sorted(outcome.used if outcome else ())]
    costs.ask(
        Question(one.field.query, (kept & one.field.shown) - {index}) for one, index in readers if one.field.thorough
    )
    lost, effect = dict.fromkeys(sorted(kept), 0.0), dict.fromkeys(sorted(kept), 0.0)
    for one, index in readers:
        shown = kept & one.field.shown
        with_it, without = left_with(one, shown, costs), left_with(one, shown - {index}, costs)
        lost[index] += one.time * (without - with_it)
        effect[index] = max(effect[index], 1 - with_it / without)
    return lost, effect


def cost_with(one: Weighted, shown: frozenset[int], costs: Costs) -> float:
    """Return a query's cost with these candidates: as planned, or at most, judged by its known configurations."""
    if found := costs.outcome(one.field.query, shown):
        return found.cost
    return min((outcome.cost for used, outcome in costs.known(one.field.query) if used <= shown), default=one.cost)


def in_time(costs: Costs, weighted: Sequence[Weighted]) -> tuple[tuple[Configuration, ...], ...]:
    """Return the configurations of every query with the time they save."""
    return tuple(
        tuple(
            Configuration(known.indexes, one.time * (1 - left(one, known.planned, known.cost)), known.planned)
            for known in configurations(costs, one.field.query)
        )
        for one in weighted
        if one.field.shown
    )
