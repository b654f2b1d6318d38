"""A rule's page: its class docstring under a title, as Markdown."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import cast

from advisor.rules.discover import Documented, all_rules
from advisor.rules.evidence import Evidence

_COLLECTION = re.compile(r"\b(list|dict)\[([^\[\]]+)\]")

SECTIONS = (
    "What it does",
    "Why is this bad?",
    "Known problems",
    "Example",
    "Use instead",
    "Options",
    "References",
)
"""What every page must answer, in this order."""

_HEAD = """# Rules

Written by `advisor rule --write docs/rules` from the rules' docstrings: change those, not these files.
"""


def page(rule: Documented) -> str:
    """Return the rule's page, with what the evidence of its findings holds where it declares that."""
    declared: type[Evidence] | None = getattr(rule, "evidence", None)
    shown = _evidence(declared) if declared is not None else ""
    return f"# {rule.name} ({rule.code})\n\n{inspect.getdoc(type(rule))}\n{shown}"


def _evidence(kind: type[Evidence]) -> str:
    """Return the section on the evidence: each key of `findings[].evidence`, its type and what it means."""
    rows = [f"| `{name}` | {holds} | {meaning} |" for name, holds, meaning in evidence_keys(kind)]
    return "\n".join(["", "## Evidence", "", "| key | holds | |", "|---|---|---|", *rows, ""])


def evidence_keys(kind: type[Evidence]) -> list[tuple[str, str, str]]:
    """Return name, type and meaning of each key, in order; the meaning is the string below it in the source."""
    keys: dict[str, tuple[str, str]] = {}
    for owner in reversed(kind.__mro__[: kind.__mro__.index(Evidence)]):
        body = cast(ast.ClassDef, ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]).body
        for statement, after in zip(body, [*body[1:], None], strict=True):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                keys[statement.target.id] = _holds(ast.unparse(statement.annotation), owner), _meaning(after)
    return [(name, *keys[name]) for name in keys]


def _holds(annotation: str, owner: type[Evidence]) -> str:
    """Return an annotation as a reader of JSON says it; a structure by its keys."""
    said = annotation.replace(" | UnsetType", "").replace(" | None", " or null")
    for python, json in (("str", "text"), ("float", "number"), ("int", "number"), ("bool", "true or false")):
        said = re.sub(rf"\b{python}\b", json, said)
    for name in re.findall(r"\b[A-Z]\w+", said):
        keys = getattr(getattr(sys.modules[owner.__module__], name, None), "__struct_fields__", ())
        said = said.replace(name, f"`{{{', '.join(keys)}}}`")
    while (outer := _COLLECTION.sub(lambda found: f"{found[1]} of {found[2]}", said)) != said:
        said = outer
    return said.replace("dict of text, ", "object of ")


def _meaning(after: ast.stmt | None) -> str:
    """Return what the string that stands below a key says."""
    told = after.value if isinstance(after, ast.Expr) else None
    return " ".join(str(told.value).split()) if isinstance(told, ast.Constant) else ""


def summary(rule: Documented) -> str:
    """Return the first sentence of the page, without its full stop."""
    return (inspect.getdoc(type(rule)) or "").split("\n", 1)[0].rstrip(".")


def sections(rule: Documented) -> tuple[str, ...]:
    """Return the section headings of the page, in order."""
    return tuple(re.findall(r"^## (.+)$", inspect.getdoc(type(rule)) or "", re.MULTILINE))


def documentation(more: Sequence[Documented] = ()) -> dict[str, str]:
    """Return the files of `docs/rules/`: an index and one page for each rule and for `more`, by file name."""
    documented: list[Documented] = [*all_rules(), *more]
    files = {f"{rule.code}-{rule.name}.md": page(rule) for rule in documented}
    lines = [f"| [{rule.code}]({rule.code}-{rule.name}.md) | {rule.name} | {summary(rule)} |" for rule in documented]
    files["README.md"] = "\n".join([_HEAD, "| code | name | what it finds |", "|---|---|---|", *lines, ""])
    return files
