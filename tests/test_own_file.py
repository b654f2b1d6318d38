"""Our own files: whatever stands in them, they are read or refused in one line with the path of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.index import IndexKey
from advisor.errors import AdvisorError, InputError
from advisor.gate.baseline import AcceptedPlan, AcceptedQuery, Access, Baseline, load_baseline, save_baseline
from advisor.indexes.proposal import Advice, WhyNot
from advisor.output.render import render
from advisor.output.report import Report
from advisor.own_file import decoded
from advisor.revisions.contract import ReportFile, finding_of, proposal_of, read_report
from advisor.rules.baseline import read_accepted
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
        return read_suppressions(read_accepted(path), "findings.json")

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


DOCUMENTS = (workload_file, plans, findings, report)
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
                assert error.what.startswith(("$", "suppress[", "a suppression", "this would", "unknown key")), error
    assert tried > 150 and refused > tried * 0.4, f"{refused} of {tried} refused"


@pytest.mark.parametrize("make", DOCUMENTS)
@pytest.mark.parametrize("version", ["9.9", 99, None, {}, "1", "01.0.0", True])
def test_a_version_that_is_not_known_is_refused(tmp_path: Path, make: Callable[[Path], Any], version: Any) -> None:
    text, read = make(tmp_path)
    key = "version" if make is workload_file else "schema_version"
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
