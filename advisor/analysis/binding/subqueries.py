"""Subqueries in FROM, views and WITH queries: merged into the query around them, or relations of their own."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from advisor.analysis.binding.queries import flatten, flattens, select
from advisor.analysis.binding.relations import CTES, VIEWS, alias, from_binder
from advisor.analysis.binding.scope import Cte, Scope, Source, target_source
from advisor.analysis.binding.state import Domain, Level, State, Target
from advisor.analysis.expression import Field, Special
from advisor.analysis.parse import Node, Refused, body
from advisor.analysis.parse import statement as parse
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table


@from_binder("RangeSubselect")
def _subquery(state: State, scope: Scope, fields: Node, domain: Domain) -> list[Source]:
    node = fields["subquery"]["SelectStmt"]
    shown, columns = alias(fields)
    lateral = bool(fields.get("lateral"))
    if lateral:
        state.features.add("lateral")
    outer = scope if lateral else scope.without_sources()
    return [subquery(state, outer, node, domain, (shown, columns), scope.depth + 1)]


def subquery(
    state: State, outer: Scope, node: Node, domain: Domain, names: tuple[str, tuple[str, ...]], depth: int
) -> Source:
    """Bind a SELECT that stands in FROM; `outer` is what it sees, `names` its alias and column aliases."""
    if flattens(node):
        inside = Scope(domain, depth, outer)
        return target_source(names[0], flatten(state, inside, node), names[1], None)
    inside = Scope(Domain("correlated", domain), depth, outer)
    level = select(state, inside, node)
    level.extra += inside.outer
    return derived(state, domain, depth - 1, level, names)


def derived(
    state: State, domain: Domain, depth: int, level: Level, names: tuple[str, tuple[str, ...]],
    targets: list[Target] | None = None, *, shared: bool = False,
) -> Source:  # fmt: skip
    """Return the source of a query level that stands as a relation of its own."""
    relation = state.relation(names[0], depth, domain)
    relation.level = level
    listed = level.targets if targets is None else targets
    shown = [names[1][place] if place < len(names[1]) else target.name for place, target in enumerate(listed)]
    leaves = level.leaves if targets is None else []
    relation.definitions = tuple(
        {name: target.expression for name, target in zip(shown, leaf.targets, strict=False)} for leaf in leaves
    ) or ({name: target.expression for name, target in zip(shown, listed, strict=False)},)
    if not shared:
        relation.pushable = frozenset(shown[place] for place in _pushable(level) if place < len(shown))
    outputs = [Target(name, Field(relation.number, name, target.expression.type), target.star)
               for name, target in zip(shown, listed, strict=True)]  # fmt: skip
    return target_source(names[0], outputs, (), relation.number)


def _pushable(level: Level) -> set[int]:
    """Return the output columns on which a condition outside filters the same rows inside."""
    if level.limit is not None or level.offset is not None or level.locking:
        return set()
    if level.arms:
        if level.operation.startswith("except"):
            return set()
        return _pushable(level.arms[0]) & _pushable(level.arms[1])
    allowed = set(range(len(level.targets)))
    keys = [level.group] if level.aggregated else []
    keys += [level.distinct] if level.distinct_on else []
    keys += [partition for partition, _ in level.windows]
    for key in keys:
        allowed &= {place for place, target in enumerate(level.targets) if target.expression in key}
    return allowed


def _view(state: State, scope: Scope, fields: Node, domain: Domain, table: Table) -> list[Source]:
    shown, columns = alias(fields)
    key = (table.schema, table.name)
    state.features.add("view")
    try:
        node = _definition(table.definition or "")
    except Refused as error:
        state.missing(f"{table.schema}.{table.name}", f"its definition cannot be read: {error}")
        return [Source(shown or table.name, {}, table.schema, None, complete=False)]
    if key in state.views:
        state.missing(f"{table.schema}.{table.name}", "the view mentions itself")
        return [Source(shown or table.name, {}, table.schema, None, complete=False)]
    listed = tuple(column.name for column in table.columns)
    names = (shown or table.name, (*columns, *listed[len(columns) :]))
    return [_expand(state, Scope(domain, scope.depth), node, names, (key, table.schema))]


@lru_cache(maxsize=512)
def _definition(text: str) -> Node:
    """Return the tree of a view's query; raises `Refused`."""
    return body(parse(text))


def _expand(
    state: State, outer: Scope, node: Node, names: tuple[str, tuple[str, ...]], view: tuple[tuple[str, str], str]
) -> Source:
    """Bind a view's query, whose names mean what they meant where it was written."""
    before = (state.views, state.search_path, state.slots, state.asker)
    state.views, state.slots = (*state.views, view[0]), {}
    state.asker = state.asker.within(state.schema.tables[view[0]]) if state.asker else None
    state.search_path = tuple(dict.fromkeys((*state.schema.search_path, view[1])))
    try:
        return subquery(state, outer, node, outer.domain, names, outer.depth + 1)
    finally:
        state.views, state.search_path, state.slots, state.asker = before


def _cte(state: State, scope: Scope, fields: Node, domain: Domain) -> list[Source] | None:
    """Bind a FROM item that names a WITH query; `None` when it names a table."""
    cte = None if "schemaname" in fields else scope.cte(fields.get("relname", ""))
    if cte is None:
        return None
    shown, columns = alias(fields)
    names = (shown or cte.name, (*columns, *cte.columns[len(columns) :]))
    if cte.inline:
        return [subquery(state, cte.scope, cte.node["SelectStmt"], domain, names, scope.depth + 1)]
    if cte.level is None and cte.targets is None:
        _bind_cte(state, cte, domain)
    if cte.level is None:
        level = Level(-1, scope.depth, domain)
        return [derived(state, domain, scope.depth, level, names, cte.targets or [], shared=True)]
    source = derived(state, domain, scope.depth, cte.level, names, shared=True)
    added = {name: Special((quote_identifier(name),), ()) for name in cte.added}
    return [replace(source, columns={**source.columns, **added})]


def _bind_cte(state: State, cte: Cte, domain: Domain) -> None:
    inside = Scope(Domain("correlated", cte.scope.domain), cte.scope.depth + 1, cte.scope)
    inside.defining = cte
    cte.level = select(state, inside, cte.node["SelectStmt"])
    cte.targets = cte.level.targets


VIEWS.append(_view)
CTES.append(_cte)
