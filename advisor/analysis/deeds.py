"""What a statement of a migration does, read from PostgreSQL's own parse tree: one deed for each of its clauses.

A text that the parser refuses (it is of PostgreSQL 17) has no deeds; what it does to tables is observed, not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pglast
from pglast import parser

from advisor.analysis.parse import Node, body, kind, names

Name = tuple[str, str]
"""Schema (empty where the text names none) and name."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a statement does."""

    kind: str
    """`create index`, `drop index`, `reindex`, `add column`, `drop column`, `alter type`, `set not null`,
    `add constraint`, `validate constraint`, `rename table`, `rename column`, `set schema`, `drop table`, `drop view`,
    `cluster`, `vacuum full`, `attach partition`, `detach partition`, `timeout`, or the name of the parser's node."""
    table: Name | None = None
    name: str = ""
    """The column, constraint or index."""
    to: str = ""
    """The new name, or the kind of constraint: `foreign key`, `check`, `unique`, `primary key`, `exclude`,
    `not null`."""
    concurrently: bool = False
    columns: tuple[str, ...] = ()
    """Those of a constraint."""


def placed(text: str) -> tuple[tuple[int, str], ...]:
    """Return the statements of a text with the line (from 1) that each begins at; all as one where none can be told."""
    plain = text.replace("\0", " ")
    for parse in (True, False):
        try:
            parts = pglast.split(plain, with_parser=parse, only_slices=True)
        except parser.ParseError:
            continue
        return tuple((plain.count("\n", 0, part.start) + 1, plain[part]) for part in parts)
    return ((1, text),)


def pieces(text: str) -> tuple[str, ...]:
    """Return the statements of a text, as they stand there; the text itself where the parser cannot part it."""
    return tuple(piece for _, piece in placed(text))


def deeds(text: str) -> tuple[Deed, ...]:
    """Return what the statements of `text` do, in order; nothing where the parser refuses them."""
    try:
        tree = orjson.loads(parser.parse_sql_json(text.replace("\0", " ")))
    except (parser.ParseError, orjson.JSONDecodeError):
        return ()
    return tuple(deed for one in tree.get("stmts", ()) for deed in _deeds(one.get("stmt", {})))


def _deeds(node: Node) -> Iterator[Deed]:
    read = _READERS.get(kind(node))
    if read:
        yield from read(body(node))
    elif node:
        relation = body(node).get("relation")
        yield Deed(kind(node), _relation(relation) if isinstance(relation, dict) else None)


def _relation(node: Node | None) -> Name | None:
    return (node.get("schemaname", ""), node.get("relname", "")) if node else None


def _qualified(parts: tuple[str, ...]) -> Name:
    return (parts[-2] if len(parts) > 1 else "", parts[-1] if parts else "")


def _index(node: Node) -> Iterator[Deed]:
    yield Deed("create index", _relation(node.get("relation")), node.get("idxname", ""),
               concurrently=node.get("concurrent", False))  # fmt: skip


_DROPPED = {"OBJECT_TABLE": "drop table", "OBJECT_VIEW": "drop view", "OBJECT_MATVIEW": "drop view"}


def _drop(node: Node) -> Iterator[Deed]:
    for one in node.get("objects", ()):
        parts = names(one["List"].get("items")) if "List" in one else names([one])
        if node.get("removeType") == "OBJECT_INDEX":
            yield Deed("drop index", None, _qualified(parts)[1], concurrently=node.get("concurrent", False))
        elif node.get("removeType") in _DROPPED:
            yield Deed(_DROPPED[node["removeType"]], _qualified(parts))
        else:
            yield Deed("DropStmt", name=parts[-1] if parts else "")


def _reindex(node: Node) -> Iterator[Deed]:
    concurrently = any(one["DefElem"].get("defname") == "concurrently" for one in node.get("params", ()))
    yield Deed("reindex", _relation(node.get("relation")), node.get("name", ""), concurrently=concurrently)


def _rename(node: Node) -> Iterator[Deed]:
    what = {"OBJECT_TABLE": "rename table", "OBJECT_COLUMN": "rename column", "OBJECT_VIEW": "rename table",
            "OBJECT_MATVIEW": "rename table"}.get(node.get("renameType", ""), "RenameStmt")  # fmt: skip
    yield Deed(what, _relation(node.get("relation")), node.get("subname", ""), node.get("newname", ""))


def _schema(node: Node) -> Iterator[Deed]:
    yield Deed("set schema", _relation(node.get("relation")), to=node.get("newschema", ""))


def _altered(node: Node) -> Iterator[Deed]:
    table = _relation(node.get("relation"))
    for one in node.get("cmds", ()):
        command = one.get("AlterTableCmd", {})
        yield from _command(table, command.get("subtype", ""), command)


_PLAIN = {
    "AT_DropColumn": "drop column", "AT_SetNotNull": "set not null", "AT_AlterColumnType": "alter type",
    "AT_ValidateConstraint": "validate constraint", "AT_AttachPartition": "attach partition",
    "AT_DetachPartition": "detach partition",
}  # fmt: skip


def _command(table: Name | None, subtype: str, command: Node) -> Iterator[Deed]:
    defined = command.get("def", {})
    if subtype == "AT_AddColumn":
        column = defined.get("ColumnDef", {})
        yield Deed("add column", table, column.get("colname", ""))
        for one in column.get("constraints", ()):
            yield from _constraint(table, one.get("Constraint", {}), column.get("colname", ""))
    elif subtype == "AT_AddConstraint":
        yield from _constraint(table, defined.get("Constraint", {}))
    elif subtype in _PLAIN:
        concurrently = bool(defined.get("PartitionCmd", {}).get("concurrent")) if defined else False
        yield Deed(_PLAIN[subtype], table, command.get("name", ""), concurrently=concurrently)
    else:
        yield Deed(subtype, table, command.get("name", ""))


_CONSTRAINTS = {
    "CONSTR_FOREIGN": "foreign key", "CONSTR_CHECK": "check", "CONSTR_UNIQUE": "unique",
    "CONSTR_PRIMARY": "primary key", "CONSTR_EXCLUSION": "exclude", "CONSTR_NOTNULL": "not null",
}  # fmt: skip


def _constraint(table: Name | None, node: Node, column: str = "") -> Iterator[Deed]:
    what = _CONSTRAINTS.get(node.get("contype", ""))
    if what and not (column and what == "not null"):
        columns = names(node.get("fk_attrs")) or names(node.get("keys")) or ((column,) if column else ())
        yield Deed("add constraint", table, node.get("conname", ""), what, columns=columns)


def _vacuum(node: Node) -> Iterator[Deed]:
    options = {one["DefElem"].get("defname") for one in node.get("options", ())}
    for one in node.get("rels", ()):
        relation = _relation(one.get("VacuumRelation", {}).get("relation"))
        yield Deed("vacuum full" if "full" in options else "VacuumStmt", relation)


def _cluster(node: Node) -> Iterator[Deed]:
    yield Deed("cluster", _relation(node.get("relation")), node.get("indexname", ""))


def _set(node: Node) -> Iterator[Deed]:
    yield Deed("timeout" if node.get("name") == "lock_timeout" else "VariableSetStmt", name=node.get("name", ""))


_READERS = {
    "IndexStmt": _index, "DropStmt": _drop, "ReindexStmt": _reindex, "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _schema, "AlterTableStmt": _altered, "VacuumStmt": _vacuum, "ClusterStmt": _cluster,
    "VariableSetStmt": _set,
}  # fmt: skip
