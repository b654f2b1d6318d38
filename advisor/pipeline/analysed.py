"""A workload analysed on a twin: each query's shape and the ways it is planned, as the roles that ran it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from advisor.analysis.analyse import analyse_query
from advisor.analysis.row_security import Asker, askers
from advisor.analysis.shape import QueryShape, Unanalysable
from advisor.twin.binding.own_settings import assumed_values, settings_read, told
from advisor.twin.binding.parameter_values import bind
from advisor.twin.binding.planning_sessions import PlannedAs, Planning, Sessions, settled
from advisor.twin.start import Twin
from advisor.twin.statement import BoundStatement
from advisor.workload.merging.merge_patterns import with_new_ids
from advisor.workload.model import Query, Workload

PARTS = 24
"""Queries that one query is taken apart into, at most: one for each schema or policy that it meets."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """A workload with what analysis made of each query."""

    workload: Workload
    shapes: Mapping[str, QueryShape]
    statements: Mapping[str, tuple[BoundStatement, ...]]
    unanalysed: Mapping[str, str]
    notes: tuple[str, ...] = ()
    planned_as: Mapping[str, tuple[PlannedAs, ...]] = field(default_factory=dict)
    """Query id to the roles it is planned as, the largest share first."""


def analyse_workload(workload: Workload, twin: Twin, role: str | None = None) -> Analysed:
    """Bind names and values of every query as the role that ran it; one that cannot be analysed keeps the reason.

    Queries that nobody is known to have run are planned as `role`, else as the owner. A query that meets other tables
    or policies in other sessions is taken apart: each part has its share of the executions and an id of its own.
    """
    work = _Work(twin, Sessions(twin.snapshot, role or _owner(twin)))
    queries: list[Query] = []
    parts_of: dict[str, str] = {}
    for query in workload.queries:
        parts = work.query(query)
        queries += parts
        if parts[0].id != query.id:
            parts_of[query.id] = parts[0].id
    taken = replace(with_new_ids(workload, parts_of), queries=tuple(queries)) if parts_of else workload
    notes = (*told(work.given), *_told_roles(work.planned_as, twin))
    return Analysed(taken, work.shapes, work.statements, work.unanalysed, notes, work.planned_as)


def _owner(twin: Twin) -> str | None:
    """Return the role that owns most tables, where planning as it differs from planning as the twin's owner."""
    owner = twin.snapshot.owner
    forced = any(table.force_row_security for table in twin.schema.tables.values())
    own = any(one.role == owner for one in twin.snapshot.overrides)
    return owner if twin.snapshot.role(owner) and (forced or own) else None


