"""Thresholds of the rules from a configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from advisor.config import refuse_unknown
from advisor.errors import UsageError
from advisor.own_file import converted
from advisor.rules.context import RuleOptions


def read_thresholds(entries: Mapping[str, Any], where: str) -> RuleOptions:
    """Return the thresholds that `[tool.advisor.rules]` sets, the others as they are.

    Raises `UsageError` for a name no rule heeds and for a value that is no number.
    """
    for name in entries:
        refuse_unknown(name, f"rules.{name}", (field.name for field in fields(RuleOptions)), where)
    do = "write a number, and budgets as { job = 500 }"
    return converted(dict(entries), RuleOptions, where, do, UsageError, root="rules")
