"""Docker: the json-file driver's lines (`{"log": "line\\n", "stream": …, "time": …}`) and `docker compose logs`."""

from __future__ import annotations

import re

from advisor.capture.envelopes.json_objects import objects

NAME = "Docker"
COMPOSE = re.compile(rb"^[\w.-]+ +\| ?")
ENOUGH = 0.9


def sniff(head: bytes) -> float:
    """Return how surely `head` was written by Docker."""
    if head.lstrip().startswith(b'{"log":') and b'"stream":' in head:
        return 1.0
    lines = [line for line in head[: head.rfind(b"\n") + 1].split(b"\n")[:1000] if line]
    return 1.0 if lines and sum(COMPOSE.match(line) is not None for line in lines) >= ENOUGH * len(lines) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the container's lines; a part of a long line carries no newline and is joined to the next."""
    if not block.lstrip().startswith(b"{"):
        return b"".join(COMPOSE.sub(b"", line) + b"\n" for line in block.split(b"\n") if line)
    parts = []
    for item in objects(block):
        if isinstance(item, bytes):
            parts.append(item + b"\n")
        elif isinstance(text := item.get("log"), str):
            parts.append(text.encode(errors="replace"))
    return b"".join(parts)
