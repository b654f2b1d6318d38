"""Tags in comments: sqlcommenter (`key='value'`, URL-encoded) and marginalia (`key:value`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

COMMENT = re.compile(rb"/\*(?!\+)(.*?)\*/|--([^\n]*)", re.S)
QUOTED = re.compile(r"\s*([A-Za-z_][\w.%-]*)\s*=\s*'((?:[^'\\]|\\.)*)'\s*(?:,|$)")
PLAIN = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*:\s*([^,]*?)\s*(?:,|$)")
ESCAPED = re.compile(r"\\(.)")


def tags_of(text: bytes) -> Mapping[str, str]:
    """Return the tags in the comments of a statement, wherever they stand; of equal keys the last one holds."""
    if b"/*" not in text and b"--" not in text:
        return {}
    found: dict[str, str] = {}
    for match in COMMENT.finditer(text):
        found.update(_tags((match[1] or match[2] or b"").decode("utf-8", "replace").strip()))
    return dict(sorted(found.items()))


def _tags(comment: str) -> Mapping[str, str]:
    """Return the tags of one comment, nothing when any of it is no tag."""
    for pattern in (QUOTED, PLAIN):
        place, found = 0, {}
        while (match := pattern.match(comment, place)) and match.end() > place:
            value = match[2]
            if pattern is QUOTED:
                value = unquote(ESCAPED.sub(r"\1", value))
            found[unquote(match[1])] = value
            place = match.end()
        if found and place == len(comment):
            return found
    return {}
