"""Turns the loops of a workload into N+1 problems: child understood, parent named, alike loops summed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from advisor.indexes.proposal import Confidence
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Spread
from advisor.rules.loops.independent import LONG, kind_of, of_one_request
from advisor.rules.loops.parent import Parent, name_parent
from advisor.rules.loops.relation import relate
from advisor.rules.loops.repeated_query import Child, Lookalike, classify
from advisor.workload.model import POOLED, Loop

COMPANY_DISTINCT = 0.5
"""Distinct values per execution of a loop that stands in the rounds of another: rows may point at the same one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One N+1: the loops of one application that run one child for the rows of one parent."""

    child: Child
    query: str
    """Id of the repeated query."""
    parent: Parent | None
    application: str | None
    loops: tuple[Loop, ...]
    """The captured loops summed here, most executions first."""

    @property
    def executions(self) -> float:
        """Return the executions within these loops."""
        return sum(loop.executions for loop in self.loops)

    @property
    def count(self) -> int:
        """Return how many times such a loop ran."""
        return sum(loop.loops for loop in self.loops)

    @property
    def spread(self) -> Spread:
        """Return executions per loop; the median of several groups is that of their medians, weighted."""
        return Spread(
            median=_weighted_median([(loop.median, loop.loops) for loop in self.loops]),
            p95=max(loop.p95 for loop in self.loops),
            max=max(loop.max for loop in self.loops),
        )

    @property
    def burst(self) -> bool:
        """Return whether nothing but their moment holds the executions together."""
        return all(loop.unit in POOLED for loop in self.loops)

    @property
    def bounded(self) -> bool:
        """Return whether each loop lies within a transaction or trace."""
        return all(loop.unit in ("transaction", "trace") for loop in self.loops)

    @property
    def spread_over_sessions(self) -> bool:
        """Return whether the executions of one loop came over several connections."""
        return any(loop.sessions > 1 for loop in self.loops)


def problems(context: RuleContext) -> tuple[Problem, ...]:
    """Return the N+1 problems of a workload, the one with most executions first."""
    repeated = frozenset(loop.child for loop in context.workload.loops)
    members: list[_Member] = []
    open_: list[_Member] = []
    for loop in context.workload.loops:
        child = _child(loop, context)
        if isinstance(child, Lookalike):
            continue
        parent = name_parent(loop, child, context, repeated)
        if not _long_enough(loop, parent, context, writes=child.kind == "insert"):
            open_.append(_Member(loop, child, parent))
        elif of_one_request(loop, child, parent, context):
            members.append(_Member(loop, child, parent))
        else:
            open_.append(_Member(loop, child, parent))
    members = _with_company(members, open_, context)
    groups: dict[tuple[str, ...], list[_Member]] = defaultdict(list)
    for member in members:
        groups[_identity(*member)].append(member)
    found = _once([_problem(group) for group in groups.values()])
    return tuple(sorted(found, key=lambda found: (-found.executions, found.query)))


_Place = tuple[str, str | None, str]
"""Query, application and kind of unit of loops."""


class _Member(NamedTuple):
    loop: Loop
    child: Child
    parent: Parent | None


def _with_company(members: list[_Member], others: list[_Member], context: RuleContext) -> list[_Member]:
    """Return the loops, and those of the others that stand in the rounds of one of them: they share its fate.

    Where such a loop has no parent, the table that it stands beside is one if its rows point at the loop's.
    """
    least = context.options.loop_minimum_with_parent
    found = list(members)
    while True:
        known: dict[_Place, _Member] = {(one.loop.child, one.loop.application, kind_of(one.loop)): one for one in found}
        fresh = [
            member for member in others
            if member.loop.max >= least and member.loop.distinct >= COMPANY_DISTINCT and _mostly(member.loop)
            and any(_round_of(member.loop, other) for other in _beside(member.loop, known))
        ]  # fmt: skip
        if not fresh:
            return [_linked(member, known) for member in found]
        others = [member for member in others if member not in fresh]
        found += fresh


def _beside(loop: Loop, known: Mapping[_Place, _Member]) -> list[_Member]:
    """Return the loops that stand in the rounds of a loop."""
    places = ((name, loop.application, kind_of(loop)) for name in loop.beside)
    return [known[place] for place in places if place in known]


def _round_of(loop: Loop, other: _Member) -> bool:
    """Return whether a loop's rounds are those of the other: what stands beside the other's parent is a request's."""
    return other.parent is None or other.parent.query not in loop.beside


