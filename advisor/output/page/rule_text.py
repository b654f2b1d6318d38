"""A rule's page as blocks that the template places: headings, paragraphs and code, nothing else of Markdown."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from advisor.rules.discover import all_rules

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page."""

    kind: Literal["heading", "paragraph", "code"]
    text: str


@dataclass(frozen=True, slots=True)
class RulePage:
    """What is known of a rule."""

    summary: str
    """Its first sentence."""
    blocks: tuple[Block, ...] = ()


@cache
def rule_pages() -> dict[str, RulePage]:
    """Return the page of every rule, by code."""
    return {rule.code: _page(inspect.getdoc(type(rule)) or "") for rule in all_rules()}


def _page(text: str) -> RulePage:
    summary, _, rest = text.partition("\n")
    blocks: list[Block] = []
    for number, part in enumerate(_FENCE.split(rest)):
        blocks += [Block("code", part.rstrip())] if number % 2 else _prose(part)
    return RulePage(summary.strip(), tuple(blocks))


def _prose(text: str) -> list[Block]:
    blocks = []
    for paragraph in re.split(r"\n\s*\n|(?<=\n)(?=## )", text):
        heading, _, rest = paragraph.strip().partition("\n") if paragraph.strip().startswith("## ") else ("", "", "")
        said = rest if heading else paragraph
        blocks += [Block("heading", heading.removeprefix("## "))] if heading else []
        blocks += [Block("paragraph", " ".join(said.split()).replace("`", ""))] if said.strip() else []
    return blocks
