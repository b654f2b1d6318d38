"""Partial indexes: a condition every captured execution shares moves from the key into the index's predicate.

Trusted are conditions without a value (IS NULL, a boolean flag), literals that survive normalisation, and slots in
which all (or most) captured executions had the same value. A bare `$n` says nothing: no partial index then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from advisor.analysis.shape import Constant, Parameter, Predicate
from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.indexes.candidates.candidate import MOSTLY_NULL, Need, Suggestion
from advisor.indexes.candidates.parentheses import stripped
from advisor.workload.model import Query

ORDER = 85
RARE = 0.5
"""Largest share of the table a partial index may hold, unless its predicate is of the soft-delete form."""
MOST = 0.8
"""Share of executions with the same value from which a slot counts as stable."""
BASES = 6
"""B-trees that are restricted to each condition, those that yield an order first: nothing then needs to be sorted."""
_BOUND = re.compile(r"\$\d")
LONGEST = 8
"""Values of a list that a predicate may hold."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A condition that an index predicate may rest on."""

    sql: str
    term: str
    """Expression of its term, which need not be a key any more."""
    why: str


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield the b-trees found so far, restricted to each trusted condition and to all of them together."""
    if not need.context.options.partial:
        return
    judged = (judge(need, p) for judge in (trust, filled) for p in need.conditions)
    trusted = list(dict.fromkeys(one for one in judged if one))
    groups = [[one] for one in trusted] + ([trusted] if len(trusted) > 1 else [])
    trees = [s for s in found if s.definition.method == "btree" and s.definition.table == need.table.name]
    ordered = sorted(trees, key=lambda one: one.origin != "ordering")
    for group in groups:
        restricted = dict.fromkeys(restrict(need, base.definition, group) for base in ordered)
        for definition in islice(restricted, BASES):
            yield Suggestion(definition, "partial", rests_on="; ".join(one.why for one in group))


def restrict(need: Need, base: IndexDefinition, group: list[Trusted]) -> IndexDefinition:
    """Return the index with the conditions as its predicate and without their terms among its keys."""
    pinned = {one.term for one in group}
    keys = tuple(key for key in base.keys if key.expression not in pinned)
    primary = need.table.primary_key[:1]
    keys = keys or tuple(IndexKey.of(name) for name in primary) or base.keys[:1]
    return replace(base, keys=keys, where=" AND ".join(sorted(one.sql for one in group)))


def trust(need: Need, predicate: Predicate) -> Trusted | None:
    """Return the condition as an index predicate, `None` when it cannot or should not be one."""
    term = predicate.term
    if predicate.kind in {"null", "boolean", "not-null"}:
        share = _share(need, predicate)
        soft_delete = predicate.kind == "null"
        if not predicate.sql or (share is not None and share > RARE and not soft_delete):
            return None
        condition = stripped(predicate.sql)
        return Trusted(condition, term.expression, f"{condition} stands in the statement itself")
    if predicate.kind not in {"equality", "list", "inequality"} or predicate.operator not in {"=", "<>"}:
        return None
    return _compared(need, predicate)


def _compared(need: Need, predicate: Predicate) -> Trusted | None:
    """Return a comparison with one value, or with a list of them, that is the same in (nearly) every execution."""
    term = predicate.term
    if predicate.kind == "list":
        values, why = stable_list(need, predicate)
    else:
        stable = stable_value(need, predicate) if len(predicate.operands) == 1 else None
        values, why = ((stable[0],), stable[1]) if stable else ((), "")
    if not values:
        return None
    share = sum(_frequency(need, predicate, value) for value in values)
    if predicate.kind == "inequality":
        nulls = need.column_statistics(term.column) if term.column else None
        share = 1 - share - (nulls.null_frac if nulls else 0.0)
    if share > RARE:
        return None
    if predicate.kind == "list":
        return Trusted(f"{term.expression} IN ({', '.join(quote_literal(v).strip() for v in values)})", "", why)
    return Trusted(_condition(predicate, values[0]), term.expression, why)


def stable_list(need: Need, predicate: Predicate) -> tuple[tuple[str, ...], str]:
    """Return the values that every execution listed, sorted, and the evidence; none where lists differ."""
    slots = {one.slot for one in predicate.operands if isinstance(one, Constant | Parameter)}
    slot = slots.pop() if len(slots) == 1 else None
    if slot is None or slot >= len(need.query.slots):
        return (), ""
    seen = need.query.slots[slot]
    values = tuple(sorted(value for value, _ in seen.common if value is not None))
    every = all(count >= seen.executions for _, count in seen.common)
    enough = seen.executions >= need.context.options.stable_executions or written(need.query, slot)
    if not (every and enough and seen.distinct <= len(values) == len(seen.common) <= LONGEST):
        return (), ""
    return values, f"all {seen.executions:g} captured executions listed the same {len(values)} values"


def filled(need: Need, predicate: Predicate) -> Trusted | None:
    """Return IS NOT NULL of a column that is mostly NULL, where a comparison with it implies that."""
    column = predicate.term.column
    found = need.column_statistics(column) if column else None
    if predicate.kind not in {"equality", "range", "list"} or found is None or found.null_frac < MOSTLY_NULL:
        return None
    condition = f"{predicate.term.expression} IS NOT NULL"
    return Trusted(condition, "", f"{condition} follows from the comparison, and most rows hold NULL")


def _condition(predicate: Predicate, value: str) -> str:
    """Return the comparison as SQL; a boolean stands for itself."""
    expression = predicate.term.expression
    if predicate.type == "bool":
        return expression if value.lower().startswith("t") else f"NOT {expression}"
    return f"{expression} {predicate.operator} {quote_literal(value)}"


def stable_value(need: Need, predicate: Predicate) -> tuple[str, str] | None:
    """Return the value that (nearly) every execution compared with, and the evidence."""
    operand = predicate.operands[0]
    if isinstance(operand, Constant) and operand.value is not None and (operand.slot is None or _mixed(need.query)):
        return operand.value, f"{predicate.term.expression} is compared with a literal of the statement"
    slot = operand.slot if isinstance(operand, Constant | Parameter) else None
    if slot is None or slot >= len(need.query.slots):
        return None
    return _stable(need, slot, predicate)


def _mixed(query: Query) -> bool:
    """Return whether a text no execution of which was seen binds some values and spells others out."""
    return not query.slots and _BOUND.search(query.text) is not None


def written(query: Query, slot: int) -> bool:
    """Return whether a slot is a literal of texts that bind their other values: the code's choice, not a user's."""
    bound = [len(sample.parameters or ()) for sample in query.samples]
    return bool(bound) and all(0 < count <= slot for count in bound)


def _stable(need: Need, slot: int, predicate: Predicate) -> tuple[str, str] | None:
    seen = need.query.slots[slot]
    if seen.common and seen.constant and written(need.query, slot) and seen.common[0][0] is not None:
        return seen.common[0][0], f"{predicate.term.expression} is compared with a literal of the statement"
    if not seen.common or seen.executions < need.context.options.stable_executions:
        return None
    value, count = seen.common[0]
    if value is None or count < MOST * seen.executions:
        return None
    share = "all" if seen.constant else f"{count / seen.executions:.0%} of"
    return value, f"{share} {seen.executions:g} captured executions compared {predicate.term.expression} with {value!r}"


def _frequency(need: Need, predicate: Predicate, value: str) -> float:
    """Return the share of the table's rows that hold the value, by the most common values."""
    statistics = need.column_statistics(predicate.term.column) if predicate.term.column else None
    if statistics is None:
        return 1 / max(need.distinct(predicate.term), 1.0)
    common = dict(zip(statistics.most_common_vals or (), statistics.most_common_freqs or (), strict=False))
    spelled = {"true": "t", "false": "f"}.get(value.lower(), value)
    rest = max(1 - sum(common.values()) - statistics.null_frac, 0.0)
    others = max(need.distinct(predicate.term) - len(common), 1.0)
    return common.get(spelled, common.get(value, rest / others))


def _share(need: Need, predicate: Predicate) -> float | None:
    """Return the share of rows for which a condition without a value holds, `None` when unknown."""
    statistics = need.column_statistics(predicate.term.column) if predicate.term.column else None
    if statistics is None:
        return None
    if predicate.kind != "boolean":
        return statistics.null_frac if predicate.kind == "null" else 1 - statistics.null_frac
    common = dict(zip(statistics.most_common_vals or (), statistics.most_common_freqs or (), strict=False))
    operand = predicate.operands[0] if predicate.operands else None
    negated = isinstance(operand, Constant) and (operand.value or "").lower().startswith("f")
    return common.get("f" if negated else "t", 0.0)


def quote_literal(value: str) -> str:
    """Return the value as an SQL string literal, which takes the type of what it is compared with."""
    quoted = value.replace("'", "''")
    return f" E'{quoted}'".replace("\\", "\\\\") if "\\" in value else f"'{quoted}'"