class _Work:
    """Analyses queries one after the other."""

    def __init__(self, twin: Twin, sessions: Sessions) -> None:
        self.twin = twin
        self.sessions = sessions
        self.shapes: dict[str, QueryShape] = {}
        self.statements: dict[str, tuple[BoundStatement, ...]] = {}
        self.unanalysed: dict[str, str] = {}
        self.planned_as: dict[str, tuple[PlannedAs, ...]] = {}
        self.given: dict[str, str] = {}
        """Values assumed for settings that no session set."""

    def query(self, query: Query) -> list[Query]:
        """Take one query in; return it, or the parts that it was taken apart into, largest first."""
        groups = self._groups(query, self.sessions.plannings(query))
        names = _names(query.id, [group[1] for group in groups])
        total = sum(sum(plannings.values()) for _, plannings in groups)
        parts = []
        for (shape, plannings), name in zip(groups, names, strict=True):
            part = query if len(groups) == 1 else _part(query, name, sum(plannings.values()) / total, plannings)
            self._take(part, shape, plannings)
            parts.append(part)
        return parts

    def _groups(
        self, query: Query, plannings: Mapping[Planning, float]
    ) -> list[tuple[QueryShape | Unanalysable, dict[Planning, float]]]:
        """Return the shapes that a query has, each with the plannings under which it has it."""
        groups: list[tuple[QueryShape | Unanalysable, dict[Planning, float]]] = []
        known: dict[object, QueryShape | Unanalysable] = {}
        for planning, share in plannings.items():
            asker = askers(self.twin.snapshot, self.twin.schema, planning.role)
            path = self._path(planning)
            key = (path, asker and asker.role)
            if key not in known:
                known[key] = self._shape(query, path, asker)
            same = next((found for shape, found in groups if shape == known[key]), None)
            if same is not None:
                same[planning] = share
            elif len(groups) < PARTS:
                groups.append((known[key], {planning: share}))
        return groups

    def _path(self, planning: Planning) -> tuple[str, ...] | None:
        told = planning.search_path is not None or self.twin.snapshot.roles
        return self.sessions.path(planning) if told else None

    def _shape(self, query: Query, path: tuple[str, ...] | None, asker: Asker | None) -> QueryShape | Unanalysable:
        return analyse_query(query, self.twin.schema, path, asker)

    def _take(self, query: Query, shape: QueryShape | Unanalysable, plannings: Mapping[Planning, float]) -> None:
        if isinstance(shape, Unanalysable):
            self.unanalysed[query.id] = shape.reason
            return
        if shape.absent:
            self.unanalysed[query.id] = "; ".join(shape.absent)
        if shape.kind != "utility" and (shape.tables or not shape.absent):
            self.shapes[query.id] = shape
            self.statements[query.id] = self._statements(query, shape, plannings)
            total = sum(plannings.values())
            shares = Counter[tuple[str | None, bool]]()
            for one, share in plannings.items():
                shares[one.role, one.known] += share / total  # type: ignore[assignment]
            self.planned_as[query.id] = tuple(
                PlannedAs(role, round(share, 6), known)
                for (role, known), share in sorted(shares.items(), key=lambda pair: (-pair[1], pair[0][0] or ""))
            )

    def _statements(
        self, query: Query, shape: QueryShape, plannings: Mapping[Planning, float]
    ) -> tuple[BoundStatement, ...]:
        """Return the ways to plan a query, the weights of all plannings summing to 1.

        Plannings that lead to the same plans are planned once, as the role that ran most of them.
        """
        needed = settings_read(shape, self.twin.schema, query.text)
        given = assumed_values(needed, self.twin.schema, self.twin.statistics)
        merged = self._alike(shape, plannings)
        total = sum(share for _, share in merged)
        made: list[BoundStatement] = []
        for planning, share in merged:
            samples = self.sessions.samples(query, planning) if len(plannings) > 1 else query.samples
            bound = bind(
                replace(query, samples=samples or query.samples),
                shape,
                self.twin.statistics,
                self.twin.schema,
                lambda text, path=planning.search_path: self.twin.parameter_types(text, path),  # type: ignore[misc]
            )
            made += settled(bound, planning, share / total, needed, {**given, **self._of_role(planning, needed)})
        for one in made:
            self.given |= {name: value for name, value in one.settings if given.get(name) == value}
        return tuple(made)

    def _of_role(self, planning: Planning, needed: tuple[str, ...]) -> dict[str, str]:
        """Return the application's own settings that sessions of the role begin with."""
        own = self.twin.snapshot.overrides_of(planning.user)
        return {name: own[name.lower()] for name in needed if name.lower() in own}

    def _alike(self, shape: QueryShape, plannings: Mapping[Planning, float]) -> list[tuple[Planning, float]]:
        """Return the plannings with their shares, those of roles that plan alike joined."""
        joined: dict[object, tuple[Planning, float]] = {}
        for planning, share in plannings.items():
            settings = tuple(self.twin.snapshot.overrides_of(planning.role).items())
            guarded = planning.role if any(table.guarded for table in shape.tables) else None
            key = (guarded, settings, planning.search_path, planning.settings)
            first, before = joined.get(key, (planning, 0.0))
            joined[key] = first, before + share
        return list(joined.values())


def _names(query: str, groups: list[dict[Planning, float]]) -> list[str]:
    """Return an id for each part of a query: what sets its sessions apart stands behind the query's own id."""
    if len(groups) == 1:
        return [query]
    names: list[str] = []
    for group in groups:
        first = next(iter(group))
        apart = first.search_path[0] if first.search_path else first.role or "owner"
        name = f"{query}.{apart}"
        names.append(name if name not in names else f"{name}.{len(names)}")
    return names


def _part(query: Query, name: str, share: float, plannings: Mapping[Planning, float]) -> Query:
    """Return a part of a query: its share of calls and times."""

    def scaled(number: float | None) -> float | None:
        return None if number is None else number * share

    roles = {planning.user for planning in plannings}
    return replace(
        query,
        id=name,
        calls=query.calls * share,
        total_ms=query.total_ms * share,
        rows=scaled(query.rows),
        plan_ms=scaled(query.plan_ms),
        failed=query.failed * share,
        counters={key: value * share for key, value in query.counters.items()},
        users=tuple(user for user in query.users if user in roles) or query.users,
    )


def _told_roles(planned_as: Mapping[str, tuple[PlannedAs, ...]], twin: Twin) -> Iterator[str]:
    """Yield the note that says as whom queries are planned, where the snapshot knows roles."""
    counts = Counter((one.role, one.known) for found in planned_as.values() for one in found[:1])
    if not counts or not twin.snapshot.roles:
        return
    words = []
    for (role, known), count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0][0] or "", pair[0][1])):
        who = "the owner" if role is None else role
        words.append(f"{who}{'' if known else ' (nobody is known to have sent them)'}: {count}")
    yield f"queries by the role they are planned as: {', '.join(words)}"
    unknown = any(not known for _, known in counts)
    if unknown and any(table.row_security for table in twin.schema.tables.values()):
        yield "row security decides plans here: name the application's role with --role, or give a log with %u"
