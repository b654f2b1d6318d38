"""A rule's page: its class docstring under a title, as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence

from advisor.rules.discover import Documented, all_rules

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
    """Return the rule's page."""
    return f"# {rule.name} ({rule.code})\n\n{inspect.getdoc(type(rule))}\n"


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
