"""Keys that can raise: they carry the query's own guard as predicate, or a warning.

`num / denom` under `WHERE denom > 0`, `(data ->> 'qty')::int` under `kind = 'single'`: the query never meets the rows
for which the expression raises, but an index without that predicate would, at its build or at an INSERT a year later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from advisor.analysis.raising import can_raise
from advisor.analysis.shape import Constant, Predicate
from advisor.catalog.index import IndexDefinition
from advisor.indexes.candidates.candidate import Need, Suggestion
from advisor.indexes.candidates.parentheses import stripped

WARNING = "its key can raise"
"""How the reason begins for a key without a guard; such a proposal is never sure."""


def guarded(need: Need, suggestion: Suggestion) -> Suggestion:
    """Return the suggestion, its predicate extended by the query's guard where a key can raise, else with a warning."""
    why = raising(need, suggestion.definition)
    if why is None:
        return suggestion
    guards = list(dict.fromkeys(_guards(need)))
    if not guards:
        text = f"{WARNING} ({why}): a row it fails on stops the build, or a later INSERT"
        return replace(suggestion, rests_on="; ".join(filter(None, (suggestion.rests_on, text))))
    text = f"{' AND '.join(guards)} stands in the statement and keeps rows out on which the key could raise ({why})"
    rests = "; ".join(filter(None, (suggestion.rests_on, text)))
    where = _guards_first(suggestion.definition.where, guards)
    return replace(suggestion, definition=replace(suggestion.definition, where=where), rests_on=rests)


def _guards_first(where: str | None, guards: Sequence[str]) -> str:
    """Return the predicate with the guards before all else: the server evaluates it from left to right."""
    rest = [part for part in where.split(" AND ") if part not in guards] if where else []
    return " AND ".join([*sorted(guards), *rest])


def raising(need: Need, definition: IndexDefinition) -> str | None:
    """Return what in a key or the predicate of the index may raise, `None` for nothing."""
    types = _types(need, definition)
    parts = [key.expression for key in definition.keys if key.column is None]
    parts += [definition.where] if definition.where else []
    return next((why for why in (can_raise(part, types) for part in parts) if why), None)


def _types(need: Need, definition: IndexDefinition) -> Mapping[str, str]:
    table = need.context.schema.tables.get((definition.schema, definition.table), need.table)
    return {column.name: column.base_type for column in table.columns}


def _guards(need: Need) -> Iterator[str]:
    """Yield the conditions on this table that stand in the statement with their values and cannot raise themselves."""
    types = {column.name: column.base_type for column in need.table.columns}
    for predicate in need.occurrence.predicates:
        usable = predicate.disjunction is None and predicate.sql and _fixed(need, predicate)
        if usable and can_raise(predicate.term.expression, types) is None:
            yield stripped(predicate.sql)


def _fixed(need: Need, predicate: Predicate) -> bool:
    """Return whether every execution compares with the same literal: of a view, or of all executions seen."""
    return predicate.term.immutable and all(_same(need, operand) for operand in predicate.operands)


def _same(need: Need, operand: object) -> bool:
    if not isinstance(operand, Constant):
        return False
    if operand.slot is None:
        return True
    seen = need.query.slots[operand.slot] if operand.slot < len(need.query.slots) else None
    return seen is not None and seen.constant and seen.executions >= need.context.options.stable_executions
