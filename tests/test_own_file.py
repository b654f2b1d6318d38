"""Our own files: whatever stands in them, they are read or refused in one line with the path of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.index import IndexKey
from advisor.catalog.roles import Membership, Role, Tablespace
from advisor.catalog.snapshot_model import Extension, Override, Snapshot
from advisor.catalog.snapshots.folder import load_snapshot, save_snapshot
from advisor.catalog.statistics import (
    Activity,
    ColumnStatistics,
    ExtendedData,
    IndexActivity,
    RelationStatistics,
    Statistics,
)
from advisor.errors import AdvisorError, InputError
from advisor.gate.baseline import AcceptedPlan, AcceptedQuery, Access, Baseline, load_baseline, save_baseline
from advisor.indexes.proposal import Advice, WhyNot
from advisor.output.render import render
from advisor.output.report import Report
from advisor.own_file import decoded
from advisor.revisions.contract import ReportFile
from advisor.revisions.read_contract import finding_of, proposal_of, read_report
from advisor.rules.findings_baseline import read_accepted
from advisor.rules.suppress import read_suppressions
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Loop, LoopParent, Query, Sample, Slot, Workload
from advisor.workload.store import decode, encode
from tests.cli.test_migrate_and_verify import FINDING, PROPOSALS
from tests.revisions.builders import definition, proposal

QUERY = Query(
    "q1", "q1", "SELECT $1", 10.0, 50.0, 5.0, samples=(Sample("SELECT 1", ("1",), 2.0),),
    slots=(Slot((("1", 3.0),), 1, 3.0),), durations=((3, 4),), tags={"a": ("b",)}, counters={"rows": 1.0},
)  # fmt: skip
LOOP = Loop("q1", (LoopParent("q1", 1, 0.0, rows=(3,)),), 1, 5.0, 5.0, 5.0, 5, (0,), (), 1.0, 1.0, 0.1, 2.0, "session")
WORKLOAD = Workload((QUERY,), (LOOP,), begin=1_700_000_000.0, end=1_700_003_600.0, notes=("note",))
PLAN = AcceptedPlan(
    BoundStatement("SELECT $1", ("1", None), "logged", search_path=("public",), assumed=(1,)), 2.5,
    ("Index Scan t using i",), (Access("t", "Index Scan", "i", rows=3.0),),
)  # fmt: skip


def workload_file(folder: Path) -> tuple[str, Callable[[str], Any]]:
    return encode(WORKLOAD).decode(), lambda text: decode(text.encode(), "workload.json")


def plans(folder: Path) -> tuple[str, Callable[[str], Any]]:
    path = folder / "plans.json"
    queries = {key: AcceptedQuery(key, "SELECT $1", (PLAN, PLAN)) for key in ("q1", "q2", "q3")}
    save_baseline(Baseline(18, {"work_mem": "4MB"}, {"t": 10.0}, {"i": "CREATE INDEX i ON t (a)"}, queries), path)

    def again(text: str) -> Any:
        path.write_text(text)
        return load_baseline(path)

    return path.read_text(), again


def findings(folder: Path) -> tuple[str, Callable[[str], Any]]:
    path = folder / "findings.json"

    def again(text: str) -> Any:
        path.write_text(text)
        return read_suppressions(read_accepted(path).suppress, "findings.json")

    entry = {"id": "abc", "code": "NPO001", "reason": "known", "expires": "2030-01-01", "tables": ["a"]}
    return json.dumps({"schema_version": "1.0", "suppress": [entry, entry]}), again


def report(folder: Path) -> tuple[str, Callable[[str], Any]]:
    path = folder / "report.json"
    advice = Advice(PROPOSALS, (WhyNot("q1", "too-small", "it is"),), ((100, 2.0),), ("note",))

    def again(text: str) -> Any:
        path.write_text(text)
        read = read_report(path)
        return [proposal_of(item) for item in read.proposals], [finding_of(item) for item in read.findings]

    return render(Report(WORKLOAD, advice, (FINDING,)), "json"), again


COLUMN = ColumnStatistics(
    0.1, 4, -0.5, ("a", "b"), (0.3, 0.2), ("c", "d"), 0.9, ("e",), (0.5,), (1.0, 2.0), ("1",), 0.0, ("[1,2)",), False, "a", "z",
)  # fmt: skip
SNAPSHOT = Snapshot(
    "CREATE TABLE t (a text);\n--\n-- PostgreSQL database dump complete\n--\n",
    Statistics(
        relations={("s", "t"): RelationStatistics(5.0, 2, 1, 2, oid=16384), ("s", "i"): RelationStatistics(
            5.0, 2, table="t", height=1, gin=(0, 1, 2, 3, 4), brin_revmap_pages=1)},
        columns={("s", "t", "a"): COLUMN},
        extended={("s", "e", False): ExtendedData(
            ("a", "b"), (1, 2), 1, (COLUMN,), '{"1, 2": 3}', '{"1 => 2": 1.0}', (("x", None),), (0.5,), (0.25,), 7)},
        activity={("s", "t"): Activity(1, 2, 3, last_vacuum="2024-01-01")},
        index_activity={("s", "i"): IndexActivity(3, 4, "2024-01-01")},
        types={("s", "t", "a"): "text"}, invalid_indexes={("s", "j"): "CREATE INDEX j ON s.t (a)"},
        unread_ends=1, unscanned_ends=2, since="2024-01-01", streaming=1, standbys=1, captured="2024-01-01",
    ),
    {"work_mem": "4MB"}, 180000, (Extension("plpgsql", "1.0", "pg_catalog"),), "db",
    overrides=(Override("db", None, "work_mem", "1MB"),), roles=(Role("app", False, (Membership("staff"),)),),
    owner="app", owners={("s", "t"): "app"}, tablespaces=(Tablespace("fast", {"seq_page_cost": "1"}, (("s", "t"),)),),
    configuration={"block_size": "8192"}, alembic_version=("0001",), notes=("note",),
)  # fmt: skip


def _part(name: str) -> Callable[[Path], tuple[str, Callable[[str], Any]]]:
    """Return what makes one file of a snapshot folder, and reads the folder with another one in its place."""

    def make(folder: Path) -> tuple[str, Callable[[str], Any]]:
        save_snapshot(SNAPSHOT, folder)
        path = folder / name

        def again(text: str) -> Any:
            path.write_text(text)
            return load_snapshot(folder)

        return path.read_text(), again

    make.__name__ = name
    return make


def statistics(folder: Path) -> tuple[str, Callable[[str], Any]]:
    """Return the records as one document."""
    text, read = _part("statistics.jsonl")(folder)

    def again(text: str) -> Any:
        try:
            records = json.loads(text)
        except (ValueError, RecursionError):
            return read(text)
        return read("\n".join(map(json.dumps, records)) if isinstance(records, list) else text)

    return json.dumps([json.loads(line) for line in text.splitlines()]), again


snapshot, settings = _part("snapshot.json"), _part("settings.json")
DOCUMENTS = (workload_file, plans, findings, report, snapshot, settings, statistics)
VERSIONED = (workload_file, plans, findings, report, snapshot)
SAID = (
    "$", "suppress[", "a suppression", "this would", "unknown key", "the statistics end too early", "is not JSON",
    "statistics record",
)  # fmt: skip
WRONG = (7, -1.5, "x", True, None, [], {}, [None], {"x": 1}, [[]])


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def changed(text: str, path: tuple[str | int, ...], new: Any = ...) -> str:
    """Return the document with another value at a place, or without what stood there."""
    if not path:
        return json.dumps(None if new is ... else new)
    document = json.loads(text)
    held = document
    for step in path[:-1]:
        held = held[step]
    if new is ...:
        del held[path[-1]]
    else:
        held[path[-1]] = new
    return json.dumps(document)


@pytest.mark.parametrize("make", DOCUMENTS)
def test_a_file_as_written_is_read(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    text, read = make(tmp_path)
    assert read(text)


@pytest.mark.parametrize("make", DOCUMENTS)
def test_no_change_of_any_part_is_more_than_one_clear_error(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    text, read = make(tmp_path)
    refused = tried = 0
    for path in places(json.loads(text)):
        for new in (..., *WRONG):
            tried += 1
            try:
                read(changed(text, path, new))
            except AdvisorError as error:
                refused += 1
                assert error.where and error.do and len(str(error)) < 500, error
                assert error.what.startswith(SAID), error
    assert tried > 20 and refused > tried * 0.4, f"{refused} of {tried} refused"


@pytest.mark.parametrize("make", VERSIONED)
@pytest.mark.parametrize("version", ["9.9", 99, None, {}, "1", "01.0.0", True])
def test_a_version_that_is_not_known_is_refused(tmp_path: Path, make: Callable[[Path], Any], version: Any) -> None:
    text, read = make(tmp_path)
    key = {workload_file: "version", snapshot: "format"}.get(make, "schema_version")
    with pytest.raises(AdvisorError, match=rf"^[^ ]+: \$\.{key}: version .*this pgadvisor reads"):
        read(changed(text, (key,), version))


@pytest.mark.parametrize("make", DOCUMENTS)
@pytest.mark.parametrize(
    "text", ["", "{", "\x00", "[" * 100_000, '{"a":' * 5000, '"\\ud800"', "NaN", '{"schema_version": 1e999}']
)
def test_what_is_no_document_is_refused(tmp_path: Path, make: Callable[[Path], Any], text: str) -> None:
    _, read = make(tmp_path)
    with pytest.raises(AdvisorError) as refused:
        read(text)
    assert refused.value.do and len(str(refused.value)) < 400


def test_the_path_counts_and_names_the_elements(tmp_path: Path) -> None:
    text, read = plans(tmp_path)
    with pytest.raises(InputError) as refused:
        read(changed(text, ("queries", "q2", "plans", 1, "cost"), "cheap"))
    assert (
        str(refused.value).splitlines()[0].endswith("plans.json: $.queries.q2.plans[1].cost: expected float, got str")
    )
    document = json.loads(text)
    document["queries"]["evil\x1b[31m"] = 7
    with pytest.raises(InputError) as refused:
        read(json.dumps(document))
    assert refused.value.what == '$.queries["evil\\u001b[31m"]: expected object, got int'


def test_the_report_is_written_as_its_types_say(tmp_path: Path) -> None:
    text, read = report(tmp_path)
    proposals, found = read(text)
    assert tuple(proposals) == PROPOSALS and found == [FINDING]
    held = decoded(text, ReportFile, "report.json", "")
    assert json.loads(text).keys() == set(ReportFile.__struct_fields__)
    assert held.coverage.curve[0].bytes == 100 and held.coverage.without_proposal[0].reason == "too-small"
    wide = proposal(definition("t", IndexKey.of("a", descending=True), include=("b",), storage=(("fillfactor", "70"),)))
    text = render(Report(WORKLOAD, Advice((wide,))), "json")
    assert proposal_of(decoded(text, ReportFile, "report.json", "").proposals[0]) == wide
