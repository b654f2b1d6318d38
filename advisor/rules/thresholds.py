"""Thresholds of the rules from a configuration file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from advisor.errors import UsageError
from advisor.rules.context import RuleOptions


def read_thresholds(entries: Mapping[str, Any], where: str) -> RuleOptions:
    """Return the thresholds that `[tool.advisor.rules]` sets, the others as they are.

    Raises `UsageError` for a name no rule heeds and for a value that is no number.
    """
    known = {field.name for field in fields(RuleOptions)}
    for name in entries:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), 1)
            remedy = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"
            raise UsageError(f"unknown key rules.{name}", where=where, do=remedy)
    try:
        return msgspec.convert(dict(entries), RuleOptions)
    except msgspec.ValidationError as error:
        raise UsageError(f"rules: {error}", where=where, do="write a number, and budgets as { job = 500 }") from None
