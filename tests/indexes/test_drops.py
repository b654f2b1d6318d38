"""What goes with a new index, or by itself: only what no query misses, judged by a real planner on real rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.candidates.candidate import Suggestion
from advisor.indexes.choice.drops import drops, harmless, removals, replacements
from advisor.indexes.choice.proposals import Chosen
from advisor.indexes.choice.write_cost import TableWrites
from advisor.indexes.costing.configurations import Field
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.pool import Pool
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Benefit, WriteCost
from advisor.twin.servers.server import Server
from advisor.twin.statement import BoundStatement
from tests.indexes.built import BuiltWhatIf
from tests.indexes.small import facts, make

TABLES = """
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, c int NOT NULL, pad text NOT NULL);
INSERT INTO t SELECT i, i % 400, i % 7, i % 500, md5(i::text) || md5((-i)::text) FROM generate_series(1, 20000) AS i;
CREATE INDEX a1 ON t (a);
CREATE INDEX a2 ON t (a);
CREATE INDEX c1 ON t (c);
CREATE INDEX c_broken ON t (c, b);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'c_broken'::regclass
"""
QUERIES = {
    "a": "SELECT * FROM t WHERE a = 7",
    "c": "SELECT * FROM t WHERE c = 7",
    "count": "SELECT count(*) FROM t WHERE a < 200",
    "lost": "SELECT * FROM nowhere",
}
AB, A_PAD = (IndexDefinition("public", "t", (IndexKey.of("a"), IndexKey.of(other))) for other in ("b", "pad"))
OPTIONS = AdviseOptions()


@dataclass
class Shop:
    """The tables, and the planner's answers on them, of which none is known yet."""

    schema: Schema
    statistics: Statistics
    pool: Pool
    costs: Costs

    def weighted(self, *queries: str, shown: frozenset[int] = frozenset()) -> list[Weighted]:
        """Return the queries as things are, with these candidates relevant to them."""
        self.costs.ask(Question(query) for query in queries)
        known = [(query, self.costs.outcome(query)) for query in queries]
        return [
            Weighted(
                Field(query, shown, 30),
                1e6,
                *((outcome.cost, outcome.estimated, outcome.estimated) if outcome else (1.0,) * 3),
            )
            for query, outcome in known
        ]

    def harmless(
        self, name: str, weighted: list[Weighted], gone: str = "", chosen: int | None = None, **rest: Any
    ) -> bool:
        numbers = frozenset[int]() if chosen is None else frozenset({chosen})
        options = replace(OPTIONS, **rest)
        return harmless(
            f"public.{name}", frozenset(f"public.{one}" for one in gone.split()), numbers, self.costs, weighted, options
        )

    def chosen(self, *numbers: int) -> list[Chosen]:
        every = frozenset(numbers)
        return [
            Chosen(number, self.pool.suggestions[number], self.pool.sizes[number], WriteCost(0.0, 0.0), every)
            for number in numbers
        ]


@pytest.fixture(scope="module")
def built(server: Server) -> Iterator[psycopg.Connection]:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE drops")
    with server.connect("drops") as connection:
        make(connection, TABLES)
        yield connection
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE drops WITH (FORCE)"))


@pytest.fixture
def shop(built: psycopg.Connection) -> Iterator[Shop]:
    schema, statistics = facts(built)
    what_if = BuiltWhatIf(built)
    pool = Pool(schema, statistics, what_if)
    pool.extend([Suggestion(AB, (), ""), Suggestion(A_PAD, (), "")])
    statements = {name: (BoundStatement(text, None, "logged"),) for name, text in QUERIES.items()}
    yield Shop(schema, statistics, pool, Costs(what_if, statements, pool.names, None))
    what_if.drop()


def test_an_index_that_a_query_needs_stays(shop: Shop) -> None:
    assert not shop.harmless("c1", shop.weighted("a", "c"))


