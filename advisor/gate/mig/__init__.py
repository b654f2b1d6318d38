"""MIG: what pending migrations do to tables in use, one rule a module; each statement was run on the twin."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.verdict import LEVELS, Verdict


def migration_rules() -> tuple[MigrationRule, ...]:
    """Return one instance of every rule, by code."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    found = [one for one in MigrationRule.__subclasses__() if not inspect.isabstract(one)]
    return tuple(rule() for rule in sorted(found, key=lambda rule: rule.code))


def lint(ahead: Ahead) -> tuple[Verdict, ...]:
    """Return what the rules find, worst first, then in the order of the statements."""
    found = [verdict for rule in migration_rules() for verdict in rule.find(ahead)]
    places = {(step.revision, step.file, step.line): place for place, step in reversed([*enumerate(ahead.steps)])}
    distinct = list(dict.fromkeys(found))
    return tuple(sorted(distinct, key=lambda one: (LEVELS.index(one.level), _place(one, places), one.code, one.cause)))


def _place(verdict: Verdict, places: dict[tuple[str, str, int], int]) -> int:
    return places.get((verdict.revision or "", verdict.file or "", verdict.line or 0), 0)
