"""Which function, operator and cast the server would choose: from PostgreSQL's own catalogue of built-in ones.

`builtins.tsv` beside this module is written from a real server 18 (pg_type, pg_cast, pg_operator, pg_proc); the choice
follows the chapter "Type Conversion" of PostgreSQL's documentation, shortened to what decides about indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

UNKNOWN = "unknown"
ANY_ELEMENT = frozenset({"anyelement", "anycompatible", "anynonarray", "anycompatiblenonarray", "any"})
ANY_ARRAY = frozenset({"anyarray", "anycompatiblearray"})
ANY_RANGE = frozenset({"anyrange", "anycompatiblerange", "anymultirange", "anycompatiblemultirange"})
RANGE_ELEMENTS = {
    "int4range": "int4", "int8range": "int8", "numrange": "numeric", "tsrange": "timestamp", "tstzrange": "timestamptz",
    "daterange": "date",
}  # fmt: skip


class Type(NamedTuple):
    """A built-in type."""

    category: str
    preferred: bool
    input: str
    """Volatility of its input function: `i` immutable, `s` stable, `v` volatile."""
    output: str


class CastRule(NamedTuple):
    """A built-in cast."""

    method: str
    """`b` changes nothing but the name, `f` calls a function, `i` goes through text."""
    volatility: str
    context: str
    """`i` implicit, `a` in assignments, `e` explicit only."""


class Operator(NamedTuple):
    """A built-in operator."""

    left: str
    """Empty for a prefix operator."""
    right: str
    result: str
    volatility: str


class Function(NamedTuple):
    """A built-in function."""

    arguments: tuple[str, ...]
    result: str
    volatility: str
    strict: bool
    fewest: int
    variadic: bool
    kind: str
    """`f` function, `a` aggregate, `w` window function."""
    returns_rows: bool


Chosen = TypeVar("Chosen", Operator, Function)


@dataclass(frozen=True, slots=True)
class Builtins:
    """Everything the file says."""

    types: dict[str, Type]
    casts: dict[tuple[str, str], CastRule]
    operators: dict[str, list[Operator]]
    functions: dict[str, list[Function]]


@cache
def builtins() -> Builtins:
    """Return the built-in types, casts, operators and functions."""
    found = Builtins({}, {}, {}, {})
    text = Path(__file__).with_name("builtins.tsv").read_text()
    for line in text.splitlines():
        kind, *row = line.split("\t")
        if kind == "t":
            found.types[row[0]] = Type(row[1], row[2] == "p", row[3], row[4])
        elif kind == "c":
            found.casts[row[0], row[1]] = CastRule(row[2], row[3], row[4])
        elif kind == "o":
            found.operators.setdefault(row[0], []).append(Operator(*row[1:]))
        else:
            found.functions.setdefault(row[0], []).append(_function(row))
    return found


def _function(row: Sequence[str]) -> Function:
    arguments = tuple(row[1].split(",")) if row[1] else ()
    return Function(arguments, row[2], row[3], row[4] == "s", int(row[5]), row[6] == "v", row[7], row[8] == "r")


def aggregate(name: str) -> bool:
    """Whether a name is that of a built-in aggregate."""
    return any(one.kind == "a" for one in builtins().functions.get(name, ()))


def returns_rows(name: str) -> bool:
    """Whether a name is that of a built-in function that returns a set."""
    return any(one.returns_rows for one in builtins().functions.get(name, ()))


def strict(name: str) -> bool:
    """Whether a built-in function gives NULL for any NULL argument."""
    found = builtins().functions.get(name, ())
    return bool(found) and all(one.strict for one in found)


def binary(source: str | None, target: str) -> bool:
    """Whether a cast changes nothing but the type's name."""
    if source == target:
        return True
    rule = builtins().casts.get((source or "", target))
    return rule is not None and rule.method == "b"


def cast_volatility(source: str | None, target: str) -> str:
    """Return the volatility of an explicit cast, `s` where it cannot be told."""
    if source is None:
        return "s"
    if source == target:
        return "i"
    if source.startswith("_") and target.startswith("_"):
        return cast_volatility(source[1:], target[1:])
    rule = builtins().casts.get((source, target))
    if rule is not None and rule.method != "i":
        return rule.volatility
    known = builtins().types
    if source not in known or target not in known:
        return "s"
    return "i" if known[source].output == "i" and known[target].input == "i" else "s"


def implicit(source: str, target: str) -> bool:
    """Whether a value of one type is accepted where the other is asked for."""
    if source in (target, UNKNOWN) or target == "any":
        return True
    if target in ANY_ARRAY:
        return source.startswith("_")
    if target in ANY_RANGE:
        return source.endswith("range") and source.endswith("multirange") == ("multirange" in target)
    if target in ANY_ELEMENT:
        return "nonarray" not in target or not source.startswith("_")
    if target == "anyenum":
        return source not in builtins().types
    rule = builtins().casts.get((source, target))
    return rule is not None and rule.context == "i"


