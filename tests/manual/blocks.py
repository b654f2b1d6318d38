"""The fenced blocks of the manual's pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/reference/*.md"), ROOT / "README.md", ROOT / "examples/shop/README.md"]
)
_FENCE = re.compile(r"^( *)```(\w*) ?([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block."""

    page: str
    language: str
    mark: str
    """What follows the language: why it is not run, or what it needs."""
    text: str


def blocks() -> list[Block]:
    """Return every block of every page, in order."""
    found = []
    for page in PAGES:
        for indent, language, mark, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            lines = [line.removeprefix(indent) for line in text.splitlines()]
            found.append(Block(str(page.relative_to(ROOT)), language, mark, "\n".join(lines)))
    return found
