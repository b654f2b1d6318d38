"""psycopg 3 without an ORM, in every protocol (simple, unnamed, prepared, SQL EXECUTE): loops and look-alikes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from tests.nplus1_corpus.domain import PARENTS, Family
from tests.nplus1_corpus.registry import REGISTRY, Environment, Label

positive, lookalike = REGISTRY.positive, REGISTRY.lookalike


@contextmanager
def simple(env: Environment) -> Iterator[Any]:
    """Yield a connection that puts values into the text: the simple protocol."""
    with psycopg.connect(env.conninfo, cursor_factory=psycopg.ClientCursor, autocommit=True) as connection:
        yield connection


@contextmanager
def extended(env: Environment, *, prepare: int | None = None) -> Iterator[psycopg.Connection]:
    """Yield a connection of the extended protocol; `prepare` is the execution from which statements are prepared."""
    with psycopg.connect(env.conninfo, autocommit=True, prepare_threshold=prepare) as connection:
        yield connection


def who(connection: Any, env: Environment) -> None:
    """Look up who is asking and what is switched on."""
    connection.execute("SELECT id, name FROM app_users WHERE id = %s", [env.chance.randint(1, 500)])
    connection.execute("SELECT enabled FROM feature_flags WHERE name = %s", ["flag7"])


def ids(connection: Any, statement: LiteralString, values: list[Any]) -> list[Any]:
    """Return the first column."""
    return [row[0] for row in connection.execute(statement, values).fetchall()]


@positive(Family("senders", "letters", "sender_id"))
def pg_simple(env: Environment, family: Family) -> None:
    """Values in the text, autocommit."""
    with simple(env) as connection:
        for _ in env.requests(6):
            who(connection, env)
            tenant = env.chance.randint(1, 8)
            for number in ids(
                connection, "SELECT id FROM senders WHERE tenant_id = %s ORDER BY name LIMIT 8", [tenant]
            ):
                connection.execute("SELECT name, amount FROM letters WHERE sender_id = %s", [number])
            env.pause()


@positive(Family("studios", "paintings", "studio_id"))
def pg_simple_in_a_transaction(env: Environment, family: Family) -> None:
    """Values in the text, one transaction a request."""
    with simple(env) as connection:
        for _ in env.requests(5):
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM studios WHERE amount > %s LIMIT 10", [env.chance.randint(1, 80)]
                )
                for number in chosen:
                    connection.execute("SELECT * FROM paintings WHERE studio_id = %s ORDER BY created_at", [number])
            env.pause()


@positive(Family("labels", "records", "label_id"))
def pg_unnamed(env: Environment, family: Family) -> None:
    """Bound values, unnamed statements."""
    with extended(env) as connection:
        for _ in env.requests(5):
            who(connection, env)
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM labels WHERE tenant_id = %s LIMIT 9", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute("SELECT id, name FROM records WHERE label_id = %s", [number])
            env.pause()


@positive(Family("chefs", "dishes", "chef_id"))
def pg_prepared(env: Environment, family: Family) -> None:
    """Bound values, every statement prepared."""
    with extended(env, prepare=0) as connection:
        for _ in env.requests(5):
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM chefs WHERE tenant_id = %s LIMIT 7", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute("SELECT id, name FROM dishes WHERE chef_id = %s", [number])
            env.pause()


@positive(Family("troops", "soldiers", "troop_id"))
def pg_sql_execute(env: Environment, family: Family) -> None:
    """PREPARE and EXECUTE as SQL: the log names the prepared statement in a DETAIL line."""
    with simple(env) as connection:
        connection.execute("PREPARE soldiers_of (bigint) AS SELECT id, name FROM soldiers WHERE troop_id = $1")
        for _ in env.requests(6):
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM troops WHERE tenant_id = %s LIMIT 8", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute("EXECUTE soldiers_of (%s)", [number])
            env.pause()


@positive(Family("choirs", "singers", "choir_id"))
def pg_tenant_and_id(env: Environment, family: Family) -> None:
    """A tenant that stays the same beside the key that varies."""
    with extended(env) as connection:
        for _ in env.requests(5):
            tenant = env.chance.randint(1, 8)
            with connection.transaction():
                for number in ids(connection, "SELECT id FROM choirs WHERE tenant_id = %s LIMIT 9", [tenant]):
                    connection.execute(
                        "SELECT name FROM singers WHERE tenant_id = %s AND choir_id = %s ORDER BY name",
                        [tenant, number],
                    )
            env.pause()


@positive(Family("squads", "players", "squad_id", declared=False))
def pg_undeclared_key(env: Environment, family: Family) -> None:
    """No foreign key is declared: only names and types tell."""
    with extended(env) as connection:
        for _ in env.requests(5):
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM squads WHERE tenant_id = %s LIMIT 10", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute("SELECT * FROM players WHERE squad_id = %s", [number])
            env.pause()


@positive(Family("posts", "attachments", "owner_id", declared=False))
def pg_polymorphic(env: Environment, family: Family) -> None:
    """A constant type and a varying id."""
    with extended(env) as connection:
        for _ in env.requests(5):
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM posts WHERE tenant_id = %s LIMIT 11", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute(
                        "SELECT name FROM attachments WHERE owner_type = %s AND owner_id = %s", ["Post", number]
                    )
            env.pause()


@positive(Family("plots", "deeds", "plot_id"))
def pg_composite(env: Environment, family: Family) -> None:
    """Two columns of the key vary together."""
    with extended(env) as connection:
        for _ in env.requests(5):
            with connection.transaction():
                rows = connection.execute(
                    "SELECT id, tenant_id FROM plots WHERE amount = %s LIMIT 12", [env.chance.randint(1, 40)]
                ).fetchall()
                rows += connection.execute("SELECT id, tenant_id FROM plots ORDER BY created_at LIMIT 6").fetchall()
                for number, tenant in rows:
                    connection.execute("SELECT * FROM deeds WHERE plot_id = %s AND tenant_id = %s", [number, tenant])
            env.pause()


@positive(Family("editors", "drafts", "editor_id"))
def pg_trace_tags(env: Environment, family: Family) -> None:
    """Each statement carries its request's trace in a comment; requests follow without a pause, in autocommit."""
    with simple(env) as connection:
        for _ in env.requests(8):
            numbers = f"00-{env.chance.getrandbits(128):032x}-{env.chance.getrandbits(64):016x}-01"
            trace = f"/*action='list',traceparent='{numbers}'*/"
            tenant = env.chance.randint(1, 8)
            found = connection.execute(f"SELECT id FROM editors WHERE tenant_id = {tenant} LIMIT 7 {trace}").fetchall()
            for (number,) in found:
                connection.execute(f"SELECT id, name FROM drafts WHERE editor_id = {number} {trace}")


