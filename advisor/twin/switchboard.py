"""The switchboard: plans under any set of indexes, by flipping `indisvalid` in a transaction that is rolled back."""

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


class Switchboard:
    """`WhatIf` on a twin."""

    def __init__(self, connection: psycopg.Connection[Any], candidates: Candidates) -> None:
        self.candidates = candidates
        self.server_version = connection.info.server_version
        self.planner = Planner(connection)
        self._existing = _existing_indexes(connection)
        self._answers: dict[Ask, PlanNode | Refused] = {}

    def build(self, candidates: Mapping[IndexDefinition, IndexSize]) -> Mapping[IndexDefinition, str | Refused]:
        """Make the candidates known at their estimated size, switched off; return their names or why not."""
        return self.candidates.build(candidates)

    def plan(self, asks: Sequence[Ask]) -> list[PlanNode | Refused]:
        """Plan every ask; the answers stand in the order of the asks. What was asked before is remembered."""
        groups: defaultdict[Switch | Refused, list[Ask]] = defaultdict(list)
        for ask in dict.fromkeys(asks):
            if ask not in self._answers:
                groups[self._switch(ask)].append(ask)
        for switch, members in groups.items():
            if isinstance(switch, Refused):
                answers: Sequence[PlanNode | Refused] = [switch] * len(members)
            else:
                answers = self.planner.plan([ask.statement for ask in members], switch)
                named = (named_after(answer, self.candidates.leaves) for answer in answers)
            self._answers.update(zip(members, named, strict=True))
        return [self._answers[ask] for ask in asks]

    def parameter_types(self, text: str) -> tuple[str, ...]:
        """Return the SQL names of the types the server infers for `$1`…; nothing when it refuses the statement."""
        name = self.planner.prepare(text)
        return () if isinstance(name, Refused) else tuple(self.planner.parameter_types(name))

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
