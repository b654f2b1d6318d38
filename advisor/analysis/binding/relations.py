"""Binding FROM: tables, joins and functions. Subqueries, CTEs and views are entered from `subqueries`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from advisor.analysis.binding.bind import bind, special
from advisor.analysis.binding.conditions import add_condition, add_conditions
from advisor.analysis.binding.scope import Scope, Source, table_source
from advisor.analysis.binding.state import Domain, Relation, State
from advisor.analysis.binding.type_names import type_name
from advisor.analysis.binding.typed_expressions import operation
from advisor.analysis.expression import Expression, Field, Special
from advisor.analysis.parse import Node, Refused, names
from advisor.analysis.parse import statement as parse
from advisor.analysis.row_security import COMMANDS
from advisor.catalog.schema import Table

FromBinder = Callable[[State, Scope, Node, Domain], list[Source]]
FROM: dict[str, FromBinder] = {}
"""The function that binds each type of FROM item."""
VIEWS: list[Callable[[State, Scope, Node, Domain, Table], list[Source]]] = []
CTES: list[Callable[[State, Scope, Node, Domain], list[Source] | None]] = []


def from_binder(*types: str) -> Callable[[FromBinder], FromBinder]:
    """Return a decorator that enters a function as the binder of these FROM items."""

    def enter(function: FromBinder) -> FromBinder:
        FROM.update(dict.fromkeys(types, function))
        return function

    return enter


def add_from(state: State, scope: Scope, node: Node, domain: Domain) -> list[Source]:
    """Bind one FROM item into `domain`, make its names visible in `scope`, and return its sources."""
    name, fields = next(iter(node.items()))
    found = FROM.get(name)
    sources = found(state, scope, fields, domain) if found else _opaque(state, scope, name, fields, domain)
    if name != "JoinExpr":
        scope.sources += sources
    return sources


def alias(fields: Node) -> tuple[str, tuple[str, ...]]:
    """Return a FROM item's alias (empty when none) and column aliases."""
    given = fields.get("alias", {})
    return given.get("aliasname", ""), names(given.get("colnames"))


def _opaque(state: State, scope: Scope, name: str, fields: Node, domain: Domain) -> list[Source]:
    """Bind a FROM item of which only the columns it reads matter (XMLTABLE, JSON_TABLE)."""
    relation = state.relation(alias(fields)[0] or name.lower(), scope.depth, domain)
    if scope.level is not None:
        scope.level.extra.append(special(state, scope, name, fields))
    return [Source(relation.alias, {}, None, relation.number, open=True)]


@from_binder("RangeVar")
def _table(state: State, scope: Scope, fields: Node, domain: Domain) -> list[Source]:
    for expand in CTES:
        if (sources := expand(state, scope, fields, domain)) is not None:
            return sources
    name, schema = fields.get("relname", ""), fields.get("schemaname")
    table = state.table(name, schema)
    shown, columns = alias(fields)
    if table is None:
        catalog = schema in ("pg_catalog", "information_schema") or (schema is None and name.startswith("pg_"))
        full = f"{schema}.{name}" if schema else name
        state.missing(full, "a system catalog" if catalog else _why_no_table(state, name, schema))
        if not catalog:
            state.absent.setdefault(_not_there(state, full, name))
        state.features.add("system-catalog") if catalog else None
        return [Source(shown or name, {}, schema, None, complete=False)]
    if table.kind == "view" and table.definition:
        return VIEWS[0](state, scope, fields, domain, table)
    relation = state.relation(shown or name, scope.depth, domain, table)
    if state.asker is not None and state.asker.guarded(table):
        _guard(state, relation, table)
    return [_with_virtual(state, table_source(state, relation, columns), relation, table)]