@positive(Family("tenancies", "leases", "tenancy_id"))
def pg_row_level_security(env: Environment, family: Family) -> None:
    """`set_config` between the rounds, as row-level security wants it."""
    with extended(env) as connection:
        for _ in env.requests(6):
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM tenancies WHERE tenant_id = %s LIMIT 8", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute("SELECT set_config('app.tenant', %s, true)", [str(number)])
                    connection.execute("SELECT * FROM leases WHERE tenancy_id = %s", [number])
            env.pause()


@positive(Family("pumps", "meter_values", "pump_id"))
def pg_health_checks_between(env: Environment, family: Family) -> None:
    """A health check in every third round."""
    with extended(env) as connection:
        for _ in env.requests(5):
            chosen = ids(connection, "SELECT id FROM pumps WHERE status = %s ORDER BY id LIMIT 9", ["open"])
            for place, number in enumerate(chosen):
                if place % 3 == 2:
                    connection.execute("SELECT 1")
                connection.execute("SELECT sum(amount) FROM meter_values WHERE pump_id = %s", [number])
            env.pause()


@positive(Family("stations", "tracks_laid", "station_id"), Label("row-by-row-insert", "tracks_laid"))
def pg_insert_autocommit(env: Environment, family: Family) -> None:
    """One INSERT and one commit a row."""
    with extended(env) as connection:
        for request in env.requests(3):
            for number in range(14):
                connection.execute(
                    "INSERT INTO tracks_laid (station_id, tenant_id, name, status, amount, created_at)"
                    " VALUES (%s, 1, %s, 'new', %s, now())", [number + 1, f"track {request}", number],
                )  # fmt: skip
            env.pause()


