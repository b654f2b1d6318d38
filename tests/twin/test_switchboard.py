"""Costing on the switchboard: order, memory, refusals, partitions, and the same answers whatever the number of boards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.twin.costing import switchboard
from advisor.twin.plan import PlanNode
from advisor.twin.servers.server import Server
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from benchmarks.twin_fidelity import VERSIONS

SCHEMA = """
CREATE SCHEMA app;
CREATE TABLE app.item (id int PRIMARY KEY, shop int NOT NULL, price int NOT NULL, name text NOT NULL);
INSERT INTO app.item SELECT n, n % 400, n % 7919, 'item ' || n FROM generate_series(1, 40000) n;
CREATE TABLE app.sale (item int NOT NULL, day date NOT NULL, amount int NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE app.sale_1 PARTITION OF app.sale FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE app.sale_2 PARTITION OF app.sale FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE INDEX sale_2_amount ON app.sale_2 (amount);
INSERT INTO app.sale SELECT n % 40000, date '2025-01-01' + n % 59, n % 5000 FROM generate_series(1, 60000) n;
VACUUM ANALYZE;
ALTER DATABASE postgres SET search_path = app;
"""
BY_SHOP = IndexDefinition("app", "item", (IndexKey.of("shop"), IndexKey.of("price")))
BY_AMOUNT = IndexDefinition("app", "sale", (IndexKey.of("amount"),))
IMPOSSIBLE = IndexDefinition("app", "item", (IndexKey.of("name", opclass="no_such_ops"),))


@pytest.fixture(scope="module", params=[min(VERSIONS), max(VERSIONS)])
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    with Server(VERSIONS[request.param]) as server:
        done = server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", "postgres", stdin=SCHEMA)
        assert done.returncode == 0, done.stderr
        return take_snapshot(server.url())


@pytest.fixture(scope="module")
def twin(snapshot: Snapshot) -> Iterator[Twin]:
    with start_twin(snapshot) as running:
        running.what_if.build({BY_SHOP: IndexSize(40_000, 112, 1), BY_AMOUNT: IndexSize(60_000, 60, 1)})
        yield running


def ask(
    text: str, *candidates: IndexDefinition, parameters: tuple[str | None, ...] | None = None, hidden: str = ""
) -> Ask:
    names = frozenset(candidate.name for candidate in candidates)
    basis = "generic" if parameters is None and "$" in text else "logged"
    return Ask(BoundStatement(text, parameters, basis), names, frozenset({hidden} if hidden else ()))


def one(twin: Twin, question: Ask) -> PlanNode:
    (answer,) = twin.what_if.plan([question])
    assert isinstance(answer, PlanNode), answer
    return answer


def test_answers_stand_in_the_order_of_the_asks_and_are_the_same_each_time(twin: Twin) -> None:
    texts = [f"SELECT * FROM item WHERE shop = {shop} AND price > {shop * 10}" for shop in range(20)]
    asks = [ask(text, *chosen) for text in texts for chosen in ((), (BY_SHOP,))]
    first = twin.what_if.plan(asks)
    assert first == twin.what_if.plan(asks) == twin.what_if.plan(asks[::-1])[::-1]
    for without, with_index in zip(first[::2], first[1::2], strict=True):
        assert isinstance(without, PlanNode) and isinstance(with_index, PlanNode)
        assert with_index.total_cost < without.total_cost
        assert BY_SHOP.name in with_index.indexes and not without.indexes


def test_a_refused_statement_does_not_disturb_its_neighbours(twin: Twin) -> None:
    good = ask("SELECT * FROM item WHERE shop = 9", BY_SHOP)
    bad = [
        ask("SELECT * FROM missing", BY_SHOP),
        ask("SELEC 1"),
        ask("SELECT 1; DROP TABLE app.item"),
        ask("DROP TABLE app.item"),
        ask("SELECT * FROM item WHERE id = $1", parameters=("no number",)),
        ask("SELECT 1 / 0 FROM item"),
        ask("VACUUM"),
        ask(""),
        ask("SELECT * FROM item WHERE id = $1 + $2 + 'x'"),
    ]
    answers = twin.what_if.plan([good, *bad, ask("SELECT * FROM item WHERE shop = 8", BY_SHOP)])
    assert isinstance(answers[0], PlanNode) and isinstance(answers[-1], PlanNode)
    for question, answer in zip(bad, answers[1:-1], strict=True):
        assert isinstance(answer, Refused) and answer.reason, question
    assert one(twin, ask("SELECT * FROM item WHERE shop = 7", BY_SHOP)).indexes == {BY_SHOP.name}


def test_a_candidate_is_never_seen_by_those_who_did_not_ask_for_it(twin: Twin) -> None:
    with twin.connect() as connection:
        valid = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [f"app.{BY_SHOP.name}"]
        )
        assert valid.fetchone() == (False,)


def test_text_is_planned_byte_for_byte(twin: Twin) -> None:
    text = "/* a'b $$ */ SELECT *\n\tFROM \"item\" WHERE name = 'It''s %s 100%' -- end; \\"
    assert "'It''s %s 100%'" in one(twin, ask(text)).detail["Filter"]


def test_a_generic_plan_uses_candidates_and_names_what_it_does_not_know(twin: Twin) -> None:
    text = "SELECT * FROM item WHERE shop = $1 AND price > $2"
    without, with_index = one(twin, ask(text)), one(twin, ask(text, BY_SHOP))
    assert not without.indexes and with_index.indexes == {BY_SHOP.name}
    assert one(twin, ask(text)) == without


def test_untyped_parameters_are_planned_as_text(twin: Twin) -> None:
    assert (
        one(twin, ask("SELECT $1, id FROM item WHERE $2 IS NULL OR id = $3", parameters=("a", None, "5"))).relation
        == "item"
    )


def test_a_candidate_on_a_partitioned_table_shows_under_its_own_name(twin: Twin) -> None:
    text = "SELECT * FROM sale WHERE amount = 17"
    before, after = one(twin, ask(text)), one(twin, ask(text, BY_AMOUNT))
    assert before.indexes == {"sale_2_amount"}  # which the partition had before the candidate came
    assert BY_AMOUNT.name in after.indexes and after.total_cost < before.total_cost


def test_hidden_indexes_are_found_by_bare_and_by_qualified_name(twin: Twin) -> None:
    text = "SELECT * FROM item WHERE id = 5"
    assert one(twin, ask(text)).indexes == {"item_pkey"}
    assert not one(twin, ask(text, hidden="item_pkey")).indexes
    assert not one(twin, ask(text, hidden="app.item_pkey")).indexes
    (answer,) = twin.what_if.plan([ask(text, hidden="nowhere")])
    assert answer == Refused("no index is named nowhere")


def test_one_bad_candidate_spoils_no_other_and_building_again_changes_nothing(twin: Twin) -> None:
    fresh = IndexDefinition("app", "item", (IndexKey.of("price"),), include=("id",), where="shop > 100")
    built = twin.what_if.build({IMPOSSIBLE: IndexSize(1, 2, 0), fresh: IndexSize(30_000, 80, 1)})
    refusal = built[IMPOSSIBLE]
    assert isinstance(refusal, Refused) and refusal.sqlstate == "42704"
    assert built[fresh] == fresh.name
    assert twin.what_if.build({fresh: IndexSize(1, 2, 0)}) == {fresh: fresh.name}
    assert one(twin, ask("SELECT id FROM item WHERE price = 8 AND shop > 100", fresh)).node_type == "Index Only Scan"
    assert one(twin, ask("SELECT * FROM item WHERE shop = 3")).rows == pytest.approx(100, rel=0.1)


def test_a_name_that_is_taken_is_evaded(twin: Twin) -> None:
    other = IndexDefinition("app", "item", (IndexKey.of("name"),))
    with twin.connect() as connection:
        connection.execute(f'CREATE SEQUENCE app."{other.name}"'.encode())
    name = twin.what_if.build({other: IndexSize(40_000, 200, 1)})[other]
    assert isinstance(name, str) and name != other.name


def test_several_boards_give_the_same_answers_as_one(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard, "_MANY", 50)
    monkeypatch.setattr(switchboard, "_BUNDLE", 7)
    asks = [
        ask(
            f"SELECT * FROM item i JOIN sale s ON s.item = i.id WHERE shop = {shop} AND amount < $1",
            *chosen,
            parameters=("9",),
        )
        for shop in range(30)
        for chosen in ((), (BY_SHOP,), (BY_AMOUNT,), (BY_SHOP, BY_AMOUNT))
    ]
    answers = []
    for boards in (1, 3):
        monkeypatch.setattr("advisor.twin.start._BOARDS", boards)
        monkeypatch.setattr("os.cpu_count", lambda: 8)
        with start_twin(snapshot) as twin:
            twin.what_if.build({BY_SHOP: IndexSize(40_000, 112, 1)})
            twin.what_if.build({BY_AMOUNT: IndexSize(60_000, 60, 1)})
            answers.append(twin.what_if.plan(asks))
            assert len(twin.what_if._boards) == boards
    assert answers[0] == answers[1]
    assert all(isinstance(answer, PlanNode) for answer in answers[0])