def test_one_of_two_alike_may_go_but_not_both(shop: Shop) -> None:
    weighted = shop.weighted("a", "c")
    assert shop.harmless("a1", weighted) and shop.harmless("a2", weighted)
    assert not shop.harmless("a2", weighted, gone="a1")
    assert not shop.harmless("a1", weighted, gone="a2")


def test_an_index_that_no_plan_reads_goes_without_a_question(shop: Shop) -> None:
    weighted = shop.weighted("a")
    asked = shop.costs.asked
    assert shop.harmless("c1", weighted) and shop.costs.asked == asked


def test_only_queries_that_read_it_are_planned_again(shop: Shop) -> None:
    weighted = shop.weighted("a", "c", "count")
    asked = shop.costs.asked
    assert not shop.harmless("c1", weighted) and shop.costs.asked == asked + 1


def test_what_is_known_with_others_gone_is_not_asked_again(shop: Shop) -> None:
    weighted = shop.weighted("a", "c")
    assert shop.harmless("a1", weighted)
    asked = shop.costs.asked
    assert not shop.harmless("c1", weighted, gone="a1") and shop.costs.asked == asked + 1, "the query on c alone"


def test_a_query_that_cannot_be_planned_keeps_every_index(shop: Shop) -> None:
    assert not shop.harmless("c1", shop.weighted("a", "lost"))


def test_a_new_index_takes_over_once_it_is_chosen(shop: Shop) -> None:
    weighted = shop.weighted("a", shown=frozenset({0}))
    assert not shop.harmless("a1", weighted, gone="a2")
    assert shop.harmless("a1", weighted, gone="a2", chosen=0, max_regression=0.2)


def test_a_chosen_index_that_is_not_for_the_query_does_not_help_it(shop: Shop) -> None:
    assert not shop.harmless("a1", shop.weighted("a"), gone="a2", chosen=0, max_regression=0.2)


@pytest.mark.parametrize(
    ("cost", "estimated", "limit", "goes"),
    [
        (2.0, 1.0, 1.0, True),
        (2.0, 1.0, 0.9, False),
        (1.0, 2.0, 1.0, True),
        (1.0, 2.0, 0.9, False),
        (1.0, 1.0, 0.0, True),
    ],
    ids=["cost at the limit", "cost beyond", "time at the limit", "time beyond", "no slower"],
)
def test_no_query_may_become_slower_than_the_limit(
    shop: Shop, cost: float, estimated: float, limit: float, goes: bool
) -> None:
    """By the planner's cost and by the time model: `cost` and `felt` are how many times as much it is without."""
    (one,) = shop.weighted("c")
    shop.costs.ask([Question("c", frozenset(), frozenset({"public.c1"}))])
    after = shop.costs.outcome("c", frozenset(), frozenset({"public.c1"}))
    assert after
    before = replace(one, cost=after.cost / cost, estimated=after.estimated / estimated)
    assert shop.harmless("c1", [before], max_regression=limit) is goes


def test_a_new_index_replaces_what_it_serves_and_no_index_is_replaced_twice(shop: Shop) -> None:
    weighted = shop.weighted("a", shown=frozenset({0, 1}))
    options = replace(OPTIONS, max_regression=0.5)
    both = replacements(shop.chosen(0, 1), shop.schema, shop.costs, weighted, options)
    assert both == {0: ("a1", "a2")}
    assert replacements(shop.chosen(1), shop.schema, shop.costs, weighted, options) == {1: ("a1", "a2")}


def test_what_a_query_would_miss_is_not_replaced(shop: Shop) -> None:
    """Of two alike one may go; of the wide index with the same first key, a count reads many times as many pages."""
    weighted = shop.weighted("count", shown=frozenset({1}))
    assert replacements(shop.chosen(1), shop.schema, shop.costs, weighted, OPTIONS) == {1: ("a1",)}


def names(
    shop: Shop, weighted: list[Weighted], *chosen: int, replaced: dict[int, tuple[str, ...]] | None = None, **rest: Any
) -> list[str]:
    options = replace(OPTIONS, **rest)
    made, _ = drops(shop.pool, shop.costs, weighted, shop.chosen(*chosen), replaced or {}, {}, options)
    return [one.name for one in made]


