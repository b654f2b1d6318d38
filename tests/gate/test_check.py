"""What a check answers for a whole baseline: the gravest of what several values show, worst first, nothing left out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.gate.baseline import Baseline
from advisor.gate.check_plans import check, ordered, record, worst
from advisor.gate.verdict import CheckResult, Verdict
from advisor.twin.servers.server import Server
from advisor.twin.statement import BoundStatement
from tests.indexes.built import BuiltWhatIf

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text);
INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(1, 2000) i;
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status text, total numeric, note text);
INSERT INTO orders SELECT i, i % 2000 + 1, CASE WHEN i % 5000 = 0 THEN 'odd' WHEN i % 3 = 0 THEN 'open' ELSE 'done' END, 1,
  repeat('x', 90) FROM generate_series(1, 20000) i;
CREATE INDEX ix_customer ON orders (customer_id);
CREATE INDEX ix_status ON orders (status);
"""
TEXTS = {
    "one": ("SELECT * FROM orders WHERE customer_id = $1", ("17", "18", "19")),
    "status": ("SELECT * FROM orders WHERE status = $1", ("done", "odd", "open", "lost", "none")),
    "total": ("SELECT sum(total) FROM orders", None),
    "gone": ("DELETE FROM customers WHERE id = $1", ("7",)),
}
Statements = Mapping[str, tuple[str, tuple[BoundStatement, ...]]]


def statements(**texts: tuple[str, tuple[str, ...] | None]) -> Statements:
    return {
        name: (text, tuple(BoundStatement(text, (one,), "logged") for one in values) if values else
               (BoundStatement(text, None, "logged"),))
        for name, (text, values) in texts.items()
    }  # fmt: skip


@dataclass
class Shop:
    """A small shop whose plans can be accepted and checked."""

    connection: psycopg.Connection

    def record(self, **rest: Any) -> Baseline:
        return self.recorded(statements(**TEXTS), **rest)[0]

    def recorded(self, given: Statements, settings: Mapping[str, str] | None = None, **rest: Any):
        schema, statistics = read_schema(self.connection), read_statistics(self.connection)
        return record(given, schema, statistics, BuiltWhatIf(self.connection), settings or {}, **rest)

    def check(self, baseline: Baseline, given: Statements | None = None, **rest: Any) -> CheckResult:
        schema, statistics = read_schema(self.connection), read_statistics(self.connection)
        return check(baseline, given or {}, schema, statistics, BuiltWhatIf(self.connection), **rest)


@pytest.fixture(scope="module")
def built(server: Server) -> Iterator[psycopg.Connection]:
    with server.connect() as admin:
        admin.execute("CREATE DATABASE gate_check")
    with server.connect("gate_check") as connection:
        connection.execute(SHOP)
        connection.execute("VACUUM ANALYZE")
        connection.execute("SET max_parallel_workers_per_gather = 0")
        yield connection
    with server.connect() as admin:
        admin.execute("DROP DATABASE gate_check WITH (FORCE)")


@pytest.fixture
def shop(built: psycopg.Connection) -> Iterator[Shop]:
    """Everything that a test changes is taken back."""
    with built.transaction(force_rollback=True):
        yield Shop(built)


def said(result: CheckResult) -> list[tuple[str, str, str]]:
    return [(one.query, one.code, one.level) for one in result.verdicts if one.level != "info"]


def test_what_did_not_change_passes_and_is_counted(shop: Shop) -> None:
    result = shop.check(shop.record(), statements(**TEXTS))
    assert (result.verdicts, result.checked, result.new) == ((), 4, ())


def test_queries_without_a_baseline_are_named(shop: Shop) -> None:
    more = {"b": ("SELECT 1", None), "a": ("SELECT 2", None)}
    assert shop.check(shop.record(), statements(**TEXTS, **more)).new == ("a", "b")


def test_a_query_that_can_no_longer_be_planned_fails_in_the_servers_words(shop: Shop) -> None:
    baseline = shop.record()
    shop.connection.execute("ALTER TABLE orders DROP COLUMN status")
    result = shop.check(baseline)
    assert said(result) == [("status", "PLN008", "fail")] and result.checked == 4 and result.failed
    assert result.verdicts[0].cause == 'the server no longer plans it: column "status" does not exist'
    assert (result.verdicts[0].text, result.verdicts[0].name) == (TEXTS["status"][0], "not-plannable")


def test_a_query_that_the_server_refuses_is_not_recorded_and_said(shop: Shop) -> None:
    baseline, refused = shop.recorded(statements(**TEXTS, lost=("SELECT * FROM nowhere WHERE id = $1", ("1", "2"))))
    assert set(baseline.queries) == set(TEXTS) and list(refused) == ["lost"]
    assert 'relation "nowhere" does not exist' in refused["lost"].reason


def test_of_several_values_the_gravest_verdict_counts(shop: Shop) -> None:
    """The rare value loses its index and costs a hundred times as much; the frequent ones are read as ever."""
    baseline = shop.record()
    shop.connection.execute("DROP INDEX ix_status")
    result = shop.check(baseline)
    assert {(query, level) for query, _, level in said(result)} == {("status", "fail")}
    lost = [one for one in result.verdicts if one.code == "PLN001" and one.level == "fail"]
    rare = min(plan.cost for plan in baseline.queries["status"].plans)
    assert [one.cost_before for one in lost] == [rare], "the value that suffers most tells what it costs"


def test_the_worst_comes_first_whatever_the_query_is_called(shop: Shop) -> None:
    baseline = shop.record()
    shop.connection.execute("DROP INDEX ix_customer")
    shop.connection.execute("UPDATE pg_class SET reltuples = 100 * reltuples, relpages = 100 * relpages "
                            "WHERE relname = 'customers'")  # fmt: skip
    shop.connection.execute("ALTER TABLE orders DROP COLUMN status")
    levels = [one.level for one in shop.check(baseline).verdicts]
    assert levels == sorted(levels, key=["fail", "warn", "info"].index) and levels.count("fail") >= 2


