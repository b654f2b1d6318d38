"""A rule's page: its class docstring under a title, as Markdown."""

from __future__ import annotations

import inspect
import re

from advisor.rules.discover import all_rules
from advisor.rules.rule import Rule

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


def page(rule: Rule) -> str:
    """Return the rule's page."""
    return f"# {rule.name} ({rule.code})\n\n{inspect.getdoc(type(rule))}\n"


def summary(rule: Rule) -> str:
    """Return the first sentence of the page, without its full stop."""
    return (inspect.getdoc(type(rule)) or "").split("\n", 1)[0].rstrip(".")


def sections(rule: Rule) -> tuple[str, ...]:
    """Return the section headings of the page, in order."""
    return tuple(re.findall(r"^## (.+)$", inspect.getdoc(type(rule)) or "", re.MULTILINE))


def documentation() -> dict[str, str]:
    """Return the files of `docs/rules/`: an index and one page per rule, by file name."""
    files = {f"{rule.code}-{rule.name}.md": page(rule) for rule in all_rules()}
    lines = [f"| [{rule.code}]({rule.code}-{rule.name}.md) | {rule.name} | {summary(rule)} |" for rule in all_rules()]
    files["README.md"] = "\n".join([_HEAD, "| code | name | what it finds |", "|---|---|---|", *lines, ""])
    return files
