"""What filters leave is what a log would hold that somebody cut down by hand, line by line."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from advisor.errors import InputError, UsageError
from advisor.output.coverage_report import coverage_text
from advisor.workload.collect import collect
from advisor.workload.engines import blocks
from advisor.workload.filtering.capture_filters import Ago, Filters, moment
from advisor.workload.model import Workload
from advisor.workload.store import save

CORPUS = Path(__file__).parent.parent / "nplus1_corpus" / "data" / "held_out.log.gz"
LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC \[\d+\] \S+ \d+ (?:\S+)? ?\d+ (?:(\w+)@\w+/(\S+) )?[A-Z]+: "
)
"""A record of this log: `%m [%p] %c %l %v %x %q%u@%d/%a `."""
ADMIN, APPLICATION = "postgres", "ho-checkout-rush"

Record = tuple[str, str | None, str | None, str]
"""Time, user, application and all lines of one record."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filters") / "server.log"
    path.write_bytes(gzip.decompress(CORPUS.read_bytes()))
    return path


@pytest.fixture(scope="module")
def whole(log: Path) -> Workload:
    return collect([str(log)], jobs=1)


def _records(log: Path) -> list[Record]:
    found: list[Record] = []
    for line in log.read_text().splitlines(keepends=True):
        match = LINE.match(line)
        if match and not re.match(r"[^:]*(?:DETAIL|STATEMENT|HINT|CONTEXT):", line[match.end() - 10 :]):
            found.append((match[1], match[2], match[3], line))
        else:
            time, user, application, text = found[-1]
            found[-1] = (time, user, application, text + line)
    return found


def _by_hand(log: Path, folder: Path, wanted: Callable[[Record], bool]) -> Workload:
    """Return the workload of the log with these records only."""
    path = folder / "by_hand.log"
    path.write_text("".join(record[3] for record in _records(log) if wanted(record)))
    return collect([str(path)], jobs=1)


def _counts(workload: Workload) -> dict[str, tuple[float, float]]:
    return {query.id: (query.calls, query.total_ms) for query in workload.queries}


def _epoch(time: str) -> float:
    return datetime.strptime(time, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


BEGIN, END = "2026-11-20 10:02:31.400", "2026-11-20 10:02:32.900"


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(begin=_epoch(BEGIN)), lambda record: record[0] >= BEGIN),
        (Filters(end=_epoch(END)), lambda record: record[0] < END),
        (Filters(begin=_epoch(BEGIN), end=_epoch(END)), lambda record: BEGIN <= record[0] < END),
        (Filters(applications=(APPLICATION,)), lambda record: record[2] == APPLICATION),
        (Filters(users=(ADMIN,), begin=_epoch(BEGIN)), lambda record: record[1] == ADMIN and record[0] >= BEGIN),
        (Filters(exclude=("FROM LOGIN", r"gift_\w+")), lambda record: not re.search("FROM login|gift_", record[3])),
    ],
    ids=["begin", "end", "both", "application", "user", "exclude"],
)
def test_what_is_left_is_what_a_log_cut_down_by_hand_holds(
    log: Path, tmp_path: Path, whole: Workload, filters: Filters, wanted: Callable[[Record], bool]
) -> None:
    expected, found = _by_hand(log, tmp_path, wanted), collect([str(log)], jobs=1, filters=filters)
    assert _counts(found) == _counts(expected)
    assert {loop.child for loop in found.loops} == {loop.child for loop in expected.loops}
    coverage = found.inputs[0]
    left_out = sum(skip.count for skip in coverage.filtered.values())
    assert left_out > 0
    assert coverage.executions + left_out == whole.inputs[0].executions


