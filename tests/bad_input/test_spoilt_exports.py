"""Whatever happens to an export on its way, there is no traceback, and never a success that understood nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.workload.collect import collect

Exported = Callable[..., bytes]

FORMS = {
    "csv": ("--csv",),
    "aligned": (),
    "bordered": ("-P", "border=2", "-P", "linestyle=unicode"),
    "expanded": ("-x",),
    "unaligned": ("-A",),
    "unaligned expanded": ("-A", "-x"),
}
JSON = {"array": "SELECT json_agg(s) FROM ({}) s", "lines": "SELECT row_to_json(s) FROM ({}) s"}

edits = st.lists(
    st.tuples(
        st.sampled_from(["cut", "insert", "drop", "double"]),
        st.floats(0, 1),
        st.integers(1, 400),
        st.sampled_from(
            [b'"', b"\n", b"|", b",", b"\\", b"\x00", b"\xff", b"{", b"}", b"[", b"$1", b"-+-", b"\t", b"'"]
        ),
    ),
    min_size=1,
    max_size=4,
)


def spoil(data: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """Cut the end off, insert bytes, drop bytes or double them, at places given as shares of the length."""
    for what, share, length, extra in changes:
        at = int(share * len(data))
        if what == "cut":
            data = data[:at]
        elif what == "insert":
            data = data[:at] + extra + data[at:]
        elif what == "drop":
            data = data[:at] + data[at + length :]
        else:
            data = data[: at + length] + data[at:]
    return data


def survives(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    try:
        workload = collect([str(path)])
    except AdvisorError as error:
        assert str(error)
        return
    assert workload.queries
    assert sum(query.calls for query in workload.queries) > 0
    (coverage,) = {one.name: one for one in workload.inputs}.values()
    assert coverage.records > 0


def examples(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
    )


@pytest.mark.parametrize("form", [*FORMS, *JSON])
@examples(60)
@given(changes=edits)
def test_spoilt_statements(
    form: str, changes: list[tuple[str, float, int, bytes]], exported: Exported, tmp_path: Path
) -> None:
    data = exported(*FORMS[form]) if form in FORMS else exported("-At", wrap=JSON[form])
    survives(spoil(data, changes), tmp_path / "export")


def prometheus(exported: Exported) -> bytes:
    found = json.loads(exported("-At", wrap=JSON["array"]))
    lines = []
    for row in found:
        query = json.dumps(row["query"])
        lines.append(
            f'pg_stat_statements_calls_total{{datname="x",user="y",queryid="{row["queryid"]}"}} {row["calls"]}'
        )
        lines.append(f'pg_stat_statements_seconds_total{{datname="x",user="y",queryid="{row["queryid"]}"}} 0.5')
        lines.append(f'pg_stat_statements_query_id{{queryid="{row["queryid"]}",query={query}}} 1')
    return "\n".join(lines).encode()


def performance_insights(exported: Exported) -> bytes:
    keys = [
        {"Dimensions": {"db.sql_tokenized.statement": row["query"]}, "Total": 0.5,
         "AdditionalMetrics": {"db.sql_tokenized.stats.calls_per_sec.avg": 1.5}}
        for row in json.loads(exported("-At", wrap=JSON["array"]))
    ]  # fmt: skip
    return json.dumps({"AlignedStartTime": 1.0, "AlignedEndTime": 9.0, "Keys": keys}).encode()


def datadog(exported: Exported) -> bytes:
    found = json.loads(exported("-At", wrap=JSON["array"]))
    return json.dumps([{"timestamp": 1000, "postgres_rows": [row]} for row in found]).encode()


@pytest.mark.parametrize("layout", [prometheus, performance_insights, datadog])
@examples(60)
@given(changes=edits)
def test_spoilt_monitor_exports(
    layout: Callable[[Exported], bytes],
    changes: list[tuple[str, float, int, bytes]],
    exported: Exported,
    tmp_path: Path,
) -> None:
    survives(spoil(layout(exported), changes), tmp_path / "export")


@examples(100)
@given(data=st.binary(max_size=2000))
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    survives(data, tmp_path / "export")


@examples(100)
@given(text=st.text(alphabet="SELECT id,;'\"$1?:%()\n-/*|{}[]\\qué", max_size=300))
def test_anything_that_looks_like_sql(text: str, tmp_path: Path) -> None:
    survives(("SELECT " + text).encode(), tmp_path / "queries.sql")
