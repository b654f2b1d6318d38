"""The index stage from end to end: candidates, costing, choice, proposals, and why some queries got none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from advisor.analysis.shape import QueryShape
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.choice.drops import drops, replacements
from advisor.indexes.choice.evaluation import earning, economy, in_time, users, weigh, widened
from advisor.indexes.choice.explain import Choice, explained
from advisor.indexes.choice.hot_updates import freed, hot_updates
from advisor.indexes.choice.likely import slowed
from advisor.indexes.choice.proposals import Chosen, proposals
from advisor.indexes.choice.rejections import reasons, rejected
from advisor.indexes.choice.selection import curve, reveal, select
from advisor.indexes.choice.shares import whole
from advisor.indexes.choice.why_not import why_not
from advisor.indexes.choice.write_cost import TableWrites, span, table_writes, windows_note, with_parents
from advisor.indexes.costing.configurations import Field, explore, fields
from advisor.indexes.costing.costing import Costs
from advisor.indexes.costing.merge_candidates import lent, merged
from advisor.indexes.costing.pool import Pool
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.foreign_key_probes import with_probes
from advisor.indexes.gather_candidates import Candidates, gather
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from advisor.indexes.sizes.composite_references import references
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import WhatIf
from advisor.workload.model import Workload

TRIES = 5
"""Choices made anew because taking single indexes away showed a slow plan close by."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run of the stage works with."""

    workload: Workload
    shapes: Mapping[str, QueryShape]
    options: AdviseOptions
    candidates: Candidates
    pool: Pool
    costs: Costs
    writes: Mapping[tuple[str, str], TableWrites]


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
    pool = Pool(schema, statistics, what_if, references(shapes.values(), schema, statistics))
    pool.extend(candidates.suggestions)
    heaps = pool.heaps if options.aim == "time" else None
    schemas = {query: frozenset(table.schema for table in shape.tables) for query, shape in shapes.items()}
    probed = with_probes(workload, shapes, statements, schema)
    costs = Costs(what_if, probed, pool.names, heaps, deadline, schemas)
    writes = table_writes(workload, shapes, with_parents(statistics, schema), options.least_days)
    writes = freed(writes, schema, statistics, options) if options.drops else writes
    run = Run(workload, shapes, options, candidates, pool, costs, writes)
    return _proposed(run, _searched(run))


def _searched(run: Run) -> tuple[Weighted, ...]:
    """Return the queries with their weights, once the planner has told what is worth choosing from."""
    options, pool, costs = run.options, run.pool, run.costs
    relevant = [(q.id, q.total_ms, pool.usable(run.candidates.relevant.get(q.id, ()))) for q in run.workload.queries]
    searched = fields(relevant, options.asks_per_query)
    lean = options.budget is None
    explore(costs, searched, pool.definitions, options.min_gain, payload=lean)
    weighted = weigh(run.workload, searched, costs, options)
    if costs.late:
        return weighted
    used = users(costs, weighted)
    found = merged(pool, used, options)
    added = lent(pool, used, weighted)
    for number, (_, queries) in zip(pool.extend([suggestion for suggestion, _ in found]), found, strict=True):
        for query in queries if number in pool.names else ():
            added.setdefault(query, set()).add(number)
    more = [(f, added[f.query]) for f in searched if f.query in added and f.thorough]
    wider = [Field(f.query, f.shown | n, f.questions + 2 * len(n), frozenset(n)) for f, n in more]
    explore(costs, wider, pool.definitions, options.min_gain, again=True, payload=lean)
    replaced = {field.query: field for field in wider}
    return tuple(replace(w, field=replaced.get(w.field.query, w.field)) if w.field.shown else w for w in weighted)


def _proposed(run: Run, weighted: tuple[Weighted, ...]) -> Advice:
    """Return the choice as proposals, with drops, the reasons for what is missing, and the curve."""
    pool, costs, options = run.pool, run.costs, run.options
    charged, write_costs = economy(pool, weighted, run.writes, options)
    reveal(costs, weighted, charged, options)
    for last in (False,) * TRIES + (True,):
        wanted, problem = select(
            costs, weighted, charged, options, lambda some: widened(weighted, some, pool, run.shapes)
        )
        out = rejected(wanted, pool.definitions, options.rejected)
        allowed = wanted - frozenset(out)
        wide = widened(weighted, allowed, pool, run.shapes)
        kept, lost = earning(allowed, wide, costs, charged, options, strict=last)
        if not slowed(kept, wide, costs, options.max_regression):
            break
    weighted = wide
    chosen = tuple(Chosen(i, pool.suggestions[i], pool.sizes[i], write_costs[i], kept) for i in sorted(kept))
    replaced = replacements(chosen, pool.schema, costs, weighted, options)
    created = proposals(chosen, costs, weighted, replaced, pool.definitions, run.shapes)
    dropped, spared = drops(pool, costs, weighted, chosen, replaced, run.writes, options) if options.drops else ((), ())
    missing = why_not(run.workload, run.shapes, costs, run.candidates, weighted, created, options)
    missing = reasons(missing, widened(weighted, wanted, pool, run.shapes), wanted, out, costs)
    points = curve(replace(problem, queries=in_time(costs, weighted)), lost)
    rates = (run.workload.days or 0.0) >= options.least_days
    made = (*created, *dropped)
    because = {why.query: why for why in missing}
    told = explained(weighted, Choice(kept, pool, costs, charged, made, because, options))
    return Advice(
        made,
        missing,
        points,
        _notes(run),
        whole(weighted, kept, costs),
        (*out.values(), *spared),
        told,
        hot_updates(made, run.writes, pool.schema),
        costs.asked,
        rates,
    )


def _rates_note(days: float | None, least: float) -> str | None:
    """Return what is said of a capture whose length tells no rate per day, `None` where it does."""
    if not days:
        return "the length of the capture is unknown: what is said per day takes it for one day"
    short = f"the capture spans {span(days)}, less than {span(least)} (--least-window)"
    return f"{short}: nothing is said per day" if days < least else None


def _notes(run: Run) -> tuple[str, ...]:
    least = run.options.least_days
    windows = windows_note(run.workload, run.shapes, run.pool.statistics, least), _rates_note(run.workload.days, least)
    notes = [note for note in windows if note]
    if not any(query.total_ms for query in run.workload.queries):
        notes.append("the workload holds no times: planner cost stands in for them")
    if run.costs.late:
        notes.append("the time limit ended the search early: the answer is the best found until then")
    for number, reason in sorted(run.pool.refused.items()):
        notes.append(f"candidate {run.pool.definitions[number].name} could not be tried: {reason}")
    return tuple(notes)