@pytest.mark.parametrize(("size", "jobs"), [(300_000, 1), (70_000, 2), (20_000, 1)])
def test_what_is_left_does_not_depend_on_blocks_and_processes(
    log: Path, size: int, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = Filters(begin=_epoch(BEGIN), users=(ADMIN,), exclude=("gift_use",), tables=("member", "login"))
    expected = collect([str(log)], jobs=1, filters=filters)
    assert expected.queries
    monkeypatch.setattr(blocks, "SIZE", size)
    assert collect([str(log)], jobs=jobs, filters=filters) == expected


@pytest.mark.parametrize("packed", [False, True])
def test_a_moment_before_the_end_counts_from_the_last_line(log: Path, tmp_path: Path, packed: bool) -> None:
    last = _epoch(_records(log)[-1][0])
    path = log
    if packed:
        path = tmp_path / "server.log.gz"
        with log.open("rb") as plain, gzip.open(path, "wb") as target:
            shutil.copyfileobj(plain, target)
    found = collect([str(path)], jobs=1, filters=Filters(begin=Ago(1.0)))
    assert _counts(found) == _counts(collect([str(log)], jobs=1, filters=Filters(begin=last - 1.0)))


def test_transactions_and_settings_are_followed_through_what_is_left_out(tmp_path: Path) -> None:
    """`--exclude-query` of BEGIN leaves frames as they are; SET before --begin still holds after it."""
    path = tmp_path / "small.log"
    prefix = "2026-11-20 10:00:{:06.3f} UTC [77] app@shop/web LOG:  duration: 0.200 ms  statement: {}\n"
    rounds = [f"SELECT name FROM item WHERE id = {number}" for number in range(12)]
    lines = ["SET search_path = tenant_a", "BEGIN", "SELECT id FROM cart WHERE owner = 3", *rounds, "COMMIT"]
    path.write_text("".join(prefix.format(1 + place * 0.002, line) for place, line in enumerate(lines)))
    whole = collect([str(path)], jobs=1)
    without = collect([str(path)], jobs=1, filters=Filters(exclude=("^(begin|commit)$",)))
    assert whole.loops
    assert without.loops == whole.loops
    assert not [query for query in without.queries if query.text in ("BEGIN", "COMMIT")]
    later = collect([str(path)], jobs=1, filters=Filters(begin=_epoch("2026-11-20 10:00:01.005")))
    assert {sample.settings for query in later.queries for sample in query.samples} == {
        (("search_path", '"tenant_a"'),)
    }


def test_a_table_keeps_what_its_loops_follow(whole: Workload, log: Path) -> None:
    texts = {query.id: query.text for query in whole.queries}
    child, parent = next(
        (loop.child, loop.parents[0].query)
        for loop in whole.loops
        if loop.parents and loop.parents[0].query in texts and "FROM bin_content WHERE" in texts[loop.child]
    )
    assert "bin_content" not in texts[parent]
    found = collect([str(log)], jobs=1, filters=Filters(tables=("bin_content",)))
    assert found.loops == tuple(loop for loop in whole.loops if re.search(r"\bbin_content\b", texts[loop.child]))
    assert {child, parent} <= {query.id for query in found.queries}
    assert any(note.startswith("left out by --table: ") for note in found.notes)


def test_an_expression_that_takes_others_years_takes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    line = "2026-11-20 10:00:00.000 UTC [7] LOG:  duration: 0.200 ms  statement: SELECT '" + "a" * 50_000 + "!'\n"
    path.write_text(line * 20)
    found = collect([str(path)], jobs=1, filters=Filters(exclude=("^SELECT '(a+)+$", "(a|aa)+$", "(.*a){40}x")))
    assert found.queries[0].calls == 20


def test_rows_of_exports_and_workload_files_are_left_out_and_named(tmp_path: Path, whole: Workload) -> None:
    rows = "userid,dbid,queryid,query,calls,total_exec_time,rolname\n"
    export = tmp_path / "statements.csv"
    export.write_text(
        rows + "1,5,11,SELECT a FROM t WHERE b = $1,10,5.0,web\n1,5,12,SELECT c FROM u WHERE d = $1,7,5.0,batch\n"
    )
    found = collect([str(export)], filters=Filters(users=("web",)))
    assert [query.calls for query in found.queries] == [10.0]
    assert "7 executions run by another user than --user (batch)" in coverage_text(found)
    file = tmp_path / "prod.json"
    save(whole, file)
    kept = collect([str(file)], filters=Filters(exclude=("gift",)))
    assert {query.id for query in kept.queries} == {query.id for query in whole.queries if "gift" not in query.text}
    assert any("queries" in note and "found by --exclude-query" in note for note in kept.notes)


def test_filters_that_leave_nothing_name_what_is_there(log: Path) -> None:
    with pytest.raises(InputError, match="filters leave nothing") as refused:
        collect([str(log)], jobs=1, filters=Filters(users=("nobody",)))
    assert f"({ADMIN})" in str(refused.value)
    with pytest.raises(InputError, match="no statement names no_such_table"):
        collect([str(log)], jobs=1, filters=Filters(tables=("no_such_table",)))


@pytest.mark.parametrize("text", ["yesterday", "10", "25:00", "10 parsecs", ""])
def test_a_moment_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        moment(text)


def test_moments() -> None:
    assert moment("10m") == Ago(600)
    assert moment("1.5 h") == Ago(5400)
    assert moment("2026-12-01T02:00:00+02:00") == moment("2026-12-01") == 1796083200.0
