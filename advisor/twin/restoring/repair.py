"""A statement without the expressions that name what the twin lacks, so that its table lives.

A default, a check, a generated column, a partition key, a policy's condition that calls a function of a missing
extension goes; the table with its columns, indexes and statistics stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from advisor.catalog.naming import first_few
from advisor.twin.restoring.lacking import Lack, dotted, mentions

_CONSEQUENCES = {
    "default of": "no plan depends on it",
    "check of": "no plan is simplified by it",
    "generation expression of": "the column is a plain one",
    "exclusion constraint of": "its index is not there",
    "index": "no plan uses it",
    "extended statistics object": "its columns are planned without it",
    "partition key of": "its partitions are told apart by a hash, so that none is pruned",
    "condition of policy": "the rows that it hides are counted",
    "column of view": "it is NULL",
}
"""What may be left out, in the order in which it is told, and what follows."""
_CONSTRAINTS = {
    "CONSTR_DEFAULT": "default of", "CONSTR_CHECK": "check of", "CONSTR_GENERATED": "generation expression of",
    "CONSTR_EXCLUSION": "exclusion constraint of",
}  # fmt: skip
_MODULUS = 1 << 14
"""More than the partitions of any one table."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One thing that was taken out, or `type` for a column's type that became `bytea`."""

    kind: str
    where: str
    lack: Lack


def cut_notes(cuts: Iterable[Cut]) -> list[str]:
    """Return a note for each thing that is missing and each kind of what went with it."""
    groups: dict[tuple[Lack, str], list[str]] = {}
    for cut in cuts:
        groups.setdefault((cut.lack, cut.kind), []).append(cut.where)
    notes = [f"type {lack.name} is unknown here: bytea stands in" for lack, kind in groups if kind == "type"]
    for (lack, kind), places in groups.items():
        if kind != "type":
            notes.append(f"{lack} is unknown here: left out the {kind} {first_few(places)}; {_CONSEQUENCES[kind]}")
    return notes


def without(text: str, lack: Lack) -> tuple[str, list[Cut]] | None:
    """Return the statement without what names the missing thing, empty when nothing is left, and what was cut.

    `None` when nothing can be cut from it.
    """
    import pglast
    from pglast.stream import RawStream

    try:
        node: Any = pglast.parse_sql(text)[0].stmt
        cutter = _Cutter(lack)
        edit = _EDITS.get(type(node).__name__)
        left = edit(cutter, node) if edit else False
        if not cutter.cuts:
            return None
        return (str(RawStream()(node)) if left else ""), cutter.cuts
    except (pglast.parser.ParseError, ValueError, NotImplementedError, AttributeError):
        return None  # a grammar newer than ours


def as_hash_partition(text: str, number: int) -> str | None:
    """Return the statement that makes the `number`th partition, of a table whose key became a hash."""
    import pglast
    from pglast.ast import PartitionBoundSpec
    from pglast.stream import RawStream

    node: Any = pglast.parse_sql(text)[0].stmt
    bound = PartitionBoundSpec(strategy="h", is_default=False, modulus=_MODULUS, remainder=number % _MODULUS)
    if type(node).__name__ == "CreateStmt" and node.partbound is not None:
        node.partbound = bound
    elif type(node).__name__ == "AlterTableStmt" and node.cmds[0].subtype.name == "AT_AttachPartition":
        node.cmds[0].def_.bound = bound
    else:
        return None
    return str(RawStream()(node))


