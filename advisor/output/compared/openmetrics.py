"""A comparison as OpenMetrics text: for node_exporter's textfile collector, or a gateway.

Source: the OpenMetrics specification 1.0. Times are seconds, as it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.verify.after_deploy import Deployed
from advisor.workload.compare_captures import Comparison, Side

_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
Sample = tuple[dict[str, str], float]


def openmetrics(comparison: Comparison, deployed: Sequence[Deployed] = ()) -> str:
    """Return every query of both captures, and every verdict, as gauges."""
    sides = [
        ({"query": change.id, "database": change.database or "", "side": name}, side)
        for change in comparison.changes
        for name, side in (("before", change.before), ("after", change.after))
        if side is not None
    ]
    named = [({"index": one.name, "table": one.table, "revision": one.revision or ""}, one) for one in deployed]
    totals = [(labels, side.total_ms / 1e3) for labels, side in sides]
    lines = [
        *_family("query_calls", "", "Executions in the capture.", [(labels, side.calls) for labels, side in sides]),
        *_family("query_mean_seconds", "seconds", "Mean run time.", [(one, side.mean_ms / 1e3) for one, side in sides]),
        *_family("query_p95_seconds", "seconds", "95th percentile of run times.", list(_p95(sides))),
        *_family("query_total_seconds", "seconds", "Run time in all.", totals),
        *_family(
            "revision_saved_seconds", "seconds", "Run time saved since, by the means before.",
            [(labels, one.saved_ms / 1e3) for labels, one in named],
        ),
        *_family(
            "revision_promised_seconds", "seconds", "Run time that was to be saved.",
            [(labels, one.promised_ms / 1e3) for labels, one in named],
        ),
        *_family(
            "revision_verdict", "", "1 for the verdict on the revision.",
            [({**labels, "verdict": one.verdict}, 1.0) for labels, one in named],
        ),
        "# EOF",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _p95(sides: Sequence[tuple[dict[str, str], Side]]) -> Iterator[Sample]:
    for labels, side in sides:
        if side.p95_ms is not None:
            yield labels, side.p95_ms / 1e3


def _family(name: str, unit: str, told: str, samples: Sequence[Sample]) -> Iterator[str]:
    """Yield a metric family; none without samples."""
    if not samples:
        return
    whole = f"pgadvisor_{name}"
    yield f"# TYPE {whole} gauge"
    if unit:
        yield f"# UNIT {whole} {unit}"
    yield f"# HELP {whole} {told}"
    for labels, value in samples:
        written = ",".join(f'{key}="{text.translate(_ESCAPED)}"' for key, text in labels.items())
        yield f"{whole}{{{written}}} {value:.12g}"
