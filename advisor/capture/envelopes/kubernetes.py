"""Kubernetes and container engines: a time in front of every physical line.

Three layouts: the runtime's files (`time stderr F line`, with `P` for a part), `kubectl logs --timestamps` and
`docker logs --timestamps` (`time line`), each perhaps behind `[pod/name/container] `.
"""

from __future__ import annotations

import re

NAME = "Kubernetes"
SOURCE = rb"(?:\[pod/[^\]\s]+\] )?"
RUNTIME = re.compile(
    SOURCE + rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) std(?:out|err) (?P<part>[FP])(?::\w+)* ?(?P<line>.*)"
)
STAMPED = re.compile(
    SOURCE + rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d) ?(?!\S+ [\w-]+\[\d+\]:)(?P<line>.*)"
)
PREFIXED = re.compile(rb"\[pod/[^\]\s]+\] (?P<line>.*)")
LAYOUTS = (RUNTIME, STAMPED, PREFIXED)
ENOUGH = 0.9


def sniff(head: bytes) -> float:
    """Return how surely every line of `head` begins with such a time."""
    lines = head[: head.rfind(b"\n") + 1].split(b"\n")[:1000]
    filled = [line for line in lines if line]
    best = max((sum(layout.match(line) is not None for line in filled) for layout in LAYOUTS), default=0)
    return 1.0 if filled and best >= ENOUGH * len(filled) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the container's lines, parts of long ones joined."""
    parts = []
    for line in block.split(b"\n"):
        match = next((match for layout in LAYOUTS if (match := layout.match(line))), None)
        if match is None:
            parts.append(line + b"\n" if line else b"")
        else:
            parts.append(match["line"] + (b"" if match.groupdict().get("part") == b"P" else b"\n"))
    return b"".join(parts)
