"""Statements of a baseline without a value of production: planned generically, the same in every later check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from advisor.catalog.redaction.redact_statements import without_constants
from advisor.gate.check_plans import Statements
from advisor.twin.statement import BoundStatement
from advisor.workload.exports.explainable import explainable
from advisor.workload.redact_workload import blanked

NOTE = (
    "redacted: plans are generic, since a baseline without values cannot say what was searched for; a partial index"
    " whose predicate compares with a value is not used in them"
)


def redacted(statements: Statements) -> Statements:
    """Return the statements with a parameter for each constant; those whose tokens cannot be told apart are left out.

    Of bindings that differ by values alone one remains; roles and search paths stay, settings of the application go.
    """
    plain = {key: without_constants(text) for key, (text, _) in statements.items()}
    return {
        key: (
            text,
            _distinct(replace(_generic(one), text=explainable(without_constants(one.text) or text)) for one in bound),
        )
        for key, (_, bound) in statements.items()
        if (text := plain[key]) is not None
    }


def emptied(statements: Statements) -> Statements:
    """Return the statements with every constant emptied instead: what the server takes where no parameter may stand."""
    return {
        key: (without_constants(text) or "", _distinct(replace(_generic(one), text=blanked(one.text)) for one in bound))
        for key, (text, bound) in statements.items()
    }


def _generic(bound: BoundStatement) -> BoundStatement:
    settings = tuple((name, value) for name, value in bound.settings if "." not in name)
    return replace(bound, parameters=None, basis="generic", weight=1.0, settings=settings, assumed=())


def _distinct(bound: Iterable[BoundStatement]) -> tuple[BoundStatement, ...]:
    return tuple(dict.fromkeys(bound))
