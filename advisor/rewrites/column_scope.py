"""Whose column is it? Binds every column reference to the relation of the query level that owns it, as the server does.

What cannot be told for certain is bound to nothing: rewriting refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.schema import Schema, Table
from advisor.rewrites.tree import ast, column, enums, is_star, walk


@dataclass(eq=False)
class Relation:
    """One item of a FROM clause."""

    alias: str
    columns: frozenset[str] | None
    """`None` when they are not known: a function's, a view's that the catalog lacks."""
    table: Table | None = None
    nullable: bool = False
    """Whether an outer join may fill its columns with NULL."""
    node: Any = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Column of the table by the name it has here, where an alias renames them."""

    def not_null(self, name: str) -> bool:
        """Return whether a column is never NULL at this level."""
        found = self.table.column(self.names.get(name, name)) if self.table else None
        return bool(found and found.not_null) and not self.nullable


@dataclass(eq=False)
class Level:
    """One SELECT, UPDATE, DELETE or INSERT with what it reads."""

    node: Any
    outer: Level | None
    relations: dict[str, Relation] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    """Columns that USING makes one."""


class Bindings:
    """The owners of a statement's column references."""

    def __init__(self, tree: Any, schema: Schema) -> None:
        self.schema = schema
        self.levels: dict[int, Level] = {}
        self._owners: dict[int, tuple[Level, Relation]] = {}
        self._kept: list[Any] = [tree]
        self.names = all_names(tree)
        self._statement(tree, None, {})
        for level in self.levels.values():
            self.names |= columns_of(level.relations.values())

    def owner(self, reference: Any) -> tuple[Level, Relation] | None:
        """Return level and relation of a column reference, `None` when they are not certain."""
        return self._owners.get(id(reference))

    def level(self, node: Any) -> Level:
        """Return the level of a statement's node."""
        return self.levels[id(node)]

    def fresh(self, wanted: str) -> str:
        """Return a name that nothing in the statement has, and keep it taken."""
        name, number = wanted, 1
        while name in self.names:
            name, number = f"{wanted}_{number}", number + 1
        self.names.add(name)
        return name

    def unbound(self, node: Any) -> list[str]:
        """Return the names below a node whose owner is not certain."""
        return [_shown(found) for found in walk(node) if isinstance(found, ast.ColumnRef) and self.owner(found) is None
                and not is_star(found)]  # fmt: skip

    def qualify(self, node: Any) -> None:
        """Write every bound column below a node with its relation's alias, in place."""
        for found in walk(node):
            bound = self.owner(found) if isinstance(found, ast.ColumnRef) else None
            if bound and len(found.fields) == 1 and not is_star(found):
                found.fields = column(bound[1].alias, found.fields[0].sval).fields

    def rename(self, node: Any, relation: Relation, alias: str) -> None:
        """Give a relation another alias, in its FROM item and in every reference below `node`, in place."""
        for found in walk(node):
            bound = self.owner(found) if isinstance(found, ast.ColumnRef) else None
            if bound and bound[1] is relation:
                last = found.fields[-1]
                found.fields = (*column(alias, "x").fields[:1], last)
        old = relation.node.alias
        relation.node.alias = ast.Alias(aliasname=alias, colnames=old.colnames if old else None)
        relation.alias = alias

    def _statement(self, node: Any, outer: Level | None, ctes: Mapping[str, frozenset[str] | None]) -> None:
        if isinstance(node, ast.SelectStmt):
            self._select(node, outer, ctes)
        elif isinstance(node, ast.UpdateStmt | ast.DeleteStmt | ast.InsertStmt):
            self._write(node, outer, ctes)
        else:
            self._expressions(node, Level(node, outer), ctes)

    def _with(self, node: Any, outer: Level | None, ctes: Mapping[str, Any]) -> dict[str, frozenset[str] | None]:
        known = dict(ctes)
        for one in node.withClause.ctes if node.withClause else ():
            given = one.aliascolnames
            named = frozenset(part.sval for part in given) if given else self._output(one.ctequery)
            if node.withClause.recursive:
                known[one.ctename] = named
            self._statement(one.ctequery, outer, known)
            known[one.ctename] = named
        return known

    def _select(self, node: Any, outer: Level | None, ctes: Mapping[str, Any]) -> None:
        known = self._with(node, outer, ctes)
        level = self.levels[id(node)] = Level(node, outer)
        if node.op != enums.SetOperation.SETOP_NONE:
            self._select(node.larg, outer, known)
            self._select(node.rarg, outer, known)
            return
        for item in node.fromClause or ():
            self._from(item, level, known, nullable=False)
        named = {target.name for target in node.targetList or () if target.name}
        for part in (node.targetList, node.whereClause, node.groupClause, node.havingClause, node.windowClause,
                     node.distinctClause, node.limitOffset, node.limitCount, node.valuesLists):  # fmt: skip
            self._expressions(part, level, known)
        for key in node.sortClause or ():
            alone = isinstance(key.node, ast.ColumnRef) and len(key.node.fields) == 1 and not is_star(key.node)
            if not (alone and key.node.fields[0].sval in named):
                self._expressions(key.node, level, known)

    def _write(self, node: Any, outer: Level | None, ctes: Mapping[str, Any]) -> None:
        known = self._with(node, outer, ctes)
        level = self.levels[id(node)] = Level(node, outer)
        if isinstance(node, ast.InsertStmt) and node.selectStmt is not None:
            self._statement(node.selectStmt, None, known)
        target = self._range(node.relation, known)
        level.relations[target.alias] = target
        others = node.fromClause if isinstance(node, ast.UpdateStmt) else getattr(node, "usingClause", None)
        for item in others or ():
            self._from(item, level, known, nullable=False)
        if isinstance(node, ast.InsertStmt):
            excluded = Level(node, outer, {**level.relations, "excluded": Relation("excluded", target.columns)})
            excluded.merged = set(target.columns or ())  # a bare name means the target's row
            self._expressions(node.onConflictClause, excluded, known)
        for part in (getattr(node, "targetList", None), getattr(node, "whereClause", None), node.returningClause):
            self._expressions(part, level, known)

    def _from(self, item: Any, level: Level, ctes: Mapping[str, Any], *, nullable: bool) -> None:
        if isinstance(item, ast.JoinExpr):
            self._join(item, level, ctes, nullable)
            return
        if isinstance(item, ast.RangeVar):
            found = self._range(item, ctes)
        elif isinstance(item, ast.RangeSubselect):
            self._statement(item.subquery, level if item.lateral else level.outer, ctes)
            alias = item.alias.aliasname if item.alias else f"subquery {id(item)}"
            found = Relation(alias, _given(item.alias) or self._output(item.subquery), node=item)
        elif isinstance(item, ast.RangeFunction):
            self._expressions(item.functions, level, ctes)
            alias = item.alias.aliasname if item.alias else f"function {id(item)}"
            found = Relation(alias, _given(item.alias), node=item)
        else:
            found = Relation(f"item {id(item)}", None, node=item)
        found.nullable = nullable
        level.relations[found.alias] = found

    def _join(self, item: Any, level: Level, ctes: Mapping[str, Any], nullable: bool) -> None:
        kind = item.jointype.name
        self._from(item.larg, level, ctes, nullable=nullable or kind in ("JOIN_RIGHT", "JOIN_FULL"))
        self._from(item.rarg, level, ctes, nullable=nullable or kind in ("JOIN_LEFT", "JOIN_FULL"))
        if item.isNatural:
            level.relations["natural join"] = Relation("natural join", None)
        level.merged |= {part.sval for part in item.usingClause or ()}
        self._expressions(item.quals, level, ctes)

    def _range(self, item: Any, ctes: Mapping[str, Any]) -> Relation:
        alias = item.alias.aliasname if item.alias else item.relname
        if item.schemaname is None and item.relname in ctes:
            return Relation(alias, _given(item.alias) or ctes[item.relname], node=item)
        table = self.schema.table(item.relname, item.schemaname)
        columns = frozenset(found.name for found in table.columns) if table else None
        if item.alias and item.alias.colnames:
            return Relation(alias, None, node=item)
        return Relation(alias, columns, table, node=item)

    def _output(self, node: Any) -> frozenset[str] | None:
        while isinstance(node, ast.SelectStmt) and node.op != enums.SetOperation.SETOP_NONE:
            node = node.larg
        if not isinstance(node, ast.SelectStmt) or node.valuesLists:
            return None
        names = []
        for target in node.targetList or ():
            if target.name:
                names.append(target.name)
            elif isinstance(target.val, ast.ColumnRef) and not is_star(target.val):
                names.append(target.val.fields[-1].sval)
            elif isinstance(target.val, ast.FuncCall):
                names.append(target.val.funcname[-1].sval)
            else:
                return None
        return frozenset(names)

    def _expressions(self, node: Any, level: Level, ctes: Mapping[str, Any]) -> None:
        if isinstance(node, tuple | list):
            for member in node:
                self._expressions(member, level, ctes)
        elif isinstance(node, ast.SelectStmt):
            self._select(node, level, ctes)
        elif isinstance(node, ast.ColumnRef):
            if bound := _resolve(node, level):
                self._owners[id(node)] = bound
        elif isinstance(node, ast.Node):
            for name in node:
                self._expressions(getattr(node, name), level, ctes)