class _Cutter:
    """Edits parsed statements, and remembers what it cut. Each edit returns whether anything is left."""

    def __init__(self, lack: Lack) -> None:
        self._lack = lack
        self.cuts: list[Cut] = []

    def table(self, node: Any) -> bool:
        where = _relation(node.relation)
        node.tableElts = tuple(self._kept(node.tableElts or (), where))
        if node.partspec is not None and mentions(node.partspec, self._lack):
            self._cut("partition key of", where)
            node.partspec = _hashed(next(each.colname for each in node.tableElts if hasattr(each, "colname")))
        return True

    def foreign_table(self, node: Any) -> bool:
        return self.table(node.base)

    def altered(self, node: Any) -> bool:
        where = _relation(node.relation)
        kept = []
        for command in node.cmds:
            name = f"{where}.{command.name}" if command.name else where
            if type(command.def_).__name__ == "Constraint":
                keep = not self._cuts(command.def_, where)
            elif type(command.def_).__name__ == "ColumnDef":
                keep = bool(self._column(command.def_, where))
            elif command.subtype.name == "AT_ColumnDefault" and mentions(command.def_, self._lack):
                keep = self._cut("default of", name)
            else:
                keep = True
            kept += [command] if keep else []
        node.cmds = tuple(kept)
        return bool(kept)

    def index(self, node: Any) -> bool:
        parts = node.indexParams, node.indexIncludingParams, node.whereClause
        return not mentions(parts, self._lack) or self._cut("index", node.idxname or _relation(node.relation))

    def statistics(self, node: Any) -> bool:
        return not mentions(node.exprs, self._lack) or self._cut("extended statistics object", dotted(node.defnames))

    def policy(self, node: Any) -> bool:
        where = f"{_relation(node.table)}.{node.policy_name}"
        node.qual = node.qual and self._conjuncts(node.qual, where)
        node.with_check = node.with_check and self._conjuncts(node.with_check, where)
        return True

    def domain(self, node: Any) -> bool:
        where = dotted(node.domainname)
        unknown = self._replaced(node.typeName, where)
        node.constraints = tuple(each for each in node.constraints or () if not self._cuts(each, where, always=unknown))
        return True

    def composite(self, node: Any) -> bool:
        node.coldeflist = tuple(self._column(each, _relation(node.typevar)) for each in node.coldeflist)
        return True

    def view(self, node: Any) -> bool:
        """Let NULL stand for a column that is computed by what is missing; of anything else the view is the query."""
        from pglast.ast import A_Const, String, TypeCast, TypeName

        for target in getattr(node.query, "targetList", None) or ():
            if target.name and mentions(target.val, self._lack):
                self._cut("column of view", f"{_relation(getattr(node, 'view', None) or node.into.rel)}.{target.name}")
                text = TypeName(names=(String("text"),), typemod=-1)
                target.val = TypeCast(arg=A_Const(isnull=True), typeName=text)
        return True

    def altered_domain(self, node: Any) -> bool:
        return not mentions(node.def_, self._lack) or self._cut("check of", dotted(node.typeName))

    def _kept(self, elements: Iterable[Any], where: str) -> Iterator[Any]:
        for element in elements:
            if type(element).__name__ == "ColumnDef":
                yield self._column(element, where)
            elif type(element).__name__ != "Constraint" or not self._cuts(element, where):
                yield element

    def _column(self, node: Any, where: str) -> Any:
        """Return a column without what is missing; one of a missing type becomes `bytea`, without default."""
        place = f"{where}.{node.colname}"
        unknown = node.typeName is not None and self._replaced(node.typeName, place)
        kept = [each for each in node.constraints or () if not self._cuts(each, place, always=unknown)]
        node.constraints = tuple(kept) or None
        if unknown:
            node.collClause = None
        return node

    def _replaced(self, node: Any, where: str) -> bool:
        """Put `bytea` in the place of a type that is missing; return whether it is."""
        from pglast.ast import String

        if not mentions(node, self._lack):
            return False
        self.cuts.append(Cut("type", where, Lack("type", dotted(node.names))))
        node.names, node.typmods = (String("bytea"),), None
        return True

    def _cuts(self, constraint: Any, where: str, *, always: bool = False) -> bool:
        """Cut a constraint that names what is missing; return whether it goes."""
        kind = _CONSTRAINTS.get(constraint.contype.name)
        if kind is None:
            return False
        operators = [operator for _, operator in constraint.exclusions or ()]
        named = mentions((constraint.raw_expr, constraint.exclusions, constraint.where_clause), self._lack)
        if named or (self._lack.kind == "operator" and self._lack.name in map(dotted, operators)):
            self._cut(kind, where)
            return True
        return always and kind in ("default of", "generation expression of")

    def _conjuncts(self, node: Any, where: str) -> Any:
        """Return a condition without the parts joined by AND that name what is missing; TRUE when none is left."""
        from pglast.ast import A_Const, Boolean

        if not mentions(node, self._lack):
            return node
        if type(node).__name__ == "BoolExpr" and node.boolop.name == "AND_EXPR":
            node.args = tuple(self._conjuncts(each, where) for each in node.args)
            return node
        self._cut("condition of policy", where)
        return A_Const(val=Boolean(boolval=True))

    def _cut(self, kind: str, where: str) -> bool:
        self.cuts.append(Cut(kind, where, self._lack))
        return False


def _hashed(column: str) -> Any:
    """Return a partition key that no condition of a query matches, so that nothing is ever pruned."""
    from pglast.ast import ColumnRef, NullTest, PartitionElem, PartitionSpec, String
    from pglast.enums import NullTestType, PartitionStrategy

    test = NullTest(arg=ColumnRef(fields=(String(column),)), nulltesttype=NullTestType.IS_NULL)
    return PartitionSpec(strategy=PartitionStrategy.PARTITION_STRATEGY_HASH, partParams=(PartitionElem(expr=test),))


def _relation(node: Any) -> str:
    return f"{node.schemaname}.{node.relname}" if node.schemaname else str(node.relname)


_EDITS: dict[str, Callable[[_Cutter, Any], bool]] = {
    "CreateStmt": _Cutter.table,
    "CreateForeignTableStmt": _Cutter.foreign_table,
    "AlterTableStmt": _Cutter.altered,
    "IndexStmt": _Cutter.index,
    "CreateStatsStmt": _Cutter.statistics,
    "CreatePolicyStmt": _Cutter.policy,
    "CreateDomainStmt": _Cutter.domain,
    "AlterDomainStmt": _Cutter.altered_domain,
    "CompositeTypeStmt": _Cutter.composite,
    "ViewStmt": _Cutter.view,
    "CreateTableAsStmt": _Cutter.view,
}
