"""Finds the rules: every module below this package may define one."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache

import advisor.rules
from advisor.errors import UsageError
from advisor.rules.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one instance of every rule, by code."""
    for module in pkgutil.walk_packages(advisor.rules.__path__, "advisor.rules."):
        importlib.import_module(module.name)
    found: list[type[Rule]] = _below(Rule)  # type: ignore[type-abstract]
    return tuple(rule() for rule in sorted(found, key=lambda rule: rule.code))


def _below(base: type[Rule]) -> list[type[Rule]]:
    found = []
    for rule in base.__subclasses__():
        found += _below(rule)
        if "code" in vars(rule) and rule.__module__.startswith("advisor.rules."):
            found.append(rule)
    return found


def matching(words: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that any of these codes, code prefixes (`NPO`) or names means.

    Raises `UsageError` for a word that means none, naming the nearest one.
    """
    found: set[Rule] = set()
    for word in words:
        meant = {rule for rule in all_rules() if rule.name == word.lower() or rule.code.startswith(word.upper())}
        if not meant:
            _refuse(word)
        found |= meant
    return tuple(rule for rule in all_rules() if rule in found)


def _refuse(word: str) -> None:
    known = [text for rule in all_rules() for text in (rule.code, rule.name)]
    near = difflib.get_close_matches(word, known, 1) or difflib.get_close_matches(word.upper(), known, 1)
    remedy = f"did you mean {near[0]}?" if near else "run `advisor rule` for the list"
    raise UsageError(f"there is no rule {word}", do=remedy)
