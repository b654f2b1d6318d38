"""The blocks of the schema, with what chance decides filled in.

In a block `<<int 1 9>>` is a number, `<<pick a|b>>` one of several texts, `<<name>>` a fresh identifier; statements between
`-- shuffle` and `-- end` come in any order. `--? TABLE: CONDITION`, `--& TABLE a JOIN TABLE b ON …` and `--! STATEMENT` are
what statements are made of, `--late STATEMENT` runs after ANALYZE.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent / "blocks"
_MACRO = re.compile(r"<<(int|pick|name)(?: (.*?))?>>(?!>)")
_SHUFFLED = re.compile(r"^-- shuffle\n(.*?)^-- end\n", re.MULTILINE | re.DOTALL)
_PART = re.compile(r"^--([?&!]|late) (.*)\n", re.MULTILINE)
_ROWS = re.compile(r"generate_series\(1, (\d+)\)")
_EDGE = re.compile(r"(\w+) (\w+) JOIN (\w+) (\w+) ON (.*)")


@dataclass(frozen=True)
class Edge:
    """Two tables and the condition that joins them, with the aliases it is written with."""

    left: str
    left_alias: str
    right: str
    right_alias: str
    condition: str


@dataclass
class Mixture:
    """The database's script, and what its statements are made of (still with macros)."""

    schema: str = ""
    late: list[str] = field(default_factory=list)
    conditions: dict[str, list[str]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)


def mixture(rng: Random, facilities: Collection[str], share: float = 1.0) -> Mixture:
    """Return the database that this chance makes, with this share of its rows.

    `facilities` (`icu`, `contrib`, `invoker`, `tablespace`) are what the server can do.
    """
    found = Mixture()
    for path in sorted(FOLDER.glob("*.sql")):
        if set(path.name.split(".")[1:-1]) <= set(facilities):
            _take(found, path.read_text(), rng)
    found.schema = _ROWS.sub(lambda rows: f"generate_series(1, {max(5, int(int(rows[1]) * share))})", found.schema)
    return found


def expand(text: str, rng: Random) -> str:
    """Return the text with every macro filled in."""
    return _MACRO.sub(lambda macro: _chosen(macro[1], macro[2] or "", rng), text)


def _chosen(kind: str, argument: str, rng: Random) -> str:
    if kind == "int":
        low, high = map(int, argument.split())
        return str(rng.randint(low, high))
    return rng.choice(argument.split("|")) if kind == "pick" else f"x{rng.getrandbits(32):08x}"


def _take(found: Mixture, text: str, rng: Random) -> None:
    for kind, part in _PART.findall(text):
        if kind == "?":
            table, condition = part.split(": ", 1)
            found.conditions.setdefault(table, []).append(condition)
        elif kind == "&":
            edge = _EDGE.fullmatch(part)
            assert edge, part
            found.edges.append(Edge(*edge.groups()))
        elif kind == "!":
            found.statements.append(part)
        else:
            found.late.append(expand(part, rng))
    schema = _SHUFFLED.sub(lambda section: "".join(_shuffled(section[1], rng)), _PART.sub("", text))
    found.schema += expand(schema, rng)


def _shuffled(section: str, rng: Random) -> Iterator[str]:
    statements = [f"{statement};\n" for statement in section.split(";\n") if statement]
    rng.shuffle(statements)
    yield from statements