@lru_cache(maxsize=16384)
def operator(name: str, left: str | None, right: str | None) -> Operator | None:
    """Return the operator the server would choose; `None` when that cannot be told.

    `left` is empty for a prefix operator; `None` is a type that is not known, and counts as a bare literal does.
    """
    candidates = [one for one in builtins().operators.get(name, ()) if bool(one.left) == (left != "")]
    given = tuple(kind if kind is not None else UNKNOWN for kind in (left, right))
    known = [kind for kind in given if kind not in (UNKNOWN, "")]
    wanted = [given, (known[0], known[0])] if len(known) == 1 and left != "" else [given]
    for pair in wanted:
        for one in candidates:
            if (one.left, one.right) == pair:
                return one
    if len(known) == 1 and left != "" and (same := [one for one in candidates if _same(one, known[0])]):
        return same[0]
    fitting = [one for one in candidates if _accepts((one.left, one.right), given)]
    return _best(fitting, [(one.left, one.right) for one in fitting], given)


def _same(one: Operator, kind: str) -> bool:
    """Whether an operator takes a polymorphic type on both sides that this type is one of."""
    return one.left == one.right and one.left.startswith("any") and implicit(kind, one.left)


def _accepts(wanted: Sequence[str], given: Sequence[str]) -> bool:
    return all(kind == target or (kind != "" and implicit(kind, target))
               for kind, target in zip(given, wanted, strict=True))  # fmt: skip


@lru_cache(maxsize=16384)
def function(name: str, arguments: tuple[str | None, ...]) -> Function | None:
    """Return the built-in function the server would choose; `None` when that cannot be told."""
    given = tuple(kind if kind is not None else UNKNOWN for kind in arguments)
    fitting, accepted = [], []
    for one in builtins().functions.get(name, ()):
        wanted = _wanted(one, given)
        if wanted is not None and _accepts(wanted, given):
            fitting.append(one)
            accepted.append(wanted)
    return _best(fitting, accepted, given)


def _wanted(one: Function, given: Sequence[str]) -> tuple[str, ...] | None:
    """Return the argument types for a call with these, `None` when it cannot be called so."""
    count = len(given)
    if one.variadic and count >= len(one.arguments) and not given[-1].startswith("_"):
        last = one.arguments[-1]
        element = "any" if last in ("any", *ANY_ARRAY) else last.removeprefix("_")
        return (*one.arguments[:-1], *[element] * (count - len(one.arguments) + 1))
    return one.arguments[:count] if one.fewest <= count <= len(one.arguments) else None


def result(one: Function, arguments: Sequence[str | None]) -> str | None:
    """Return the type a call of a function gives for arguments of these types."""
    if not one.result.startswith("any") and one.result != "record":
        return one.result
    for wanted, kind in zip(one.arguments, arguments, strict=False):
        if kind in (None, UNKNOWN) or not wanted.startswith("any"):
            continue
        return _polymorphic(one.result, wanted, str(kind))
    return None


def _polymorphic(asked: str, wanted: str, kind: str) -> str | None:
    """Return the type that stands for `asked` where an argument `wanted` has the type `kind`."""
    element = kind
    if wanted in ANY_ARRAY:
        element = kind.removeprefix("_")
    elif wanted in ANY_RANGE:
        element = RANGE_ELEMENTS.get(kind.replace("multirange", "range"), "")
    if asked in ANY_ELEMENT or asked == "anyenum":
        return element or None
    if asked in ANY_ARRAY:
        return f"_{element}" if element else None
    return kind if asked == wanted else None


def _best(fitting: list[Chosen], accepted: Sequence[tuple[str, ...]], given: tuple[str, ...]) -> Chosen | None:
    """Return the candidate with most exact matches, then most preferred types; `None` when several remain."""
    scores = [_score(wanted, given) for wanted in accepted]
    best = [one for one, score in zip(fitting, scores, strict=True) if score == max(scores)]
    return best[0] if len(best) == 1 or len({one[1:] for one in best}) == 1 else None


def _score(wanted: tuple[str, ...], given: tuple[str, ...]) -> tuple[int, int, int, int]:
    """Return how well types fit: exact ones, exact or preferred ones, then text for bare literals."""
    types = builtins().types
    pairs = list(zip(given, wanted, strict=True))
    known = [(kind, target) for kind, target in pairs if kind != UNKNOWN]
    bare = [types[target] for kind, target in pairs if kind == UNKNOWN and target in types]
    exact = sum(kind == target for kind, target in known)
    preferred = sum(kind == target or (target in types and types[target].preferred) for kind, target in known)
    return exact, preferred, sum(one.category == "S" for one in bare), sum(one.preferred for one in bare)