@positive(Family("prices", "price_changes", "price_id"), Label("row-by-row-update", "prices"))
def pg_update_autocommit(env: Environment, family: Family) -> None:
    """One UPDATE and one commit a row, from a list the application holds."""
    with simple(env) as connection:
        for request in env.requests(3):
            for number in range(1, 16):
                connection.execute("UPDATE prices SET amount = %s WHERE id = %s", [number * 3 + request, number])
            env.pause()


@positive(Family("stocks", "movements", "stock_id"), Label("row-by-row-insert", "movements"))
def pg_upsert_loop(env: Environment, family: Family) -> None:
    """Single-row upserts in one transaction."""
    with extended(env) as connection:
        for request in env.requests(3):
            with connection.transaction():
                for number in range(12):
                    connection.execute(
                        "INSERT INTO movements (id, stock_id, tenant_id, name, status, amount, created_at)"
                        " VALUES (%s, %s, 1, 'x', 'new', %s, now())"
                        " ON CONFLICT (id) DO UPDATE SET amount = excluded.amount",
                        [number + 1, number + 1, request * 100 + number],
                    )
            env.pause()


@positive(Family("vendors", "offers", "vendor_id"))
def pg_computed_key(env: Environment, family: Family) -> None:
    """The key is written as `$1 + literal`: the bound value stays, the literal moves."""
    with extended(env) as connection:
        for _ in env.requests(4):
            with connection.transaction():
                connection.execute("SELECT id, name FROM vendors WHERE tenant_id = %s ORDER BY id LIMIT 8", [2])
                for step in range(8):
                    connection.execute(f"SELECT * FROM offers WHERE vendor_id = %s + {step}", [10])
            env.pause()


@positive(Family("owners", "pets", "owner_id"), Label("n-plus-one", "owners", "pets"))
def pg_repeated_values(env: Environment, family: Family) -> None:
    """No identity map: the same owner is fetched for each of its pets."""
    with extended(env) as connection:
        for _ in env.requests(5):
            with connection.transaction():
                chosen = ids(
                    connection,
                    "SELECT owner_id FROM pets WHERE owner_id < %s ORDER BY id LIMIT 14",
                    [env.chance.randint(8, 12)],
                )
                for number in chosen:
                    connection.execute("SELECT name FROM owners WHERE id = %s", [number])
            env.pause()


@positive(Family("pipelines", "runs", "pipeline_id"))
def pg_latest_of_each(env: Environment, family: Family) -> None:
    """The latest child of each row: ORDER BY and LIMIT within the loop."""
    with extended(env) as connection:
        for _ in env.requests(5):
            who(connection, env)
            with connection.transaction():
                chosen = ids(
                    connection, "SELECT id FROM pipelines WHERE tenant_id = %s LIMIT 9", [env.chance.randint(1, 8)]
                )
                for number in chosen:
                    connection.execute(
                        "SELECT status FROM runs WHERE pipeline_id = %s ORDER BY created_at DESC LIMIT 1", [number]
                    )
            env.pause()


@lookalike(Family("counters", "ticks", "counter_id"))
def pg_polling(env: Environment, family: Family) -> None:
    """The same question every tenth of a second."""
    with extended(env) as connection:
        for _ in range(20):
            connection.execute("SELECT count(*) FROM ticks WHERE status = %s", ["new"])
            time.sleep(0.1)