def test_the_broken_the_double_and_the_unread_go(shop: Shop) -> None:
    assert names(shop, []) == ["c_broken", "a2", "c1"], "a1 is kept for a2"


def test_what_the_captured_queries_read_stays_whatever_the_counters_say(shop: Shop) -> None:
    assert names(shop, shop.weighted("a", "c")) == ["c_broken", "a2"]
    assert names(shop, shop.weighted("a")) == ["c_broken", "a2", "c1"]
    assert names(shop, shop.weighted("a", "c", "lost")) == ["c_broken"], "in doubt nothing but what nobody can read"


def test_what_was_replaced_is_not_dropped_once_more(shop: Shop) -> None:
    weighted = shop.weighted("a", "c", shown=frozenset({0}))
    assert names(shop, weighted, 0, replaced={0: ("a1", "a2")}) == ["c_broken"]
    assert names(shop, weighted, 0, 1, replaced={0: ("a2",)}, max_regression=0.5) == ["c_broken", "a1"]


def test_a_drop_says_what_it_saves_and_why(shop: Shop) -> None:
    writes = {("public", "t"): TableWrites(inserts=1_000_000.0)}
    broken, double, *_ = drops(shop.pool, shop.costs, [], [], {}, writes, OPTIONS)[0]
    assert (broken.action, broken.confidence, double.confidence) == ("drop", "high", "high")
    assert broken.reason.startswith("invalid: ") and double.reason == "redundant: a1 serves every scan it could"
    saved = double.write_cost.ms_per_day
    assert saved > 0 and double.benefit == Benefit(saved, saved, 0.0, 0.0, 0.0) and double.queries == ()


@pytest.mark.parametrize("change", [{"scans": 1}, {"scans": None}, {"partitioned": True}, {"replica_identity": True}])
def test_only_what_is_known_to_be_unread_and_serves_scans_alone_is_unused(shop: Shop, change: dict[str, Any]) -> None:
    table = shop.schema.tables["public", "t"]
    indexes = tuple(replace(index, **change) if index.name == "c1" else index for index in table.indexes)
    schema = replace(shop.schema, tables={("public", "t"): replace(table, indexes=indexes)})
    going = [one.index.name for one in removals(schema, shop.statistics, OPTIONS, frozenset())]
    assert going == ["c_broken", "a2"]


def test_an_unread_index_of_a_short_window_stays(shop: Shop) -> None:
    def unread(**rest: Any) -> list[str]:
        statistics = replace(shop.statistics, **rest)
        found = removals(shop.schema, statistics, OPTIONS, frozenset())
        return [one.index.name for one in found if one.reason.startswith("unused")]

    assert unread() == ["c1"] and unread(scans_since=None) == []
    assert unread(scans_since="2024-01-24T00:00:00+00:00") == ["c1"], "seven days"
    assert unread(scans_since="2024-01-24T00:00:01+00:00") == [], "a second less"
    assert unread(streaming=1) == [], "a standby's scans are not known"


@pytest.mark.parametrize(
    ("standbys", "streaming", "reason"),
    [
        (0, None, "unused: no scan in the 30 days of the statistics window (standbys not counted)"),
        (0, 0, "unused: no scan in the 30 days of the statistics window (no standby streamed from this server)"),
        (1, 1, "unused: no scan on this server or its standby in the 30 days of the statistics window"),
        (2, 2, "unused: no scan on this server or its 2 standbys in the 30 days of the statistics window"),
    ],
)
def test_unused_says_where_nobody_looked(shop: Shop, standbys: int, streaming: int | None, reason: str) -> None:
    statistics = replace(shop.statistics, standbys=standbys, streaming=streaming)
    found = {one.index.name: one for one in removals(shop.schema, statistics, OPTIONS, frozenset())}
    assert (found["c1"].reason, found["c1"].confidence) == (reason, "medium")