def _given(alias: Any) -> frozenset[str] | None:
    return frozenset(part.sval for part in alias.colnames) if alias and alias.colnames else None


def _resolve(reference: Any, level: Level | None) -> tuple[Level, Relation] | None:
    names = [part.sval for part in reference.fields if isinstance(part, ast.String)]
    if is_star(reference) and not names:
        return None
    if len(names) == 1 and not is_star(reference):
        return _by_name(names[0], level)
    qualifier = names[-1] if is_star(reference) else names[-2] if len(names) >= 2 else ""
    while level is not None:
        if found := level.relations.get(qualifier):
            return level, found
        level = level.outer
    return None


def _by_name(name: str, level: Level | None) -> tuple[Level, Relation] | None:
    while level is not None:
        having = [relation for relation in level.relations.values() if relation.columns and name in relation.columns]
        unknown = any(relation.columns is None for relation in level.relations.values())
        if len(having) == 1 and not unknown and name not in level.merged:
            return level, having[0]
        if having and name in level.merged and level.relations.get("excluded"):
            return level, having[0]
        if having or unknown or name in level.relations:
            return None
        level = level.outer
    return None


def all_names(tree: Any) -> set[str]:
    """Return every name of a relation or alias in a statement."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.RangeVar):
            names.add(node.relname)
        elif isinstance(node, ast.Alias):
            names |= {node.aliasname, *(part.sval for part in node.colnames or ())}
        elif isinstance(node, ast.CommonTableExpr):
            names.add(node.ctename)
        elif isinstance(node, ast.ResTarget) and node.name:
            names.add(node.name)
    return names


def _shown(reference: Any) -> str:
    return ".".join("*" if isinstance(part, ast.A_Star) else part.sval for part in reference.fields)


def columns_of(relations: Iterable[Relation]) -> frozenset[str]:
    """Return every column name of some relations."""
    return frozenset(name for relation in relations for name in relation.columns or ())