def _guard(state: State, relation: Relation, table: Table) -> None:
    """Add the conditions of a table's policies to the domain it is read in."""
    key = (table.schema, table.name)
    relation.guarded = True
    if state.asker is None or key in state.views:
        return
    before = (state.views, state.search_path, state.slots, set(state.features))
    state.views, state.slots = (*state.views, key), {}
    state.search_path = tuple(dict.fromkeys((*state.schema.search_path, table.schema)))
    command, state.target = COMMANDS.get(state.target), "read"
    held = len(relation.domain.conditions)
    try:
        for text in state.asker.conditions(table, command) if command else ():
            inside = Scope(relation.domain, relation.depth, sources=[_named_after(table, state, relation)])
            try:
                add_conditions(state, inside, parse(f"SELECT WHERE {text}")["SelectStmt"]["whereClause"])
            except Refused as error:
                state.missing(f"{table.schema}.{table.name}", f"its policies cannot be read: {error}")
    finally:
        state.views, state.search_path, state.slots, state.features = before
    state.policy_conditions += relation.domain.conditions[held:]


def _named_after(table: Table, state: State, relation: Relation) -> Source:
    """Return a table's source under its own name, by which its policies call it."""
    return replace(table_source(state, relation), alias=table.name, schema=table.schema)


def _with_virtual(state: State, source: Source, relation: Relation, table: Table) -> Source:
    """Return a table's source with the expressions of its virtual columns in their place, as the planner sees them."""
    virtual = {name: column.default for name, column in state.lookup.columns(table).items() if column.virtual}
    if not virtual:
        return source
    inside = Scope(Domain("inner"), 0, sources=[table_source(state, relation)])
    columns = dict(source.columns)
    slots, state.slots = state.slots, {}
    for shown, value in source.columns.items():
        text = virtual.get(value.name) if isinstance(value, Field) else None
        if text:
            select = parse(f"SELECT {text}")["SelectStmt"]
            columns[shown] = bind(state, inside, select["targetList"][0])
    state.slots = slots
    return replace(source, columns=columns)


def _why_no_table(state: State, name: str, schema: str | None) -> str:
    elsewhere = sorted(one for one, table in state.schema.tables if table == name)
    where = f"schema {schema}" if schema else f"the search path {', '.join(state.search_path) or '(empty)'}"
    return f"no such table in {where}" + (f"; there is one in {', '.join(elsewhere)}" if elsewhere else "")


def _not_there(state: State, shown: str, name: str) -> str:
    elsewhere = sorted(one for one, table in state.schema.tables if table == name)
    hint = f"; there is one in {', '.join(elsewhere)}" if elsewhere else ""
    return f'relation "{shown}" is not in the snapshot{hint}'


@from_binder("RangeTableSample")
def _sample(state: State, scope: Scope, fields: Node, domain: Domain) -> list[Source]:
    state.features.add("tablesample")
    return FROM["RangeVar"](state, scope, fields["relation"]["RangeVar"], domain)


@from_binder("RangeFunction")
def _function(state: State, scope: Scope, fields: Node, domain: Domain) -> list[Source]:
    calls = [item["List"]["items"][0] for item in fields.get("functions", ())]
    bound = [bind(state, scope, call) for call in calls]
    if scope.level is not None:
        scope.level.extra += bound
    shown, columns = alias(fields)
    called = names(calls[0].get("FuncCall", {}).get("funcname"))[-1:] if calls else ()
    relation = state.relation(shown or "".join(called), scope.depth, domain)
    kinds = {item["ColumnDef"].get("colname", ""): type_name(item["ColumnDef"].get("typeName", {}))[1]
             for item in fields.get("coldeflist", ())}  # fmt: skip
    listed = columns or tuple(kinds) or ((relation.alias,) if len(calls) == 1 else ())
    given = {name: Field(relation.number, name, kinds.get(name) or _element(bound, name, listed)) for name in listed}
    return [Source(relation.alias, given, None, relation.number, open=not kinds)]


def _element(calls: list[Expression], name: str, listed: tuple[str, ...]) -> str | None:
    """Return the type of the column that `unnest` or `generate_series` gives."""
    arguments = getattr(calls[0], "arguments", ()) if len(calls) == 1 and listed[0] == name else ()
    kind = arguments[0].type if arguments else None
    return kind.removeprefix("_") if kind else None


