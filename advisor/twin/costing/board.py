"""One database of the twin with everything needed to cost index sets on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.statistics import Statistics
from advisor.twin.contents.sizing import Sizer
from advisor.twin.costing.candidates import Candidates
from advisor.twin.costing.planner import Planner, Switch
from advisor.twin.plan import PlanNode
from advisor.twin.servers.rights import Sessions
from advisor.twin.whatif import Ask, Refused

_INDEXES = """
WITH RECURSIVE tree AS (
    SELECT c.relname, n.nspname, c.oid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast') AND i.indisvalid
    UNION
    SELECT t.relname, t.nspname, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid
)
SELECT relname, nspname, array_agg(oid::bigint ORDER BY oid) FROM tree GROUP BY relname, nspname ORDER BY nspname
"""

Login = Callable[[str | None], psycopg.Connection[Any]]
"""Opens a session of a role, of the owner where none is named; raises `psycopg.OperationalError` for an unknown one."""


class Board:
    """Candidate indexes and a planner on one database. Two boards made alike give the same answers."""

    def __init__(self, connection: psycopg.Connection[Any], login: Login, sizer: Sizer, statistics: Statistics) -> None:
        """Take a superuser's connection, a way to log in as a role, and that database's sizer and statistics."""
        self._login = login
        self.candidates = Candidates(Sessions(connection, partial(login, None)), sizer, statistics)
        self.planner = Planner(login(None), partial(login, None))
        """Plans as the owner of the schema."""
        self._planners: dict[str | None, Planner | Refused] = {None: self.planner}
        self._existing = _existing_indexes(connection)

    def build(self, candidates: Mapping[IndexDefinition, IndexSize]) -> dict[IndexDefinition, str | Refused]:
        """Make the candidates known, switched off; return their names or why not."""
        return self.candidates.build(candidates)

    def plan(self, asks: Sequence[Ask]) -> dict[Ask, PlanNode | Refused]:
        """Plan all, one pipeline a role, and in it one transaction for each set of indexes."""
        answers: dict[Ask, PlanNode | Refused] = {}
        roles: defaultdict[str | None, list[Ask]] = defaultdict(list)
        for ask in asks:
            roles[ask.statement.role].append(ask)
        for role, members in roles.items():
            planner = self._planner(role)
            answers |= dict.fromkeys(members, planner) if isinstance(planner, Refused) else self._as(planner, members)
        return answers

    def _planner(self, role: str | None) -> Planner | Refused:
        """Return the session of a role, opened when it is first asked for, or why the twin lets it not in."""
        if role not in self._planners:
            try:
                self._planners[role] = Planner(self._login(role), partial(self._login, role))
            except psycopg.OperationalError as error:
                self._planners[role] = Refused(f"the twin cannot plan as role {role}: {error}")
        return self._planners[role]

    def _as(self, planner: Planner, asks: Sequence[Ask]) -> dict[Ask, PlanNode | Refused]:
        answers: dict[Ask, PlanNode | Refused] = {}
        groups: defaultdict[Switch, list[Ask]] = defaultdict(list)
        for ask in asks:
            switch = self._switch(ask)
            if isinstance(switch, Refused):
                answers[ask] = switch
            else:
                groups[switch].append(ask)
        found = planner.plan_groups(
            [(switch, [ask.statement for ask in members]) for switch, members in groups.items()]
        )
        for members, planned in zip(groups.values(), found, strict=True):
            named = (named_after(answer, self.candidates.leaves) for answer in planned)
            answers.update(zip(members, named, strict=True))
        return answers

    def _switch(self, ask: Ask) -> Switch | Refused:
        shown: set[int] = set()
        hidden: set[int] = set()
        for name in ask.candidates:
            if name not in self.candidates.indexes:
                return Refused(f"no candidate index is named {name}")
            shown.update(self.candidates.indexes[name])
        for name in ask.hidden:
            if name not in self._existing:
                return Refused(f"no index is named {name}")
            hidden.update(self._existing[name])
        return Switch(tuple(sorted(shown)), tuple(sorted(hidden)))


def named_after(answer: PlanNode | Refused, leaves: Mapping[str, str]) -> PlanNode | Refused:
    """Return the plan with each partition's index of a candidate under the candidate's own name."""
    if isinstance(answer, Refused) or not leaves or answer.indexes.isdisjoint(leaves):
        return answer
    return _renamed(answer, leaves)


def _renamed(node: PlanNode, leaves: Mapping[str, str]) -> PlanNode:
    index = leaves.get(node.index, node.index) if node.index else None
    return replace(node, index=index, children=tuple(_renamed(child, leaves) for child in node.children))


def _existing_indexes(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, ...]]:
    """Return the object ids of each valid index, partitions' included, by bare and by qualified name."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for name, schema, oids in connection.execute(_INDEXES.encode()).fetchall():
        found[name].update(oids)
        found[f"{schema}.{name}"].update(oids)
    return {name: tuple(sorted(oids)) for name, oids in found.items()}
