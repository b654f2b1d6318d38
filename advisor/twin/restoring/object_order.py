"""The order in which a dump's objects are made: that of production's object ids, where the snapshot tells them.

The planner walks a table's indexes and extended statistics, and the children of an inherited table, by rising object
id, and of two that cost the same it keeps the first or the last. pg_dump sorts by name. Source: `RelationGetIndexList`,
`RelationGetStatExtList`, `find_inheritance_children` of PostgreSQL 13 to 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from advisor.catalog.statistics import Statistics

Ranks = Mapping[tuple[str, str], int]
"""Object ids in production, by schema and name of a relation or extended statistics object."""
Role = Literal["table", "child", "made", "after", "barrier"]
"""`table`: a table or sequence; `child`: a table that inherits; `made`: an index or statistics object; `after`: changes
one of these and may come later; `barrier`: may need all that is before it."""

_KEYS = {"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION"}
_AFTER = {"CreateTrigStmt", "CreatePolicyStmt", "CommentStmt", "AlterSeqStmt", "AlterOwnerStmt", "GrantStmt"}
_BARRIERS = {
    "AT_AttachPartition",
    "AT_AddInherit",
    "AT_DropInherit",
    "AT_AddColumn",
    "AT_AlterColumnType",
    "AT_AddIndex",
}
_ATTACHED = {"OBJECT_INDEX"}


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement, what it does to the order, and production's object id of what it makes."""

    text: str
    role: Role
    rank: int | None = None


def ranks_of(statistics: Statistics) -> dict[tuple[str, str], int]:
    """Return the object ids that the snapshot knows; an object of extended statistics may share a relation's name."""
    extended = {(schema, name): data.oid for (schema, name, _), data in statistics.extended.items()}
    relations = {key: relation.oid for key, relation in statistics.relations.items()}
    return {key: oid for key, oid in (*extended.items(), *relations.items()) if oid is not None}


def in_order(statements: Iterable[str], ranks: Ranks) -> list[str]:
    """Return the statements with indexes, statistics objects and inheriting tables in the order of their ranks.

    Each moves within a stretch of statements that do not depend on them only; one without a rank keeps its place.
    """
    given = list(statements)
    if not ranks:
        return given
    ordered: list[str] = []
    stretch: list[_Part] = []
    for part in (_part(text, ranks) for text in given):
        if part.role == "barrier":
            ordered += [*_arranged(stretch), part.text]
            stretch = []
        else:
            stretch.append(part)
    return [*ordered, *_arranged(stretch)]


def _arranged(stretch: Sequence[_Part]) -> Iterator[str]:
    """Yield tables, children, indexes, each by rank, then what comes after; all as it was where that is in order."""
    makers = [[part for part in stretch if part.role == role] for role in ("child", "made")]
    ranked = [_by_rank(parts) for parts in makers]
    if makers == ranked:
        yield from (part.text for part in stretch)
        return
    yield from (part.text for part in stretch if part.role == "table")
    for parts in ranked:
        yield from (part.text for part in parts)
    yield from (part.text for part in stretch if part.role == "after")


def _by_rank(parts: Sequence[_Part]) -> list[_Part]:
    """Return the parts with those of known rank sorted among the places they take."""
    known = iter(sorted((part for part in parts if part.rank is not None), key=lambda part: part.rank or 0))
    return [part if part.rank is None else next(known) for part in parts]


def _part(text: str, ranks: Ranks) -> _Part:
    import pglast

    try:
        (parsed,) = pglast.parse_sql(text)
    except (pglast.parser.ParseError, ValueError):
        return _Part(text, "barrier")
    role, key = _role(parsed.stmt)
    return _Part(text, role, ranks.get(key) if key else None)


def _role(node: Any) -> tuple[Role, tuple[str, str] | None]:
    """Return what a statement does to the order, and the name of what it makes."""
    kind = type(node).__name__
    if kind == "IndexStmt":
        return "made", (node.relation.schemaname or "public", node.idxname or "")
    if kind == "CreateStatsStmt":
        names = [name.sval for name in node.defnames or ()]
        return "made", (names[0] if len(names) > 1 else "public", names[-1] if names else "")
    if kind == "CreateStmt":
        child = bool(node.inhRelations) and node.partbound is None
        return ("child" if child else "table"), (node.relation.schemaname or "public", node.relation.relname)
    if kind == "CreateSeqStmt":
        return "table", None
    if kind == "AlterTableStmt":
        return _altered(node)
    return ("after" if kind in _AFTER else "barrier"), None


def _altered(node: Any) -> tuple[Role, tuple[str, str] | None]:
    if node.objtype.name in _ATTACHED:
        return "after", None
    for command in node.cmds:
        if command.subtype.name == "AT_AddConstraint" and command.def_.contype.name in _KEYS:
            if command.def_.indexname:
                return "barrier", None
            return "made", (node.relation.schemaname or "public", command.def_.conname or "")
        if command.subtype.name in _BARRIERS:
            return "barrier", None
    return "after", None