@from_binder("JoinExpr")
def _join(state: State, scope: Scope, fields: Node, domain: Domain) -> list[Source]:
    form = fields.get("jointype", "JOIN_INNER")
    left_domain, right_domain = _sides(form, domain)
    before = dict(scope.merged)
    left = add_from(state, scope, fields["larg"], left_domain)
    left_merged = {name: value for name, value in scope.merged.items() if before.get(name) is not value}
    right = add_from(state, scope, fields["rarg"], right_domain)
    holder = {"JOIN_LEFT": right_domain, "JOIN_RIGHT": left_domain}.get(form, domain)
    common = _common(fields, left, right)
    for name in common:
        _merge(state, scope, name, (left, left_merged, right), (form, holder, right_domain))
    if "quals" in fields:
        _on(state, scope, fields["quals"], left + right, (form, holder, right_domain))
    return _aliased(scope, fields, left + right, common)


def _sides(form: str, domain: Domain) -> tuple[Domain, Domain]:
    """Return the domains of a join's two sides."""
    if form == "JOIN_FULL":
        left, right = domain.within("full"), domain.within("full")
        left.partner, right.partner = right, left
        return left, right
    left = domain.within("left") if form == "JOIN_RIGHT" else domain
    return left, domain.within("left") if form == "JOIN_LEFT" else domain


def _common(fields: Node, left: list[Source], right: list[Source]) -> tuple[str, ...]:
    """Return the columns of USING, or those a NATURAL join finds."""
    if not fields.get("isNatural"):
        return names(fields.get("usingClause"))
    others = {name for source in right for name in source.columns}
    return tuple(dict.fromkeys(name for source in left for name in source.columns if name in others))


def _merge(
    state: State, scope: Scope, name: str,
    sides: tuple[list[Source], dict[str, Expression], list[Source]], place: tuple[str, Domain, Domain],
) -> None:  # fmt: skip
    """Join on one column of USING and make its unqualified name mean both sides."""
    left_sources, left_merged, right_sources = sides
    form, holder, right_domain = place
    left = left_merged.get(name) or next((item.columns[name] for item in left_sources if name in item.columns), None)
    right = next((item.columns[name] for item in right_sources if name in item.columns), None)
    if left is None or right is None:
        known = all(source.complete for source in left_sources + right_sources)
        state.missing(name, "no such column on both sides of the join" if known else "one side's columns are not known")
        return
    condition = operation("=", left, right)
    if form == "JOIN_FULL":
        right_domain.joined.append(condition)
        scope.merged[name] = Special(("COALESCE(", ", ", ")"), (left, right), left.type)
        return
    add_condition(state, holder, condition)
    scope.merged[name] = right if form == "JOIN_RIGHT" else left


def _on(state: State, scope: Scope, node: Node, sources: list[Source], place: tuple[str, Domain, Domain]) -> None:
    """Bind an ON condition, which sees nothing but its own two sides."""
    form, holder, right_domain = place
    inside = scope.sibling(holder)
    inside.sources = [*sources, *(source for source in scope.sources if source.hidden)]
    if form == "JOIN_FULL":
        right_domain.joined.append(bind(state, inside, node))
    else:
        add_conditions(state, inside, node)


def _aliased(scope: Scope, fields: Node, sources: list[Source], common: tuple[str, ...]) -> list[Source]:
    """Apply the alias of a parenthesised join, which hides the names inside, and that of USING."""
    shown, columns = alias(fields)
    using = fields.get("join_using_alias", {}).get("aliasname")
    if using:
        merged = {name: scope.merged[name] for name in common if name in scope.merged}
        scope.sources.append(Source(using, merged, hidden=True))
    if not shown:
        return sources
    given: dict[str, Expression] = {name: scope.merged.pop(name) for name in common if name in scope.merged}
    for source in sources:
        for name, value in source.columns.items():
            given.setdefault(name, value)
    inner = {id(source) for source in sources}
    scope.sources[:] = [source for source in scope.sources if id(source) not in inner]
    renamed = dict(zip([*columns, *list(given)[len(columns) :]], given.values(), strict=False))
    whole = Source(shown, renamed, complete=all(source.complete for source in sources))
    scope.sources.append(whole)
    return [whole]
