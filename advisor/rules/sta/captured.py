"""What auto_explain saw: the scans of a captured plan, with the rows expected and the rows that really came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_NAME = r'(?:"(?:[^"]|"")+"|[^\s"(]+)'
_SCAN = re.compile(
    rf"^\s*(?:->\s+)?(?P<node>(?:Parallel )?(?:Seq Scan|Index Scan|Index Only Scan|Bitmap Heap Scan))\b.*?"
    rf" on (?:{_NAME}\.)?(?P<relation>{_NAME})(?: (?P<alias>{_NAME}))?"
    r"  \(cost=[\d.]+ rows=(?P<expected>\d+) width=\d+\)"
    r" \(actual (?:time=[\d.]+ )?rows=(?P<came>[\d.]+) loops=(?P<loops>\d+)\)"
)
_NODE = re.compile(r"\(cost=[\d.]+ rows=\d+ width=\d+\)")
_CONDITION = re.compile(r"^\s*(?:Filter|Index Cond|Recheck Cond): (?P<condition>.*)")
_CONDITIONS = ("Filter", "Index Cond", "Recheck Cond")


@dataclass(frozen=True, slots=True)
class SeenScan:
    """One scan that ran once, by one process or several."""

    relation: str
    alias: str
    expected: float
    """Rows by the production server's own planner."""
    came: float
    conditions: str


def seen_scans(plan: str) -> Iterator[SeenScan]:
    """Yield the scans of a plan in text or JSON form that was run with `log_analyze`.

    Nothing for other forms, for plans without actual rows, and for scans that a nested loop repeats.
    """
    if plan.lstrip().startswith("{"):
        try:
            yield from _of_node(json.loads(plan)["Plan"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return
    else:
        yield from _of_text(plan.splitlines())


def _of_node(node: Mapping[str, Any]) -> Iterator[SeenScan]:
    if "Relation Name" in node and "Actual Rows" in node:
        loops = int(node["Actual Loops"])
        if loops == 1 or (loops and node.get("Parallel Aware")):
            conditions = " ".join(node[name] for name in _CONDITIONS if name in node)
            expected, came = float(node["Plan Rows"]) * loops, float(node["Actual Rows"]) * loops
            yield SeenScan(node["Relation Name"], node["Alias"], expected, came, conditions)
    for child in node.get("Plans", ()):
        yield from _of_node(child)


def _of_text(lines: list[str]) -> Iterator[SeenScan]:
    for number, line in enumerate(lines):
        found = _SCAN.match(line.replace("..", ""))
        if found is None:
            continue
        conditions = []
        for below in lines[number + 1 :]:
            if _NODE.search(below.replace("..", "")):
                break
            if condition := _CONDITION.match(below):
                conditions.append(condition["condition"])
        loops = int(found["loops"])
        if loops == 1 or (loops and found["node"].startswith("Parallel")):
            relation = _bare(found["relation"])
            alias = _bare(found["alias"]) if found["alias"] else relation
            expected, came = float(found["expected"]) * loops, float(found["came"]) * loops
            yield SeenScan(relation, alias, expected, came, " ".join(conditions))


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
