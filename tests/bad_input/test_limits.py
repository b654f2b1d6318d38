"""What is longer than anybody writes is cut, and the coverage report says so; all else is read as if it were not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.capture.assembly import lengths
from advisor.capture.assembly.lengths import bounded
from advisor.capture.limits import Limits, enforce
from advisor.cli.capture_command import command as capture
from advisor.workload.collect import collect
from advisor.workload.model import Workload
from advisor.workload.observing.busy import BusySum, spread
from advisor.workload.redact_workload import blanked

LINE = "2026-11-01 10:00:{:02}.000 UTC [77] app@prod LOG:  duration: 0.2 ms  statement: {}\n"


def read(statement: str, folder: Path) -> Workload:
    """Return what a log holds that has ten short statements before and after a long one."""
    short = [LINE.format(second, f"SELECT * FROM v WHERE k = {second}") for second in range(20)]
    path = folder / "log"
    path.write_text("".join([*short[:10], LINE.format(10, statement), *short[10:]]))
    return collect([str(path)], jobs=1)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM v WHERE k IN (" + ", ".join(map(str, range(150_000))) + ") AND z = 1",
        "SELECT 1 FROM v WHERE k = ANY (ARRAY[" + ", ".join(f"'x''{n}'" for n in range(150_000)) + "])",
    ],
    ids=["numbers", "strings"],
)
def test_a_long_list_loses_its_tail_and_stays_a_statement(statement: str, tmp_path: Path) -> None:
    workload = read(statement, tmp_path)
    assert sum(query.calls for query in workload.queries) == 21
    assert not any(query.unparsed for query in workload.queries)
    assert any("lists of more than 100 000 values" in sentence for sentence in workload.inputs[0].hides)


@pytest.fixture
def ordinary() -> Iterator[None]:
    """The limits of this process are the ordinary ones again afterwards."""
    yield
    enforce(Limits())


@pytest.mark.usefixtures("ordinary")
def test_a_long_statement_is_cut_and_named(tmp_path: Path) -> None:
    enforce(Limits(statement=1 << 20))
    workload = read("SELECT '" + "x" * (2 << 20) + "'", tmp_path)
    assert sum(query.calls for query in workload.queries) == 21
    assert any("were cut there" in sentence for sentence in workload.inputs[0].hides)
    assert max(len(query.text) for query in workload.queries) <= 1 << 20


@pytest.mark.usefixtures("ordinary")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_command_line_sets_a_limit_for_every_process_that_reads(tmp_path: Path, jobs: str) -> None:
    lines = [LINE.format(n % 60, f"SELECT {n} FROM v WHERE k = '{'x' * 3000}'") for n in range(3000)]
    (tmp_path / "log").write_text("".join(lines))
    arguments = [str(tmp_path / "log"), "--jobs", jobs, "-q", "-o", str(tmp_path / "out.json")]
    done = CliRunner().invoke(capture, [*arguments, "--limit", "statement=2kb", "--limit", "elements=500"])
    assert "statements longer than 2 kB were cut there" in done.output
    (workload,) = [collect([str(tmp_path / "out.json")], jobs=1)]
    assert max(len(query.text) for query in workload.queries) <= 2048


@pytest.mark.parametrize("value", ["statement", "nonsense=5MB", "statement=much", "members=0", "=", "statement=-1"])
def test_a_limit_that_is_none_is_refused_before_anything_is_read(value: str) -> None:
    done = CliRunner().invoke(capture, ["missing.log", "--limit", value])
    assert done.exit_code == 2
    assert "'--limit'" in done.output


def test_a_statement_of_ordinary_length_is_kept_byte_for_byte() -> None:
    text = b"SELECT 1 FROM v WHERE k IN (" + b", ".join(b"%d" % n for n in range(50_000)) + b")"
    assert len(text) > lengths.LONG and bounded(text) == text


def test_long_and_many_values_are_blanked_alike() -> None:
    text = "SELECT " + ", ".join(f"'{n}'" for n in range(20_000)) + " FROM t LIMIT 5"
    assert blanked(text) == "SELECT " + ", ".join(["''"] * 20_000) + " FROM t LIMIT 0"


def test_seconds_of_long_statements_add_up_however_they_overlap() -> None:
    import numpy as np

    found = BusySum()
    begins = np.array([500_000, 2_250_000, 0], dtype=np.int64)
    ends = np.array([3_500_000, 2_750_000, 2_000_000], dtype=np.int64)
    spread(found.seconds, begins, ends)
    assert {second: taken for second, taken in sorted(found.seconds.items()) if taken} == {
        0: 1_500_000, 1: 2_000_000, 2: 1_500_000, 3: 500_000,
    }  # fmt: skip


@pytest.mark.usefixtures("ordinary")
@pytest.mark.parametrize("jobs", [1, 2])
def test_of_ever_new_queries_the_first_are_kept_and_the_others_counted(tmp_path: Path, jobs: int) -> None:
    enforce(Limits(queries=100))
    lines = [LINE.format(n % 60, f"SELECT c{n // 3} FROM t WHERE k = {n}") for n in range(60_000)]
    (tmp_path / "log").write_text("".join(lines))
    workload = collect([str(tmp_path / "log")], jobs=jobs)
    assert {query.text for query in workload.queries} == {f"SELECT c{n} FROM t WHERE k = $1" for n in range(100)}
    assert {query.calls for query in workload.queries} == {3.0}
    ((reason, skipped),) = workload.inputs[0].skipped.items()
    assert "after the first 100 different ones" in reason
    assert skipped.count == 60_000 - 300
    assert workload.inputs[0].executions == 60_000
    assert {loop.child for loop in workload.loops} <= {query.id for query in workload.queries}
