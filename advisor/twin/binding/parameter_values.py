"""Values for parameters: seen in a log, else taken from `pg_stats`, else none at all (a generic plan)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.shape import Computed, Parameter, Predicate, QueryShape, TableShape
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.binding.statistics_values import Comparison, Variant, family, plausible, value
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Sample

Types = Callable[[str], Sequence[str]]
"""Returns the types that the server infers for a statement's parameters, in order; empty when it refuses it."""

_SAMPLES = 8
"""Logged executions that one query is planned with, at most."""
_LIMIT = 20
"""LIMIT where neither a log nor the rows returned tell."""
_PAGES_DEEP = 50
"""How many pages an OFFSET skips in the rare case."""
_PARAMETER = re.compile(r"\$(\d+)")
_COMPUTED = re.compile(r"\$\d+(::[\w ]+)?")
"""An expression that is nothing but a parameter."""
_ASSIGNED = re.compile(r"\bSET\b(.*?)(\bWHERE\b|\bFROM\b|\bSELECT\b|$)", re.IGNORECASE | re.DOTALL)
_VALUES = re.compile(r"\bVALUES\b", re.IGNORECASE)
_SELECT = re.compile(r"\bSELECT\b", re.IGNORECASE)


def bind(
    query: Query,
    shape: QueryShape | None,
    statistics: Statistics,
    schema: Schema | None = None,
    types: Types | None = None,
    search_path: tuple[str, ...] | None = None,
) -> tuple[BoundStatement, ...]:
    """Return the ways to plan a query, weights summing to 1, heaviest first.

    Each has the settings of the session that it was logged in. With `types` (the twin's `parameter_types`), parameters
    that are compared with no column get a plausible value of their type; without it, such a query is planned
    generically.
    """
    if logged := _logged(query):
        bound = logged
    elif not _PARAMETER.search(query.text):
        bound = (BoundStatement(query.text, None, "logged"),)
    else:
        subject = Subject(shape, statistics, schema)
        bound = _sampled(query, subject, types) or (BoundStatement(query.text, None, "generic"),)
    return tuple(replace(statement, search_path=search_path) for statement in bound)


def _logged(query: Query) -> tuple[BoundStatement, ...]:
    calls: dict[_Key, float] = {}
    for sample in query.samples:
        if sample.parameters is not None or not _PARAMETER.search(sample.text):
            calls[_key(sample)] = calls.get(_key(sample), 0.0) + sample.calls
    chosen = sorted(calls, key=lambda key: (-calls[key], key[0], repr(key[1:])))[:_SAMPLES]
    total = math.fsum(calls[key] for key in chosen)
    return tuple(
        BoundStatement(text, parameters, "logged", calls[text, parameters, settings] / total, settings=settings)
        for text, parameters, settings in chosen
    )


_Key = tuple[str, tuple[str | None, ...] | None, tuple[tuple[str, str], ...]]


def _key(sample: Sample) -> _Key:
    return sample.text, sample.parameters or None, sample.settings


@dataclass(frozen=True, slots=True)
class Subject:
    """What values are looked up in."""

    shape: QueryShape | None
    statistics: Statistics
    schema: Schema | None

    def column(self, table: TableShape, predicate: Predicate) -> ColumnStatistics | None:
        """Return the statistics of a predicate's term: of its column, or of an index on its expression."""
        if predicate.term.column is not None:
            return self.statistics.column(table.schema, table.table, predicate.term.column)
        found = self.schema.tables.get((table.schema, table.table)) if self.schema else None
        for index in found.indexes if found else ():
            for key, attribute in zip(index.definition.keys, index.attributes, strict=False):
                if key.expression.strip("()") == predicate.term.expression.strip("()"):
                    return self.statistics.column(index.definition.schema, index.name, attribute)
        return None


def _sampled(query: Query, subject: Subject, types: Types | None) -> tuple[BoundStatement, ...]:
    """Return a common and a rare binding, or one when they are the same; nothing when a parameter stays unknown."""
    count = max(int(number) for number in _PARAMETER.findall(query.text))
    inferred = tuple(types(query.text)) if types else ()
    variants: tuple[Variant, Variant] = ("common", "rare")
    weights: dict[tuple[str | None, ...], float] = {}
    for variant in variants:
        binding = _binding(query, subject, inferred, count, variant)
        if binding is None:
            return ()
        weights[binding] = weights.get(binding, 0.0) + 0.5
    known = {*_compared(subject, inferred, "common"), *_written(query.text)}
    assumed = tuple(number for number in range(1, count + 1) if number not in known)
    return tuple(
        BoundStatement(query.text, binding, "sampled", weight, assumed=assumed) for binding, weight in weights.items()
    )


