"""One database of the twin with everything needed to cost index sets on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.twin.candidates import Candidates
from advisor.twin.plan import PlanNode
from advisor.twin.planner import Planner, Switch
from advisor.twin.sizing import Sizer
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


class Board:
    """Candidate indexes and a planner on one database. Two boards made alike give the same answers."""

    def __init__(self, connection: psycopg.Connection[Any], planning: psycopg.Connection[Any], sizer: Sizer) -> None:
        self.candidates = Candidates(connection, sizer)
        self.planner = Planner(planning)
        self._existing = _existing_indexes(connection)

    def build(self, candidates: Mapping[IndexDefinition, IndexSize]) -> dict[IndexDefinition, str | Refused]:
        """Make the candidates known, switched off; return their names or why not."""
        return self.candidates.build(candidates)

    def plan(self, asks: Sequence[Ask]) -> dict[Ask, PlanNode | Refused]:
        """Plan all in one pipeline, those with the same indexes in one transaction."""
        answers: dict[Ask, PlanNode | Refused] = {}
        groups: defaultdict[Switch, list[Ask]] = defaultdict(list)
        for ask in asks:
            switch = self._switch(ask)
            if isinstance(switch, Refused):
                answers[ask] = switch
            else:
                groups[switch].append(ask)
        found = self.planner.plan_groups(
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
