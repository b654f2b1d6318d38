"""Samples of Prometheus metrics, from the exposition text or from the query API's JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.capture.exports.left_out import Tally

LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+(?P<time>-?\d+))?\s*(?:#.*)?"
)
LABEL = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Series:
    """One metric with its labels and values over time."""

    metric: str
    labels: Mapping[str, str]
    points: tuple[tuple[float | None, float], ...]
    """Time in seconds since the epoch (`None` where the scrape holds none) and value, oldest first."""


def from_text(text: str, prefix: str, tally: Tally) -> Iterator[Series]:
    """Yield the series of an exposition whose metric name begins with `prefix`; broken lines are counted."""
    for index, line in enumerate(text.split("\n"), start=1):
        if not line.startswith(prefix):
            continue
        match = LINE.fullmatch(line)
        value = _value(match["value"]) if match else None
        if match is None or value is None:
            tally.add("broken line", f"line {index}", line)
            continue
        labels = {name: ESCAPE.sub(_unescaped, quoted) for name, quoted in LABEL.findall(match["labels"] or "")}
        time = int(match["time"]) / 1000 if match["time"] else None
        yield Series(match["name"], labels, ((time, value),))


def from_api(document: Any, prefix: str, tally: Tally) -> Iterator[Series]:
    """Yield the series of one or several answers of `/api/v1/query` and `/api/v1/query_range`."""
    for answer in document if isinstance(document, list) else [document]:
        data = answer.get("data", answer) if isinstance(answer, dict) else {}
        results = data.get("result") if isinstance(data, dict) else None
        for result in results if isinstance(results, list) else []:
            series = _series(result, tally)
            if series is not None and series.metric.startswith(prefix):
                yield series


def _series(result: Any, tally: Tally) -> Series | None:
    metric = result.get("metric") if isinstance(result, dict) else None
    if not isinstance(metric, dict):
        tally.add("not a series", "result", str(result))
        return None
    values = result.get("values")
    pairs = values if isinstance(values, list) and values else [result.get("value")]
    points = []
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        time, value = _value(str(pair[0])), _value(str(pair[1]))
        if time is not None and value is not None:
            points.append((time, value))
    if "__name__" not in metric or not points:
        tally.add("series without metric name or values (query the metric itself, not a rate)", "result", str(metric))
        return None
    labels = {str(name): str(value) for name, value in metric.items() if name != "__name__"}
    return Series(str(metric["__name__"]), labels, tuple(sorted(points)))


def _value(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
