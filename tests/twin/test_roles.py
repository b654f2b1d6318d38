"""The twin plans each statement as the role that sent it, under its settings: as the loaded server does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.servers.server import Server
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from tests.catalog.conftest import binaries

GUARDED = Path(__file__).with_name("guarded.sql")
ROLES = ("gu_owner", "gu_clerk", "gu_lead", "gu_audit", "gu_tuned", "gu_plain")
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Loaded:
    """A server with rows, a snapshot of it, and its twin."""

    server: Server
    twin: Twin

    def real(self, statement: BoundStatement) -> PlanNode | str:
        """Return the plan on the loaded server, in a session of the role, or what it says against it."""
        session = psycopg.conninfo.make_conninfo(self.server.conninfo("guarded"), user=statement.role)
        with psycopg.connect(session) as connection:
            try:
                for name, value in statement.settings:
                    connection.execute("SELECT set_config(%s, %s, true)", (name, value))
                row = connection.execute(f"EXPLAIN (FORMAT JSON) {statement.text}".encode()).fetchone()
            except psycopg.Error as error:
                return error.diag.message_primary or ""
            assert row
            return plan_node(row[0][0]["Plan"])


@pytest.fixture(scope="module", params=sorted(binaries(), reverse=True), ids="pg{}".format)
def loaded(request: pytest.FixtureRequest) -> Iterator[Loaded]:
    with Server(binaries()[request.param]) as server:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE guarded")
        with server.connect("guarded") as connection:
            for statement in GUARDED.read_text().split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode())
            if request.param >= 15:
                connection.execute("ALTER VIEW shop.seen_by_caller SET (security_invoker)")
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")  # metapages are read from files where there is no pageinspect
        snapshot: Snapshot = take_snapshot(server.url("guarded"))
        provider = "embedded" if request.param == 18 else "local"
        with start_twin(snapshot, provider) as twin:
            assert twin.description.startswith(f"PostgreSQL {request.param}")
            yield Loaded(server, twin)


def shape(node: PlanNode) -> tuple[Any, ...]:
    kept = (
        "Index Cond",
        "Filter",
        "Hash Cond",
        "Merge Cond",
        "Join Filter",
        "Recheck Cond",
        "One-Time Filter",
        "Sort Key",
    )
    details = tuple((name, str(node.detail.get(name))) for name in kept)
    return (node.node_type, node.relation, node.index, details, tuple(shape(child) for child in node.children))


def test_random_statements_of_every_role_are_planned_as_on_the_loaded_server(loaded: Loaded) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    statements = [random_statement(chance) for _ in range(150)]
    answers = loaded.twin.what_if.plan([Ask(one) for one in statements])
    wrong = []
    for statement, answer in zip(statements, answers, strict=True):
        real = loaded.real(statement)
        if isinstance(real, str) or not isinstance(answer, PlanNode):
            if not (isinstance(real, str) and getattr(answer, "reason", None) == real):
                wrong.append(
                    (statement, real if isinstance(real, str) else "a plan", getattr(answer, "reason", "a plan"))
                )
        elif shape(real) != shape(answer) or abs(real.total_cost - answer.total_cost) > TOLERANCE * real.total_cost:
            wrong.append((statement, (real.total_cost, shape(real)), (answer.total_cost, shape(answer))))
    assert not wrong, "\n\n".join(map(repr, (seed, len(wrong), *wrong[0])))


CONDITIONS = (
    "kind = 'rare'", "kind = 'common'", "state = 'open'", "state <> 'done'", "amount > {n}", "amount BETWEEN {n} AND {m}",
    "title LIKE 'title 1%'", "lower(title) = 'title {n}'", "tags @> ARRAY['t{k}']", "extra @> '{{\"k\": {k}}}'",
    "placed > '2026-03-0{d}'", "id = {n}", "owner_id = {k}", "shop.costly(amount)", "shop.safe(amount)",
)  # fmt: skip
RELATIONS = ("shop.orders", "shop.orders", "shop.forced", "shop.parts", "shop.barrier", "shop.plain_view", "shop.seen_by_caller",
             "shop.view_of_view", "shop.open_table", "orders", "notes")  # fmt: skip
ORDERS = ("", "", " ORDER BY placed DESC LIMIT 20", " ORDER BY amount", " ORDER BY id LIMIT 5")


def random_statement(chance: random.Random) -> BoundStatement:
    """Return a random query of a random role, in a session that has set what sessions set."""
    values = {"n": chance.randrange(1, 20000), "m": chance.randrange(20000, 40000), "k": chance.randrange(9),
              "d": chance.randrange(1, 9)}  # fmt: skip
    found = " AND ".join(chance.sample(CONDITIONS, chance.randrange(0, 3))).format(**values)
    relation = chance.choice(RELATIONS)
    where = f" WHERE {found}" if found else ""
    text = f"SELECT * FROM {relation}{where}{chance.choice(ORDERS)}"
    if chance.random() < 0.25:
        text = f"SELECT o.id, p.id FROM shop.orders o JOIN {relation} p ON p.owner_id = o.owner_id AND o.amount = {values['n']}"
    if chance.random() < 0.1:
        text = f"UPDATE shop.orders SET amount = 1{where}"
    settings = {"app.uid": str(values["k"])}
    if chance.random() < 0.3:
        settings["search_path"] = chance.choice(("shop, public", "other, shop", '"$user", shop'))
    if chance.random() < 0.2:
        settings[chance.choice(("enable_seqscan", "enable_indexscan", "enable_bitmapscan"))] = "off"
    if chance.random() < 0.1:
        settings["random_page_cost"] = "1.1"
    return BoundStatement(text, None, "logged", role=chance.choice(ROLES), settings=tuple(sorted(settings.items())))


def test_a_role_that_the_snapshot_does_not_know_is_let_in_as_nobody(loaded: Loaded) -> None:
    for name in ("nobody_known", "pgadvisor", "pgadvisor_owner"):
        (answer,) = loaded.twin.what_if.plan([Ask(BoundStatement("SELECT 1", None, "logged", role=name))])
        assert "no such role" in getattr(answer, "reason", "")


def test_no_role_of_the_twin_has_rights_of_its_own(loaded: Loaded) -> None:
    with psycopg.connect(loaded.twin.superuser) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'pgadvisor'"
            " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication)"
        ).fetchall()
        assert rows == []
        members = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname ~ '^pg_'"
        assert connection.execute(members + " AND m.grantor <> 10").fetchone() == (0,)
