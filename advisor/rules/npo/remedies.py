"""What to write instead of a loop, for each library, with the real names filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from advisor.rules.npo.gather import Problem
from advisor.rules.npo.relation import singular
from advisor.rules.npo.stack import Stack

Situation = Literal["one", "many", "count", "insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Names:
    """Table names as models, relations and fields would carry them: guesses after each library's custom."""

    parent: str
    """Table of the parent."""
    child: str
    key: str
    parent_model: str
    child_model: str
    relation: str
    """The attribute of the parent that leads to the child."""

    def fill(self, template: str) -> str:
        """Return the template with the names filled in."""
        words = {
            "parent": self.parent, "child": self.child, "key": self.key, "Parent": self.parent_model,
            "Child": self.child_model, "relation": self.relation, "Relation": _camel(self.relation),
        }  # fmt: skip
        for word, name in words.items():
            template = template.replace("{" + word + "}", name)
        return template


def situation(problem: Problem) -> Situation:
    """Return which of the remedies applies."""
    kind = problem.child.kind
    if kind == "insert" or kind == "update" or kind == "delete":
        return kind
    if kind == "aggregate":
        return "count"
    to_one = problem.parent.relation.to_one if problem.parent else problem.child.unique
    return "one" if to_one else "many"


def names(problem: Problem) -> Names:
    """Return the names to fill in; an unknown parent is called `parent`."""
    child = problem.child.table.name
    parent = problem.parent.table.name if problem.parent else "parent"
    key = problem.child.key[0] if problem.child.key else "id"
    relation = child
    if situation(problem) == "one":
        column = problem.parent.relation.parent_columns[0] if problem.parent else f"{singular(child)}_id"
        relation = column.removesuffix("_id") if column.endswith("_id") else singular(child)
    return Names(parent, child, key, _camel(singular(parent)), _camel(singular(child)), relation)


def remedy(problem: Problem, stack: Stack) -> str:
    """Return the code to write instead, for this library, with these tables' names."""
    templates = remedies()[stack]
    wanted = situation(problem)
    template = templates.get(wanted) or templates.get("update" if wanted == "delete" else "many", "")
    return names(problem).fill(template)


@cache
def remedies() -> Mapping[str, Mapping[str, str]]:
    """Return the templates of `remedies.toml`, by library and situation."""
    return tomllib.loads(files("advisor.rules.npo").joinpath("remedies.toml").read_text(encoding="utf-8"))


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