@lookalike(Family("feeds", "feed_items", "feed_id"))
def pg_polling_with_a_position(env: Environment, family: Family) -> None:
    """Asks every tenth of a second for what has come since."""
    with extended(env) as connection:
        for last in range(20):
            connection.execute("SELECT * FROM feed_items WHERE id > %s ORDER BY id LIMIT 5", [last])
            time.sleep(0.1)


@lookalike(Family("workers", "heartbeats", "worker_id"))
def pg_polling_by_key(env: Environment, family: Family) -> None:
    """A monitor that asks for another worker every tenth of a second."""
    with extended(env) as connection:
        for number in range(1, 20):
            connection.execute("SELECT status FROM workers WHERE id = %s", [number])
            time.sleep(0.1)


@lookalike(Family("wallets", "transfers", "wallet_id"))
def pg_retries(env: Environment, family: Family) -> None:
    """The same update tried again and again until it goes through."""
    with extended(env) as connection:
        for wallet in range(1, 5):
            for _ in range(8):
                with connection.transaction():
                    connection.execute("SELECT amount FROM wallets WHERE id = %s", [wallet])
                    connection.execute("UPDATE wallets SET amount = %s WHERE id = %s", [5, wallet])


@lookalike(Family("archives", "scrolls", "archive_id"))
def pg_named_cursor(env: Environment, family: Family) -> None:
    """A server-side cursor fetched in portions."""
    with psycopg.connect(env.conninfo) as connection, connection.cursor("reader") as cursor:
        cursor.itersize = 50
        for _ in cursor.execute("SELECT * FROM scrolls WHERE archive_id > %s", [10]):
            pass


@lookalike(Family("kitchens", "meals", "kitchen_id"))
def pg_any_batches(env: Environment, family: Family) -> None:
    """Batches of keys in an array."""
    with extended(env) as connection:
        for start in range(1, 400, 25):
            connection.execute("SELECT * FROM meals WHERE kitchen_id = ANY(%s)", [list(range(start, start + 25))])


@lookalike(Family("mills", "flours", "mill_id"))
def pg_literal_in_lists(env: Environment, family: Family) -> None:
    """IN lists of different lengths with values in the text."""
    with simple(env) as connection:
        for start in range(1, 300, 12):
            numbers = ", ".join(str(number) for number in range(start, start + env.chance.randint(2, 12)))
            connection.execute(f"SELECT * FROM flours WHERE mill_id IN ({numbers})")


@lookalike(Family("locks", "lock_events", "lock_id"))
def pg_advisory_locks(env: Environment, family: Family) -> None:
    """Advisory locks by number."""
    with extended(env) as connection:
        for number in range(1, 25):
            connection.execute("SELECT pg_advisory_lock(%s)", [number])
            connection.execute("SELECT pg_advisory_unlock(%s)", [number])


@lookalike(Family("silos", "grains", "silo_id"))
def pg_copy(env: Environment, family: Family) -> None:
    """COPY, again and again."""
    with extended(env) as connection:
        for request in range(8):
            columns = "silo_id, tenant_id, name, status, amount, created_at"
            with connection.cursor().copy(f"COPY grains ({columns}) FROM STDIN") as copy:
                for number in range(1, 30):
                    copy.write_row([number, 1, f"grain {request}", "new", number, "2025-01-01"])


@lookalike(Family("printers", "pages_printed", "printer_id"))
def pg_multi_row_values(env: Environment, family: Family) -> None:
    """INSERT with many rows of VALUES."""
    with simple(env) as connection:
        for _ in range(8):
            rows = ", ".join(f"({number}, 1, 'x', 'new', {number}, now())" for number in range(1, 25))
            connection.execute(
                f"INSERT INTO pages_printed (printer_id, tenant_id, name, status, amount, created_at) VALUES {rows}"
            )


