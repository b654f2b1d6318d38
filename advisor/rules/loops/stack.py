"""Guesses which library wrote a statement, from how it writes: a guess, and reported as one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

Stack = Literal[
    "SQLAlchemy", "Django", "ActiveRecord", "GORM", "Prisma", "Hibernate", "EF Core",
    "Eloquent", "TypeORM", "Sequelize", "Ecto", "Drizzle", "Objection", "Peewee", "raw SQL",
]  # fmt: skip


def guess_stack(texts: Iterable[str], tags: Mapping[str, str], application: str | None) -> tuple[Stack, str]:
    """Return the likeliest library and what the guess rests on; `raw SQL` when nothing speaks for any."""
    marks, words = _signs()
    for where, said in (("tags", " ".join(tags.values())), ("application name", application or "")):
        for word, stack in words.items():
            if word in said.lower():
                return stack, where
    for text in texts:
        for stack, mark in marks:
            if mark.search(text):
                return stack, "SQL style"
    return "raw SQL", "nothing peculiar in the SQL"


@cache
def _signs() -> tuple[tuple[tuple[Stack, re.Pattern[str]], ...], Mapping[str, Stack]]:
    signs = tomllib.loads(files("advisor.rules.loops").joinpath("stacks.toml").read_text(encoding="utf-8"))
    return tuple((mark["stack"], re.compile(mark["pattern"], re.DOTALL)) for mark in signs["mark"]), signs["words"]
