"""What happened between readings of one server: told from the counters alone, without a server.

A program counts what it does and writes readings now and then, as pg_stat_statements would; the differences must be what it
counted. Single cases say where readings stop being readings of one server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.export import StatementExport
from advisor.workload.exports.deltas import join_readings


def row(text: str, calls: float, total_ms: float | None = None, **rest: Any) -> StatementRow:
    """Return a row whose executions took 2 ms each unless it says otherwise."""
    total = 2.0 * calls if total_ms is None else total_ms
    return StatementRow(text, calls, total, **{"query_id": text, "mean_ms": total / calls, **rest})


def export(*rows: StatementRow, at: float | None = None, **rest: Any) -> StatementExport:
    return StatementExport(rows, InputCoverage("e", "csv", 0, 0, 0, 0.0), captured=at, **rest)


def counted(names: str, calls: Sequence[float] | float = 10.0) -> tuple[StatementRow, ...]:
    """Return one row a letter."""
    each = [calls] * len(names) if isinstance(calls, float) else calls
    return tuple(row(name, number) for name, number in zip(names, each, strict=True))


def ran_in(exports: Sequence[StatementExport]) -> list[dict[str, float]]:
    return [{one.text: one.calls for one in e.rows} for e in exports]


Step = tuple[str, str]
STEPS = st.lists(
    st.tuples(st.sampled_from(["run", "run", "run", "read", "evict", "reset one"]), st.sampled_from("abcd")),
    max_size=40,
)


@settings(max_examples=60)
@given(STEPS, st.randoms(use_true_random=False))
def test_the_differences_are_what_a_program_counted(steps: list[Step], shuffled: Any) -> None:
    """Entries that were evicted or reset since the last reading lose what ran before that, and nothing more."""
    counters: Counter[str] = Counter(dict.fromkeys("wxyz", 1000))
    since: dict[str, float] = dict.fromkeys("abcdwxyz", 0.0)
    lost: Counter[str] = Counter()
    ran: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    taken = [_reading(counters, since, 0)]
    for number, (what, name) in enumerate([*steps, ("read", "")], 1):
        if what == "read":
            counters.update("wxyz")
            ran.update("wxyz")
            taken.append(_reading(counters, since, number))
            unread.clear()
        elif what == "run":
            if name not in counters:
                since[name] = number
            counters[name] += 1
            ran[name] += 1
            unread[name] += 1
        elif name in counters:
            lost[name] += unread.pop(name, 0)
            del counters[name]
    expected = {name: count - lost[name] for name, count in ran.items() if count > lost[name]}
    shuffled.shuffle(taken)
    (found,) = join_readings(taken)
    assert ran_in([found]) == [expected]
    assert {one.text: one.total_ms for one in found.rows} == {name: 3.0 * count for name, count in expected.items()}
    assert all(one.mean_ms == 3.0 and one.counters == {"hit": 5.0 * one.calls} for one in found.rows)
    assert found.interval == (0.0, float(len(steps) + 1)) and not found.cumulative


def _reading(counters: Mapping[str, int], since: Mapping[str, float], at: float) -> StatementExport:
    rows = [
        row(name, count, 3.0 * count, stats_since=since[name], counters={"hit": 5.0 * count})
        for name, count in counters.items()
    ]
    return export(*rows, at=at)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (export(*counted("ab")), export(*counted("bc", 11.0)), "half of the smaller are common to both"),
        (export(*counted("ab")), export(*counted("bcdefg", 11.0)), "half of the smaller, the larger has many more"),
        (export(*counted("ab", [5.0, 5.0])), export(*counted("ab", [4.0, 4.0])), "the later one was given first"),
        (
            export(*counted("abcdefghijklmnopqrst", 9.0)),
            export(*counted("abcdefghijklmnopqrs", 10.0), *counted("t", 1.0)),
            "one counter of twenty fell: that entry began anew",
        ),
        (
            export(*counted("ab", 9.0), reset=1.0, at=10.0),
            export(row("a", 1), row("b", 20), reset=12.0, at=20.0),
            "all counters were reset between them, as both say",
        ),
        (
            export(row("a", 9, stats_since=1.0), row("b", 9, stats_since=1.0), row("c", 5)),
            export(row("a", 1, stats_since=2.0), row("b", 1, stats_since=2.0), row("c", 6)),
            "entries that say that they began anew did not fall",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_readings_of_one_server_are_subtracted(one: StatementExport, other: StatementExport, why: str) -> None:
    (found,) = join_readings([one, other])
    assert any("2 readings of one server" in note for note in found.notes), why


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (export(*counted("abc")), export(*counted("cde", 11.0)), "a third of the entries are common to both"),
        (export(*counted("ab")), export(*counted("cd")), "nothing is common to both"),
        (export(), export(), "empty ones"),
        (
            export(*counted("abcdefghijklmnopqrst", 9.0)),
            export(*counted("abcdefghijklmnopqr", 10.0), *counted("st", 1.0)),
            "two of twenty fell, eighteen rose",
        ),
        (
            export(row("a", 9, query_id="1"), row("b", 9, query_id="2")),
            export(row("c", 10, query_id="1"), row("d", 10, query_id="2")),
            "one id, other texts: a newer version numbers anew",
        ),
        (export(*counted("ab")), export(*counted("ab", 11.0), cumulative=False), "rates, no counters"),
        (export(*counted("ab"), cumulative=False), export(*counted("ab", 11.0)), "rates, no counters, the first"),
        (export(*counted("ab")), export(*counted("ab", 11.0), nominal=True), "calls that were made up"),
        (export(*counted("ab"), nominal=True), export(*counted("ab", 11.0)), "calls that were made up, the first"),
        (
            export(row("a", 9), row("b", 9), reset=1.0),
            export(row("a", 1), row("b", 20), reset=2.0),
            "resets differ, but nobody says when they were taken",
        ),
        (
            export(*counted("ab", 500_000.0), reset=1.0, at=100.0),
            export(*counted("ab", 5_000.0), reset=50.0, at=101.0),
            "the second one's counters began before the first was taken: a primary and its standby",
        ),
        (
            export(*counted("ab", 5_000.0), reset=50.0, at=100.0),
            export(*counted("ab", 500_000.0), reset=1.0, at=101.0),
            "the same the other way round, and all counters rose",
        ),
        (
            export(row("a", 9), row("b", 9), reset=1.0, at=10.0),
            export(row("a", 1), row("b", 20), reset=1.0, at=20.0),
            "one reset, and yet one counter fell and one rose",
        ),
        (
            export(row("a", 9), row("b", 9), at=10.0),
            export(row("a", 1), row("b", 20), reset=1.0, at=20.0),
            "only one says when it was reset",
        ),
        (
            export(row("a", 9), row("b", 9), reset=1.0, at=10.0),
            export(row("a", 1), row("b", 20), at=20.0),
            "only one says when it was reset, the first",
        ),
        (
            export(row("a", 9, user="u"), row("b", 9, user="u")),
            export(row("a", 10, user="v"), row("b", 10, user="v")),
            "other users",
        ),
        (
            export(row("a", 9, database="u"), row("b", 9, database="u")),
            export(row("a", 10, database="v"), row("b", 10, database="v")),
            "other databases",
        ),
        (
            export(row("a", 9), row("b", 9)),
            export(row("a", 10, top_level=False), row("b", 10, top_level=False)),
            "within functions",
        ),
        (
            export(row("a", 9, query_id=None), row("b", 9, query_id=None)),
            export(row("c", 10, query_id=None), row("d", 10, query_id=None)),
            "no ids: texts tell statements apart",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_read_from_one_server_stays_as_it_is(
    one: StatementExport, other: StatementExport, why: str
) -> None:
    assert join_readings([one, other]) == [one, other], why


def test_a_reading_belongs_to_the_series_it_fits() -> None:
    found = join_readings(
        [export(*counted("ab")), export(*counted("xy")), export(*counted("xy", 12.0)), export(*counted("ab", 15.0))]
    )
    assert ran_in(found) == [{"a": 5, "b": 5}, {"x": 2, "y": 2}]


ONCE = export(*counted("ab"), at=5.0)


@pytest.mark.parametrize(
    ("other", "readings"),
    [
        (ONCE, 1),
        (replace(ONCE, captured=6.0), 2),
        (export(row("a", 10), row("b", 11), at=5.0), 2),
        (export(row("a", 10), row("b", 11, 20.0), at=5.0), 2),
        (export(row("a", 10), row("b", 10, 21.0), at=5.0), 2),
        (export(*counted("abc"), at=5.0), 2),
    ],
    ids=["the same", "another time", "other calls", "other calls in the same time", "other times", "one entry more"],
)
def test_a_reading_given_twice_counts_once(other: StatementExport, readings: int) -> None:
    (found,) = join_readings([ONCE, other])
    assert (found == ONCE) is (readings == 1)
    assert any(f"{readings} readings of one server" in note for note in found.notes) is (readings > 1)


def test_a_reading_given_twice_counts_once_among_others() -> None:
    later, last = export(*counted("ab", 12.0), at=6.0), export(*counted("ab", 15.0), at=7.0)
    (found,) = join_readings([ONCE, later, last, later])
    assert ran_in([found]) == [{"a": 5, "b": 5}]
    assert found.notes[0].startswith("3 readings of one server")


def test_everything_that_is_counted_is_subtracted() -> None:
    before = row("a", 10, 100.0, rows=50.0, plans=4.0, plan_ms=8.0, counters={"hit": 7.0, "read": 9.0})
    after = row("a", 14, 160.0, rows=58.0, plans=5.0, plan_ms=11.0, min_ms=1.0, max_ms=30.0, stddev_ms=2.0,
                counters={"hit": 10.0, "read": 8.0, "dirtied": 3.0})  # fmt: skip
    (found,) = join_readings([export(before, at=1.0), export(after, at=2.0)])
    (change,) = found.rows
    assert (change.calls, change.total_ms, change.mean_ms) == (4.0, 60.0, 15.0)
    assert (change.rows, change.plans, change.plan_ms) == (8.0, 1.0, 3.0)
    assert (change.min_ms, change.max_ms, change.stddev_ms) == (None, None, None), (
        "those of the whole time tell nothing"
    )
    assert change.counters == {"hit": 3.0, "read": 0.0, "dirtied": 3.0}, "a counter never runs backwards"


@pytest.mark.parametrize("name", ["rows", "plans", "plan_ms"])
@pytest.mark.parametrize(("before", "after", "expected"), [(1.0, None, None), (None, 2.0, None), (3.0, 2.0, 0.0)])
def test_what_one_reading_does_not_tell_has_no_difference(
    name: str, before: float | None, after: float | None, expected: float | None
) -> None:
    pair = [export(row("a", 10, **{name: before}), at=1.0), export(row("a", 14, **{name: after}), at=2.0)]
    assert getattr(join_readings(pair)[0].rows[0], name) == expected


def test_entries_of_one_statement_in_one_reading_are_added() -> None:
    """As of two servers behind one export, or of one statement in two schemas."""
    first = row("a", 2, 10.0, rows=3.0, plans=1.0, plan_ms=0.5, max_ms=8.0, counters={"hit": 1.0, "read": 4.0})
    second = row("a", 3, 40.0, rows=4.0, plans=2.0, plan_ms=0.25, max_ms=20.0, counters={"hit": 2.0, "dirtied": 1.0})
    (found,) = join_readings([export(row("z", 1), at=1.0), export(row("z", 1), first, second, at=2.0)])
    (change,) = found.rows
    assert (change.calls, change.total_ms, change.mean_ms) == (5.0, 50.0, 10.0)
    assert (change.rows, change.plans, change.plan_ms) == (7.0, 3.0, 0.75)
    assert (change.min_ms, change.max_ms, change.stddev_ms) == (None, 20.0, None)
    assert change.counters == {"hit": 3.0, "read": 4.0, "dirtied": 1.0}
    for pair in ((first, row("a", 9, 90.0)), (row("a", 9, 90.0), first)):
        (found,) = join_readings([export(row("z", 1), at=1.0), export(row("z", 1), *pair, at=2.0)])
        (change,) = found.rows
        assert (change.rows, change.plans, change.plan_ms, change.max_ms) == (None, None, None, None)


def test_ids_tell_entries_apart_and_texts_where_there_are_none() -> None:
    """Two tables of one name in two schemas have one text."""
    before = [
        row("a", 10, query_id="1"),
        row("a", 20, query_id="2"),
        row("b", 5, query_id=None),
        row("c", 6, query_id=None),
    ]
    after = [
        row("a", 11, query_id="1"),
        row("a", 24, query_id="2"),
        row("b", 7, query_id=None),
        row("c", 9, query_id=None),
    ]
    (found,) = join_readings([export(*before, at=1.0), export(*after, at=2.0)])
    assert sorted((one.text, one.calls) for one in found.rows) == [("a", 1), ("a", 4), ("b", 2), ("c", 3)]


@pytest.mark.parametrize(
    ("old", "new", "gained", "resets"),
    [
        (row("a", 10), row("a", 4), 4, 1),
        (row("a", 10, 20.0), row("a", 4, 30.0), 4, 1),
        (row("a", 10, 30.0), row("a", 12, 24.0), 12, 1),
        (row("a", 10, stats_since=1.0), row("a", 12, stats_since=2.0), 12, 1),
        (row("a", 10, stats_since=1.0), row("a", 12, stats_since=1.0), 2, 0),
        (row("a", 10), row("a", 12, stats_since=2.0), 2, 0),
        (row("a", 10, stats_since=1.0), row("a", 12), 2, 0),
        (row("a", 10, 20.0), row("a", 12, 20.0), 2, 0),
        (row("a", 10), row("a", 10), None, 0),
    ],
)
def test_an_entry_that_began_anew_counts_whole(
    old: StatementRow, new: StatementRow, gained: float | None, resets: int
) -> None:
    rest = counted("bcdefghijklmnopqrstuvwxy", 7.0)
    more = counted("bcdefghijklmnopqrstuvwxy", 8.0)
    (found,) = join_readings([export(old, *rest, at=1.0), export(new, *more, at=2.0)])
    assert ran_in([found])[0].get("a") == gained
    notes = [note for note in found.notes if "reset between readings" in note]
    assert [note.split()[0] for note in notes] == ([str(resets)] if resets else [])


@pytest.mark.parametrize(
    ("before", "after", "gained"), [(1.0, 2.0, 12), (1.0, 1.0, 2), (None, 2.0, 2), (1.0, None, 2), (None, None, 2)]
)
def test_after_a_reset_of_all_counters_they_count_whole(
    before: float | None, after: float | None, gained: float
) -> None:
    pair = [export(row("a", 10), reset=before, at=1.0), export(row("a", 12), reset=after, at=2.0)]
    assert ran_in(join_readings(pair)) == [{"a": gained}]


@pytest.mark.parametrize(
    ("first", "second", "interval"), [(1.0, 2.0, (1.0, 2.0)), (1.0, 1.0, None), (None, 2.0, None), (1.0, None, None)]
)
def test_the_time_between_is_what_both_readings_tell(
    first: float | None, second: float | None, interval: tuple[float, float] | None
) -> None:
    (found,) = join_readings([export(row("a", 10), at=first), export(row("a", 12), at=second)])
    assert found.interval == interval


def test_readings_without_a_time_are_ordered_by_their_counters() -> None:
    (found,) = join_readings(
        [export(row("a", 30, 90.0)), export(row("a", 10, 30.0), at=2.0), export(row("a", 20, 60.0))]
    )
    assert ran_in([found]) == [{"a": 20}] and found.rows[0].total_ms == 60.0


def test_the_notes_name_what_vanished_and_keep_what_the_readings_say() -> None:
    one = export(*counted("abcde"), at=1.0, notes=("read by hand",), evictions=3.0)
    other = export(*counted("abc", 12.0), *counted("f"), at=2.0, notes=("read by hand", "without times"))
    (found,) = join_readings([one, other])
    assert found.notes == (
        "2 readings of one server (e): what happened between the first and the last counts",
        "2 entries vanished between readings (evicted or reset): their last executions are lost",
        "read by hand",
        "without times",
    )
    assert found.evictions is None and [one.text for one in found.rows] == ["a", "b", "c", "f"]


def test_nothing_between_two_readings_is_said() -> None:
    (found,) = join_readings([export(*counted("ab"), at=1.0), export(*counted("ab"), at=2.0)])
    assert found.rows == () and found.notes[1] == "e: nothing ran between the readings"
