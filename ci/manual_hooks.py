"""mkdocs hooks: links that leave docs/ become text, and what a fence says to the tests is taken off it."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return the page without links to files that the manual does not hold."""
    depth = page.file.src_uri.count("/") + 1
    outside = rf"\[([^\]]*)\]\((?:\.\./){{{depth}}}[^)]*\)"
    return re.sub(r"^(```\w+) [^\n]*$", r"\1", re.sub(outside, r"\1", markdown), flags=re.MULTILINE)
