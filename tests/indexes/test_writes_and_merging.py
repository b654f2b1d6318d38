"""Write costs, merged candidates, and what a partial or covering index may rest on: pure functions, no server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.analysis.shape import Constant, JoinEdge, Predicate, QueryShape, TableShape, Term
from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.schema import Column, Schema, Table
from advisor.catalog.statistics import Activity, ColumnStatistics, RelationStatistics, Statistics
from advisor.indexes.candidates.candidate import Context, Need
from advisor.indexes.choice.write_cost import TableWrites, table_writes, windows_note, write_cost
from advisor.indexes.costing.merge_candidates import combine
from advisor.indexes.gather_candidates import gather
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.passes import all_passes, suggestions
from advisor.indexes.passes.partial import quote_literal
from advisor.workload.model import Query, Slot, Workload

OPTIONS = AdviseOptions()
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
COLUMNS = tuple(
    Column(name, kind, place, kind, category, length)
    for place, (name, kind, category, length) in enumerate(
        [("id", "int4", "N", 4), ("status", "text", "S", -1), ("gone", "timestamptz", "D", 8), ("owner", "int4", "N", 4),
         ("a", "int4", "N", 4), ("b", "int4", "N", 4), ("c", "text", "S", -1)], 1,
    )
)  # fmt: skip
TABLE = Table("public", "t", "table", COLUMNS)
SCHEMA = Schema({("public", "t"): TABLE}, 180000)
STATISTICS = Statistics(
    relations={("public", "t"): RelationStatistics(100_000, 2_000)},
    columns={
        ("public", "t", "status"): ColumnStatistics(0.0, 6, 3, ("done", "open"), (0.97, 0.02)),
        ("public", "t", "gone"): ColumnStatistics(0.9, 8, -0.1),
        ("public", "t", "owner"): ColumnStatistics(0.0, 4, 5000),
        ("public", "t", "c"): ColumnStatistics(0.0, 300, -1),
        ("public", "t", "a"): ColumnStatistics(0.0, 4, 10),
    },
    activity={("public", "t"): Activity(inserts=700, updates=1400, hot_updates=700)},
    since=BEGIN.isoformat(),
    captured=(BEGIN + timedelta(7)).isoformat(),
)


def index(*keys: str, include: tuple[str, ...] = (), where: str | None = None) -> IndexDefinition:
    return IndexDefinition("public", "t", tuple(map(IndexKey.of, keys)), include, where)


def equal(column: str, value: str | None, slot: int | None) -> Predicate:
    return Predicate(
        Term(column, (column,)),
        "=",
        "equality",
        (Constant(f"'{value}'", value, slot),),
        "text",
        sql=f"{column} = '{value}'",
    )


def need(
    *predicates: Predicate, slots: tuple[Slot, ...] = (), output: frozenset[str] = frozenset(), **options: object
) -> Need:
    occurrence = TableShape(0, "public", "t", "t", predicates=predicates, output=output)
    shape = QueryShape("select", (occurrence,))
    context = Context(SCHEMA, STATISTICS, AdviseOptions(**options), {}, updated={("public", "t"): frozenset({"b"})})
    return Need(context, Query("q", None, "", 100, 100.0, 1.0, slots=slots), shape, occurrence, TABLE)


def partial(of: Need) -> set[str]:
    return {s.definition.where for s in suggestions(of) if s.definition.where}


def test_every_pass_is_found_and_runs_in_order() -> None:
    names = [name for name, _ in all_passes()]
    assert {"composite", "join_keys", "ordering", "partial", "covering", "inverted", "foreign_keys"} <= set(names)
    assert names.index("composite") < names.index("partial") < names.index("covering")


def test_a_value_all_executions_share_becomes_a_predicate() -> None:
    slot = Slot((("open", 100.0),), 1, 100.0)
    assert partial(need(equal("status", "open", 0), equal("owner", "7", 1), slots=(slot,))) == {"status = 'open'"}


def test_a_value_that_varies_does_not() -> None:
    slot = Slot((("open", 50.0), ("done", 50.0)), 2, 100.0)
    assert not partial(need(equal("status", "open", 0), equal("owner", "7", 1), slots=(slot,)))


def test_a_value_seen_a_few_times_only_does_not() -> None:
    assert not partial(need(equal("status", "open", 0), slots=(Slot((("open", 3.0),), 1, 3.0),)))


def test_a_value_most_rows_hold_does_not() -> None:
    assert not partial(
        need(equal("status", "done", 0), equal("owner", "7", 1), slots=(Slot((("done", 100.0),), 1, 100.0),))
    )


def test_partial_indexes_can_be_turned_off() -> None:
    slot = Slot((("open", 100.0),), 1, 100.0)
    assert not partial(need(equal("status", "open", 0), slots=(slot,), partial=False))


def test_payload_is_narrow_and_not_updated() -> None:
    def included(of):
        return {s.definition.include for s in suggestions(of)} - {()}

    assert included(need(equal("owner", "7", None), output=frozenset({"a"}))) == {("a",)}
    assert not included(need(equal("owner", "7", None), output=frozenset({"b"}))), "statements update b"
    assert not included(need(equal("owner", "7", None), output=frozenset({"c"}))), "three hundred bytes"
    assert not included(need(equal("owner", "7", None), output=frozenset({"a"}), include_columns=0))


def test_a_join_on_several_columns_is_tried_as_shared_and_as_selective() -> None:
    edges = tuple(JoinEdge(Term(name, (name,)), 1, Term(name, (name,))) for name in ("a", "owner"))
    occurrence = TableShape(0, "public", "t", "t", joins=edges)
    context = Context(SCHEMA, STATISTICS, OPTIONS, {("public", "t"): {"a": 0.9, "owner": 0.1}})
    of = Need(context, Query("q", None, "", 100, 100.0, 1.0), QueryShape("select", (occurrence,)), occurrence, TABLE)
    assert {("a", "owner"), ("owner", "a")} <= {tuple(k.column for k in s.definition.keys) for s in suggestions(of)}


def test_one_value_before_the_join_keys_is_tried_without_the_lists() -> None:
    listed = Predicate(Term("status", ("status",)), "=", "list", (Constant("'x'", "x", None),), "text")
    base = need(equal("a", "1", None), listed)
    occurrence = replace(base.occurrence, joins=(JoinEdge(Term("owner", ("owner",)), 1, Term("id", ("id",))),))
    of = Need(base.context, base.query, base.shape, occurrence, TABLE)
    assert ("a", "owner") in {tuple(k.column for k in s.definition.keys) for s in suggestions(of)}


@pytest.mark.parametrize("value", ["plain", "it's", "back\\slash", "both ' and \\", "", "naïve"])
def test_literals_are_quoted_so_that_the_server_reads_the_value_back(value: str, connection) -> None:
    assert connection.execute(f"SELECT {quote_literal(value)}".encode()).fetchone() == (value,)


def test_a_longer_index_takes_the_payload_of_a_shorter_one() -> None:
    assert list(combine(index("a", "b"), index("a", include=("c",)), OPTIONS)) == [index("a", "b", include=("c",))]


@pytest.mark.parametrize(
    ("long", "short"),
    [
        (index("a", "b"), index("b", include=("c",))),
        (index("a"), index("a", "b", include=("c",))),
        (index("a", "b"), index("a", where="c IS NULL", include=("id",))),
        (index("a", "b", include=("c",)), index("a", include=("c",))),
    ],
)
def test_indexes_that_do_not_fit_together_are_not_merged(long: IndexDefinition, short: IndexDefinition) -> None:
    assert not list(combine(long, short, OPTIONS))


def test_writes_per_day_come_from_the_counters_over_their_window() -> None:
    writes = table_writes(Workload(()), {}, STATISTICS, 1.0)["public", "t"]
    assert (writes.inserts, writes.cold_updates, writes.hot_updates) == (100, 100, 100)


@pytest.mark.parametrize("statistics", [Statistics(), replace(STATISTICS, standby=True)], ids=["none", "of a standby"])
def test_without_counters_of_writes_they_come_from_the_captured_statements(statistics: Statistics) -> None:
    occurrence = TableShape(0, "public", "t", "t", role="update", written=frozenset({"status"}))
    query = Query("u", None, "", 50, 1.0, 1.0, rows=50)
    writes = table_writes(Workload((query,)), {"u": QueryShape("update", (occurrence,))}, statistics, 1.0)[
        "public", "t"
    ]
    assert writes.cold_updates == 50
    assert writes.updated == {"status": 1.0}


UPDATE = {"u": QueryShape("update", (TableShape(0, "public", "t", "t", role="update", written=frozenset({"status"})),))}


def updates(calls: float, days: float | None) -> Workload:
    query = Query("u", None, "", calls, 1.0, 1.0, rows=calls)
    return Workload((query,), begin=0.0 if days else None, end=days and days * 86_400)


def counted(days: float, updates: int, hot: int) -> Statistics:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    activity = Activity(updates=updates, hot_updates=hot)
    return Statistics(
        activity={("public", "t"): activity}, since=since.isoformat(), captured=(since + timedelta(days)).isoformat()
    )


@pytest.mark.parametrize(
    ("workload", "statistics", "cold", "hot", "said"),
    [
        # An export without a time beside counters that were reset five minutes ago: five minutes are no day.
        (
            updates(400, None),
            counted(5 / 1440, 300, 300),
            0,
            400,
            "over an unknown time, writes counted over 5 minutes",
        ),
        (updates(400, None), counted(30, 300, 150), 200, 200, "over an unknown time, writes counted over 30 days"),
        # Seconds of log beside counters of thirty days: the reads' rate is the writes' rate.
        (updates(10, 10 / 86_400), counted(30, 3000, 0), 86_400, 0, "over 10 seconds, writes counted over 30 days"),
        # A log that left out short statements: the counters know more.
        (updates(1, 2.0), counted(30, 30_000, 0), 1000, 0, "over 2 days, writes counted over 30 days"),
        (updates(400, 20.0), counted(30, 3000, 0), 100, 0, None),
        (updates(400, 1 / 24), counted(1 / 24, 50, 50), 0, 1200, None),
    ],
)
def test_reads_and_writes_are_weighed_on_one_clock(
    workload: Workload, statistics: Statistics, cold: float, hot: float, said: str | None
) -> None:
    writes = table_writes(workload, UPDATE, statistics, 1.0)["public", "t"]
    assert (writes.cold_updates, writes.hot_updates) == (pytest.approx(cold), pytest.approx(hot))
    note = windows_note(workload, UPDATE, statistics, 1.0)
    assert said in note if said and note else note is said


def test_an_index_on_an_updated_column_ends_hot_updates_and_says_how_many() -> None:
    writes = TableWrites(10, 0, 100, {"status": 0.5})
    size = IndexSize(100_000, 300, 1)
    touched = write_cost(index("status"), size, 100_000, writes, SCHEMA)
    untouched = write_cost(index("owner"), size, 100_000, writes, SCHEMA)
    assert touched.hot_updates_lost_per_day == 50
    assert untouched.hot_updates_lost_per_day == 0
    assert touched.ms_per_day > untouched.ms_per_day
    for mentioning in (index("owner", include=("status",)), index("owner", where="status = 'open'")):
        assert write_cost(mentioning, size, 100_000, writes, SCHEMA).hot_updates_lost_per_day == 50


def test_a_partial_index_is_written_only_for_its_share_of_rows() -> None:
    writes = TableWrites(100, 0, 0)
    whole = write_cost(index("owner"), IndexSize(100_000, 300, 1), 100_000, writes, SCHEMA)
    small = write_cost(index("owner", where="status = 'open'"), IndexSize(2_000, 10, 1), 100_000, writes, SCHEMA)
    assert small.writes_per_day == pytest.approx(0.02 * whole.writes_per_day)


def test_what_all_queries_together_could_not_repay_is_no_candidate() -> None:
    light, heavy = Query("light", None, "", 1, 0.001, 0.001), Query("heavy", None, "", 1, 1000.0, 1000.0)
    shape = QueryShape("select", (TableShape(0, "public", "t", "t", predicates=(equal("owner", "7", None),)),))
    found = gather(Workload((heavy, light)), {"light": shape}, SCHEMA, STATISTICS, OPTIONS)
    assert not found.suggestions
    assert found.refused["light"] == ("small-share",)
