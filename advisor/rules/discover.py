"""Finds the rules: every module below this package may define one, and so may what other packages name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

import advisor.rules
from advisor.errors import UsageError
from advisor.plugins import plugins
from advisor.rules.evidence import Evidence, Facts
from advisor.rules.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one instance of every rule, by code: ours, and those of entry points in the group `pgadvisor.rules`.

    Raises `UsageError` for a rule of another package that cannot be imported, is none, or has a code or name of ours.
    """
    for module in pkgutil.walk_packages(advisor.rules.__path__, "advisor.rules."):
        importlib.import_module(module.name)
    rules = {rule.code: rule() for rule in _below(Rule)}  # type: ignore[type-abstract]
    for origin, rule in plugins("pgadvisor.rules"):
        _refuse_rule(rule, rules, origin)
        rules[rule.code] = rule()
    return tuple(rules[code] for code in sorted(rules))


def read_evidence(code: str, held: Mapping[str, Any]) -> Evidence | Facts:
    """Return the evidence of a report's finding as its rule declares it, else as it stands (another version's)."""
    declared = next((rule.evidence for rule in all_rules() if rule.code == code), None)
    try:
        return Facts(held) if declared is None else msgspec.convert(held, declared)
    except msgspec.ValidationError:
        return Facts(held)


def _below(base: type[Rule]) -> list[type[Rule]]:
    """Return the rules of this package that are defined below a class."""
    found = []
    for rule in base.__subclasses__():
        found += _below(rule)
        if "code" in vars(rule) and rule.__module__.startswith("advisor.rules."):
            found.append(rule)
    return found


def _refuse_rule(rule: object, known: Mapping[str, Rule], origin: str) -> None:
    """Raise `UsageError` for what is no rule, or one under a code or name that another one has."""
    if not (isinstance(rule, type) and issubclass(rule, Rule) and "code" in vars(rule) and "name" in vars(rule)):
        raise UsageError(
            "this is no rule", where=origin, do="name a subclass of advisor.rules.rule.Rule with code and name"
        )
    for other in known.values():
        if rule.code == other.code or rule.name == other.name:
            raise UsageError(
                f"{rule.code} {rule.name}: there is a rule {other.code} {other.name}",
                where=origin,
                do="give it a code and a name of its own",
            )


Coded = TypeVar("Coded", bound="Documented")


class Documented(Protocol):
    """What has a code, a name and a page: a rule, or a property of the gate."""

    code: ClassVar[str]
    name: ClassVar[str]


def matching(words: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that any of these codes, code prefixes (`NPO`), names or lists of them (`NPO,CAC`) means.

    Raises `UsageError` for a word that means none, naming the nearest one.
    """
    return among(all_rules(), words)


def among(known: Sequence[Coded], words: Sequence[str]) -> tuple[Coded, ...]:
    """Return those of `known` that the words mean, as `matching` does."""
    found: set[str] = set()
    for word in (part.strip() for listed in words for part in listed.split(",")):
        meant = {one.code for one in known if word and (one.name == word.lower() or one.code.startswith(word.upper()))}
        if not meant:
            _refuse(word, [text for one in known for text in (one.code, one.name)])
        found |= meant
    return tuple(one for one in known if one.code in found)


def _refuse(word: str, known: Sequence[str]) -> None:
    near = difflib.get_close_matches(word, known, 1) or difflib.get_close_matches(word.upper(), known, 1)
    remedy = f"did you mean {near[0]}?" if near else "run `advisor rule` for the list"
    raise UsageError(f"there is no rule {word}" if word else "an empty word means no rule", do=remedy)