def _mostly(loop: Loop) -> bool:
    """Return whether the query runs in this loop more than otherwise."""
    return loop.executions >= (loop.elsewhere or 0.0)


def _linked(member: _Member, known: Mapping[_Place, _Member]) -> _Member:
    loop, child, parent = member
    if parent is not None and parent.query is not None:
        return member
    for name in loop.beside:
        other = known.get((name, loop.application, kind_of(loop)))
        if other is None or other.child.table is child.table:
            continue
        relation = relate(other.child.table, child.table, child.key)
        if relation is not None and relation.to_one:
            return member._replace(parent=Parent(other.child.table, name, relation))
    return member


def _child(loop: Loop, context: RuleContext) -> Child | Lookalike:
    shape, query = context.shapes.get(loop.child), context.queries.get(loop.child)
    if shape is None or query is None:
        return Lookalike("not-analysed")
    return classify(query, shape, loop, context)


def _long_enough(loop: Loop, parent: Parent | None, context: RuleContext, *, writes: bool) -> bool:
    """Return whether the loop is long, and its values varied enough, for how well its parent is known."""
    named = parent is not None and parent.query is not None
    options = context.options
    least = options.loop_minimum_with_parent if named else options.loop_minimum
    least = max(least, options.budgets.get(loop.application or "", 0))
    if context.coarse and loop.unit == "session" and not named:
        least = max(least, LONG)
    values = loop.distinct * loop.median
    varied = loop.distinct >= 0.8 or (values >= 2 and (named or writes))
    return loop.max >= least and varied


def _identity(loop: Loop, child: Child, parent: Parent | None) -> tuple[str, ...]:
    named = (parent.table.qualified, parent.query or "") if parent else ("", "")
    return loop.child, loop.application or "", *named, *child.key, loop.unit if loop.unit in POOLED else ""


def _once(found: list[Problem]) -> list[Problem]:
    """Leave out what is counted twice: executions of a burst may be loops of single sessions, too.

    A loop whose parent was seen in its own session is the surer of the two; else the burst knows more.
    """

    def whose(problem: Problem) -> tuple[str, str | None]:
        return problem.query, problem.application

    sure = {whose(one) for one in found if not one.burst and one.parent and one.parent.query}
    kept = [one for one in found if not (one.burst and whose(one) in sure)]
    for unit in ("relay", "spell"):
        better = {whose(one) for one in kept if one.loops[0].unit == unit}
        kept = [one for one in kept if one.loops[0].unit == unit or not one.burst or whose(one) not in better]
    bursts = {whose(one) for one in kept if one.burst}
    return [one for one in kept if one.burst or one.bounded or whose(one) not in bursts]


def _problem(members: Iterable[_Member]) -> Problem:
    ordered = sorted(members, key=lambda member: (-member[0].executions, member[0].unit))
    loop, child, _ = ordered[0]
    parents = [parent for _, _, parent in ordered if parent]
    best = max(parents, key=lambda parent: parent.score, default=None)
    return Problem(child, loop.child, best, loop.application, tuple(member[0] for member in ordered))


def _weighted_median(values: list[tuple[float, int]]) -> float:
    half, seen = sum(weight for _, weight in values) / 2, 0
    for value, weight in sorted(values):
        seen += weight
        if seen >= half:
            return value
    return values[-1][0]


def confidence(problem: Problem, *, sampled: bool) -> Confidence:
    """Return how sure an N+1 is: proven by rows, high by foreign key within a transaction, medium by shape alone.

    `sampled` says that the log holds only some of the statements, so that lengths and neighbours mean little.
    """
    parent = problem.parent
    if sampled:
        return "low"
    if parent is None or parent.query is None or problem.spread_over_sessions:
        return "medium"
    declared = parent.relation.by in ("foreign-key", "own-key")
    if declared and (parent.rows_match or parent.contained):
        return "proven"
    if (problem.bounded and (declared or parent.limit_match)) or (declared and (parent.limit_match or parent.nested)):
        return "high"
    return "medium"