def _binding(
    query: Query, subject: Subject, types: Sequence[str], count: int, variant: Variant
) -> tuple[str | None, ...] | None:
    known: dict[int, str | None] = _written(query.text)
    if subject.shape is not None:
        known.update(_compared(subject, types, variant))
        known.update(_paging(query, subject.shape, variant))
    for number in range(1, count + 1):
        if number not in known:
            chosen = plausible(types[number - 1], variant) if number <= len(types) else None
            if chosen is None:
                return None
            known[number] = chosen
    return tuple(known[number] for number in range(1, count + 1))


def _written(text: str) -> dict[int, str | None]:
    """Return NULL for the parameters that are only stored: no plan depends on them."""
    if _VALUES.search(text) and not _SELECT.search(text):
        return dict.fromkeys(map(int, _PARAMETER.findall(text)))
    assigned = _ASSIGNED.search(text)
    return dict.fromkeys(map(int, _PARAMETER.findall(assigned[1]))) if assigned else {}


def _compared(subject: Subject, types: Sequence[str], variant: Variant) -> dict[int, str | None]:
    """Return values for the parameters that a predicate compares with a term of known statistics."""
    found: dict[int, str | None] = {}
    for number, comparison in _comparisons(subject, types):
        chosen = value(comparison, variant)
        if chosen is not None:
            found.setdefault(number, chosen)
    return found


def _comparisons(subject: Subject, types: Sequence[str]) -> Iterator[tuple[int, Comparison]]:
    for table in subject.shape.tables if subject.shape else ():
        for predicate in table.predicates:
            column = subject.column(table, predicate)
            for element, operand in enumerate(predicate.operands if column else ()):
                number = _number(operand, types, predicate)
                if column and number:
                    yield (
                        number,
                        Comparison(
                            column,
                            predicate.kind,
                            _operator(predicate, element),
                            element,
                            two_sided=_two_sided(table, predicate),
                            array=_is_array(predicate, types, number),
                        ),
                    )


def _is_array(predicate: Predicate, types: Sequence[str], number: int) -> bool:
    if number <= len(types):
        return types[number - 1].endswith("[]") and not (predicate.type or "").startswith("_")
    return predicate.kind == "list" and len(predicate.operands) == 1


def _number(operand: object, types: Sequence[str], predicate: Predicate) -> int | None:
    """Return the parameter of an operand that is to take a value of the term's type."""
    if isinstance(operand, Parameter):
        return operand.number
    if not isinstance(operand, Computed):
        return None
    numbers = [int(number) for number in _PARAMETER.findall(operand.sql)]
    if _COMPUTED.fullmatch(operand.sql):
        return numbers[0]
    wanted = family(predicate.type or "")
    return next((n for n in numbers if n <= len(types) and wanted and family(types[n - 1]) == wanted), None)


def _operator(predicate: Predicate, element: int) -> str:
    """Return the operator of one operand; BETWEEN has the lower bound first."""
    if predicate.kind == "range" and len(predicate.operands) == 2:
        return ">=" if element == 0 else "<="
    return predicate.operator


def _two_sided(table: TableShape, predicate: Predicate) -> bool:
    if predicate.kind != "range":
        return False
    alike = [other for other in table.predicates if other.kind == "range" and other.term == predicate.term]
    return len(predicate.operands) == 2 or len({other.operator[0] for other in alike}) > 1


def _paging(query: Query, shape: QueryShape, variant: Variant) -> dict[int, str | None]:
    """Return values for LIMIT and OFFSET: what the query returned on average, and the first or a deep page."""
    found: dict[int, str | None] = {}
    limit = _LIMIT
    if query.rows and query.calls:
        limit = max(1, math.ceil(query.rows / query.calls))
    for operand in (shape.limit, *(table.limit for table in shape.tables)):
        if isinstance(operand, Parameter):
            found[operand.number] = str(limit)
    if isinstance(shape.offset, Parameter):
        found[shape.offset.number] = "0" if variant == "common" else str(limit * _PAGES_DEEP)
    return found