@lookalike(Family("brewers", "beers", "brewer_id"))
def pg_unnest_batches(env: Environment, family: Family) -> None:
    """Writes of many rows from arrays."""
    with extended(env) as connection:
        for start in range(1, 200, 20):
            numbers = list(range(start, start + 20))
            connection.execute(
                "UPDATE beers SET amount = new.amount FROM unnest(%s::bigint[], %s::int[]) AS new (id, amount)"
                " WHERE beers.id = new.id", [numbers, numbers],
            )  # fmt: skip


@lookalike(Family("sequences_used", "numbers_drawn", "sequence_id"))
def pg_sequence_numbers(env: Environment, family: Family) -> None:
    """Numbers drawn one by one."""
    with extended(env) as connection:
        for _ in range(20):
            connection.execute("SELECT nextval(%s)", ["numbers_drawn_id_seq"])


@lookalike(Family("queues", "deliveries", "queue_id"))
def pg_queue_with_skip_locked(env: Environment, family: Family) -> None:
    """A worker that takes and finishes one delivery after another."""
    with extended(env) as connection:
        for number in range(1, 16):
            with connection.transaction():
                connection.execute(
                    "SELECT id FROM deliveries WHERE queue_id = %s AND status = 'new' ORDER BY id"
                    " FOR UPDATE SKIP LOCKED LIMIT 1", [number],
                )  # fmt: skip


@lookalike(Family("themes", "wallpapers", "theme_id"))
def pg_session_settings(env: Environment, family: Family) -> None:
    """SET and RESET around each of many requests."""
    with simple(env) as connection:
        for _ in env.requests(12):
            connection.execute("SET application_name TO 'pg-session-settings'")
            connection.execute("SET statement_timeout TO 5000")
            connection.execute("SELECT count(*) FROM wallpapers WHERE theme_id = %s", [env.chance.randint(1, PARENTS)])
            connection.execute("RESET statement_timeout")
            env.pause(0.06)


@lookalike(Family("offices", "desks", "office_id"))
def pg_delete_cascade(env: Environment, family: Family) -> None:
    """Deletes whose children the server deletes: its own look-ups are nobody's loop."""
    with extended(env) as connection:
        connection.execute("ALTER TABLE desks DROP CONSTRAINT desks_office_id_fkey")
        connection.execute("ALTER TABLE desks ADD FOREIGN KEY (office_id) REFERENCES offices ON DELETE CASCADE")
        connection.execute("DELETE FROM offices WHERE id BETWEEN 10 AND 40")


@lookalike(Family("caches", "cache_entries", "cache_id"))
def pg_few_settings(env: Environment, family: Family) -> None:
    """Three settings read one by one at the start of each request."""
    with extended(env) as connection:
        for _ in env.requests(6):
            for number in (1, 2, 3):
                connection.execute("SELECT name FROM caches WHERE id = %s", [number])
            connection.execute("SELECT count(*) FROM cache_entries WHERE amount = %s", [env.chance.randint(1, 90)])
            env.pause()


@lookalike(Family("campaigns", "clicks", "campaign_id"))
def pg_range_reports(env: Environment, family: Family) -> None:
    """A report over one amount range after another."""
    with simple(env) as connection:
        for low in range(0, 90, 5):
            connection.execute("SELECT count(*) FROM clicks WHERE amount >= %s AND amount < %s", [low, low + 5])


@lookalike(Family("maps", "tiles", "map_id"))
def pg_row_comparison_paging(env: Environment, family: Family) -> None:
    """Keyset paging by two columns."""
    with extended(env) as connection:
        place: tuple[Any, int] = ("2025-01-01", 0)
        for _ in range(15):
            rows = connection.execute(
                "SELECT created_at, id FROM tiles WHERE (created_at, id) > (%s::timestamptz, %s)"
                " ORDER BY created_at, id LIMIT 40", list(place),
            ).fetchall()  # fmt: skip
            place = rows[-1] if rows else place