def test_of_values_with_one_plan_the_first_the_dearest_and_the_cheapest_are_kept(shop: Shop) -> None:
    baseline = shop.record()
    kept = {name: [plan.statement.parameters for plan in query.plans] for name, query in baseline.queries.items()}
    assert kept["one"] == [("17",)], "values that cost the same need no second entry"
    costs = [plan.cost for plan in shop.recorded(statements(one=TEXTS["one"]))[0].queries["one"].plans]
    assert len(costs) == 1
    status = {
        plan.statement.parameters[0]: plan for plan in baseline.queries["status"].plans if plan.statement.parameters
    }
    shapes = {name: plan.shape for name, plan in status.items()}
    assert {"done", "odd"} <= set(status) and shapes["done"] != shapes["odd"]


def test_a_range_of_values_keeps_its_ends(shop: Shop) -> None:
    text = "SELECT * FROM orders WHERE id < $1"
    values = ("300", "200", "100", "400", "500", "450")
    baseline, _ = shop.recorded(statements(range=(text, values)))
    plans = baseline.queries["range"].plans
    assert len({plan.shape for plan in plans}) == 1
    assert [plan.statement.parameters for plan in plans] == [("300",), ("100",), ("500",)]


def test_a_baseline_holds_settings_calls_tables_and_indexes(shop: Shop) -> None:
    baseline = shop.record(settings={"work_mem": "4MB", "jit": "off"}, calls={"one": 1000.0})
    assert list(baseline.settings) == ["jit", "work_mem"] and baseline.server_major == 18
    assert {name: query.calls for name, query in baseline.queries.items()} == {
        "gone": None, "one": 1000.0, "status": None, "total": None,
    }  # fmt: skip
    assert list(baseline.queries) == sorted(TEXTS)
    assert baseline.tables == {"customers": 2000.0, "orders": 20000.0}
    assert set(baseline.indexes) == {"customers_pkey", "ix_customer", "ix_status", "orders_pkey"}


def test_a_setting_that_changed_is_blamed_only_where_it_is_known(shop: Shop) -> None:
    shop.connection.execute("SET random_page_cost = 1.1")
    baseline = shop.record(settings={"random_page_cost": "1.1"})
    shop.connection.execute("SET random_page_cost = 400")
    known = shop.check(baseline, settings={"random_page_cost": "400"}).verdicts
    assert any("random_page_cost was 1.1, is 400" in one.cause for one in known)
    unknown = shop.check(baseline).verdicts
    assert unknown and not any("setting" in one.cause for one in unknown)


def test_a_foreign_key_of_the_pending_revisions_is_looked_at_an_older_one_is_not(shop: Shop) -> None:
    baseline = shop.record()
    shop.connection.execute(
        "DROP INDEX ix_customer; ALTER TABLE orders ADD CONSTRAINT placed FOREIGN KEY (customer_id) REFERENCES customers"
    )
    assert ("gone", "PLN011", "fail") in said(shop.check(baseline))
    query = baseline.queries["gone"]
    older = replace(query, plans=tuple(replace(plan, checks=None) for plan in query.plans))
    baseline = replace(baseline, queries={**baseline.queries, "gone": older})
    assert ("gone", "PLN011", "fail") in said(shop.check(baseline))
    known = frozenset({"orders (customer_id)", "orders(customer_id)"})
    assert "PLN011" not in {code for _, code, _ in said(shop.check(baseline, known_references=known))}


def verdict(
    level: str, query: str = "q", code: str = "PLN003", cost: tuple[float, float] | None = None, **rest: Any
) -> Verdict:
    before, after = cost or (None, None)
    return Verdict(
        code, "name", level, query, "SELECT 1", rest.pop("cause", "cause"), cost_before=before, cost_after=after, **rest
    )  # type: ignore[arg-type]


GRAVEST = verdict("fail", cost=(10.0, 100.0), cause="ten times")
MILDER = [
    verdict("fail", cost=(10.0, 90.0)), verdict("fail", cost=(1000.0, 5000.0)), verdict("fail"),
    verdict("warn", cost=(1.0, 1000.0)), verdict("info", cost=(1.0, 5000.0)), verdict("fail", cost=(0.0, 100.0)),
    verdict("fail", cost=(10.0, 0.0)), verdict("fail", cost=(10.0, 100.0), cause="the same, said later"),
]  # fmt: skip


@pytest.mark.parametrize("milder", MILDER)
def test_one_of_two_verdicts_that_say_the_same_stays_the_gravest(milder: Verdict) -> None:
    assert worst([milder, GRAVEST]) == worst([GRAVEST, milder]) == [GRAVEST]


@pytest.mark.parametrize(
    "change", [{"query": "r"}, {"code": "PLN001"}, {"table": "t"}, {"index": "i"}, {"fix": "other"}]
)
def test_verdicts_that_say_something_else_stay_beside_each_other(change: dict[str, str]) -> None:
    other = replace(MILDER[0], **change)
    assert set(worst([other, GRAVEST])) == {other, GRAVEST}


def test_the_order_is_level_query_code_and_cause() -> None:
    right = [
        verdict("fail", "a", "PLN001", cause="x"), verdict("fail", "a", "PLN001", cause="y"), verdict("fail", "a", "PLN002"),
        verdict("fail", "b", "PLN001"), verdict("warn", "a", "PLN001"), verdict("info", "a", "PLN001"),
    ]  # fmt: skip
    for mixed in itertools.permutations(right):
        assert list(ordered(mixed)) == right
