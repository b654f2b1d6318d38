"""Cases written after the detector, in styles it was not made with: peewee, psycopg2, pg8000, pipelines, streaming.

They were written down before anything was run on them; what the detector said to them first is in docs/benchmarks.md.
Their tables are in `held_out.sql`; a family only names those that a finding may mention.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import asyncpg
import peewee
import pg8000.dbapi
import pg8000.native
import psycopg
import psycopg2
import psycopg2.extras
import psycopg2.pool
from asgiref.sync import sync_to_async
from django.db import connections, models
from sqlalchemy import column, create_engine, insert, select, table, text

from tests.nplus1_corpus.django_cases import database
from tests.nplus1_corpus.domain import Family
from tests.nplus1_corpus.registry import PAUSE, Environment, Label, Registry

HELD_OUT = Registry()
positive, lookalike = HELD_OUT.positive, HELD_OUT.lookalike


def peewee_database(env: Environment) -> peewee.PostgresqlDatabase:
    """Return peewee's database (over psycopg2)."""
    return peewee.PostgresqlDatabase(
        env.database, user="postgres", host=env.host, port=5432, application_name=env.application
    )


@contextmanager
def native(env: Environment) -> Iterator[pg8000.native.Connection]:
    """Yield a pg8000 connection."""
    made = pg8000.native.Connection(
        "postgres", database=env.database, unix_sock=f"{env.host}/.s.PGSQL.5432", application_name=env.application
    )
    try:
        yield made
    finally:
        made.close()


def asyncpg_options(env: Environment) -> dict[str, Any]:
    """Return asyncpg's connection arguments."""
    named = {"application_name": env.application}
    return {"host": env.host, "port": 5432, "user": "postgres", "database": env.database, "server_settings": named}


@positive(Family("novel", "writer", "writer_id"), Label("n-plus-one", "writer", "novel"))
def ho_peewee_foreign_key(env: Environment, family: Family) -> None:
    """peewee follows a foreign key of each row, in autocommit."""
    db = peewee_database(env)

    class Writer(peewee.Model):
        name = peewee.TextField()

        class Meta:
            database = db

    class Novel(peewee.Model):
        writer = peewee.ForeignKeyField(Writer)
        title = peewee.TextField()
        year = peewee.IntegerField()

        class Meta:
            database = db

    for _ in env.requests(5):
        year = 1900 + env.chance.randint(0, 100)
        for novel in Novel.select().where(Novel.year.between(year, year + 2)).order_by(Novel.title).limit(14):
            _ = novel.writer.name
        env.pause()
    db.close()


@positive(Family("album", "track", "album_id"))
def ho_peewee_backref(env: Environment, family: Family) -> None:
    """peewee reads the children of each row, within a transaction; the list has no limit."""
    db = peewee_database(env)

    class Album(peewee.Model):
        name = peewee.TextField()
        genre = peewee.TextField()

        class Meta:
            database = db

    class Track(peewee.Model):
        album = peewee.ForeignKeyField(Album, backref="tracks")
        seconds = peewee.IntegerField()

        class Meta:
            database = db

    for genre in ("rock", "jazz", "folk", "pop"):
        with db.atomic():
            for album in Album.select().where(Album.genre == genre):
                sum(track.seconds for track in album.tracks)
        env.pause()
    db.close()


@positive(Family("OrderHead", "OrderItem", "orderId"))
def ho_psycopg2_quoted_names(env: Environment, family: Family) -> None:
    """psycopg2, whose transactions begin by themselves, over tables with quoted names and a composite key."""
    connection = psycopg2.connect(env.conninfo, cursor_factory=psycopg2.extras.RealDictCursor)
    for _ in env.requests(5):
        with connection, connection.cursor() as cursor:
            cursor.execute('SELECT * FROM "OrderHead" WHERE "customerNo" = %s', (env.chance.randint(0, 39),))
            for head in cursor.fetchall():
                cursor.execute('SELECT sku FROM "OrderItem" WHERE "orderId" = %s ORDER BY "lineNo"', (head["orderId"],))
                cursor.fetchall()
        env.pause()
    connection.close()


@positive(Family("country", "town", "country_iso"))
def ho_pg8000_natural_key(env: Environment, family: Family) -> None:
    """pg8000 with a natural key of two letters, in autocommit."""
    with native(env) as connection:
        for continent in ("eu", "as", "af", "eu"):
            for (iso,) in connection.run("SELECT iso FROM country WHERE continent = :c ORDER BY name", c=continent):
                connection.run("SELECT count(*), max(people) FROM town WHERE country_iso = :iso", iso=iso)
            env.pause()


@positive(Family("contact", "call_note", "contact_id"), Label("n-plus-one", "crm.call_note", "crm.contact"))
def ho_pipeline(env: Environment, family: Family) -> None:
    """psycopg's pipeline: the rounds are sent together, and are still one statement a row; another schema, UUIDs."""
    with psycopg.connect(env.conninfo, autocommit=True) as connection:
        for _ in env.requests(5):
            segment = env.chance.randint(0, 11)
            rows = connection.execute("SELECT id FROM crm.contact WHERE segment = %s", [segment]).fetchall()
            with connection.pipeline():
                cursors = [
                    connection.execute("SELECT body FROM crm.call_note WHERE contact_id = %s", row) for row in rows
                ]
                for cursor in cursors:
                    cursor.fetchall()
            env.pause()


@positive(Family("category", "category", "parent_id"), Label("n-plus-one", "category", "category"))
def ho_tree(env: Environment, family: Family) -> None:
    """A tree read node by node with one prepared statement."""

    async def run() -> None:
        connection = await asyncpg.connect(**asyncpg_options(env))
        children = await connection.prepare("SELECT id, label FROM category WHERE parent_id = $1")
        for _ in env.requests(4):
            roots = await connection.fetch("SELECT id, label FROM category WHERE parent_id IS NULL ORDER BY id")
            async with connection.transaction():
                for root in roots:
                    await children.fetch(root["id"])
            await asyncio.sleep(PAUSE)
        await connection.close()

    asyncio.run(run())


@positive(Family("shipment_batch", "shipment_event", "shipment_batch_id"))
def ho_streaming(env: Environment, family: Family) -> None:
    """SQLAlchemy Core: rows streamed on one connection, a look-up for each on another."""
    engine = create_engine(env.url("postgresql+psycopg"), connect_args={"application_name": env.application})
    for _ in env.requests(4):
        with engine.connect() as outer, engine.connect() as inner:
            rows = outer.execution_options(yield_per=10).execute(
                text("SELECT id FROM shipment_batch WHERE state = :state ORDER BY id"), {"state": "open"}
            )
            for row in rows:
                inner.execute(
                    text("SELECT kind FROM shipment_event WHERE shipment_batch_id = :id"), {"id": row.id}
                ).all()
        env.pause()
    engine.dispose()


class CourseRun(models.Model):
    """A Django model."""

    id = models.BigAutoField(primary_key=True)
    term = models.TextField()

    class Meta:
        db_table, managed, app_label = "course_run", False, "held_out"


class Enrolment(models.Model):
    """A Django model."""

    id = models.BigAutoField(primary_key=True)
    course_run = models.ForeignKey(CourseRun, models.CASCADE)
    grade = models.IntegerField()

    class Meta:
        db_table, managed, app_label = "enrolment", False, "held_out"


@positive(Family("course_run", "enrolment", "course_run_id"))
def ho_django_async(env: Environment, family: Family) -> None:
    """Django's asynchronous ORM: `async for`, and a count awaited for each row."""
    alias = database(env)

    async def run() -> None:
        for number in range(5):
            async for made in CourseRun.objects.using(alias).filter(term=f"term {number}"):
                await Enrolment.objects.using(alias).filter(course_run=made).acount()
            await asyncio.sleep(PAUSE)
        await sync_to_async(forget)()

    def forget() -> None:
        connections[alias].close()
        del connections[alias]

    asyncio.run(run())


@positive(Family("feed_post", "person", "person_id"), Label("n-plus-one", "person", "feed_post"))
def ho_data_loader_of_one(env: Environment, family: Family) -> None:
    """A data loader whose batches hold one key each."""

    async def run() -> None:
        connection = await asyncpg.connect(**asyncpg_options(env))
        for _ in env.requests(5):
            wall = env.chance.randint(0, 29)
            posts = await connection.fetch("SELECT id, person_id FROM feed_post WHERE wall = $1 LIMIT 12", wall)
            for key in {post["person_id"] for post in posts}:
                await connection.fetch("SELECT id, nick FROM person WHERE id = ANY($1::bigint[])", [key])
            await asyncio.sleep(PAUSE)
        await connection.close()

    asyncio.run(run())


@positive(Family("price_list", "price_list", "sku"), Label("row-by-row-insert", "price_list"))
def ho_executemany(env: Environment, family: Family) -> None:
    """psycopg2's executemany, which sends one statement a row."""
    connection = psycopg2.connect(env.conninfo)
    for request in env.requests(3):
        with connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO price_list (sku, cents) VALUES (%s, %s) ON CONFLICT (sku) DO UPDATE SET cents = EXCLUDED.cents",
                [(f"sku{number}", 100 * request + number) for number in env.chance.sample(range(400), 25)],
            )
        env.pause()
    connection.close()


@positive(Family("seat_hold", "seat_hold", "show_id"), Label("row-by-row-delete", "seat_hold"))
def ho_delete_composite(env: Environment, family: Family) -> None:
    """pg8000, seats released one by one by a composite key, in autocommit."""
    with native(env) as connection:
        for show in (3, 5, 8):
            for seat in range(1, 21):
                connection.run("DELETE FROM seat_hold WHERE show_id = :show AND seat = :seat", show=show, seat=seat)
            env.pause()


@positive(Family("warehouse_bin", "bin_content", "warehouse_bin_id"))
def ho_psycopg2_threads(env: Environment, family: Family) -> None:
    """psycopg2's threaded pool and a thread pool: the rounds go out at once."""
    pool = psycopg2.pool.ThreadedConnectionPool(6, 6, env.conninfo)

    def ask(statement: str, values: tuple[Any, ...]) -> list[Any]:
        connection = pool.getconn()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            pool.putconn(connection)

    with ThreadPoolExecutor(6) as threads:
        for _ in env.requests(5):
            aisle = env.chance.randint(0, 9)
            bins = ask("SELECT id FROM warehouse_bin WHERE aisle = %s LIMIT 15", (aisle,))
            list(threads.map(lambda row: ask("SELECT pieces FROM bin_content WHERE warehouse_bin_id = %s", row), bins))
            env.pause(0.2)
    pool.closeall()


@positive(Family("playlist", "playlist_entry", "playlist_id"))
def ho_task_group(env: Environment, family: Family) -> None:
    """A task for each row, a few connections, results as they come."""

    async def run() -> None:
        async with asyncpg.create_pool(**asyncpg_options(env), min_size=3, max_size=3) as pool:
            for number in range(5):
                rows = await pool.fetch("SELECT id FROM playlist WHERE mood = $1", f"mood {number}")
                tasks = [
                    asyncio.create_task(
                        pool.fetchval("SELECT count(*) FROM playlist_entry WHERE playlist_id = $1", row["id"])
                    )
                    for row in rows
                ]
                for finished in asyncio.as_completed(tasks):
                    await finished
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@positive(Family("keyword", "keyword", "word"), Label("n-plus-one", "keyword"), Label("row-by-row-insert", "keyword"))
def ho_get_or_create(env: Environment, family: Family) -> None:
    """peewee's get_or_create for each word of a text, in one transaction."""
    db = peewee_database(env)

    class Keyword(peewee.Model):
        word = peewee.TextField(unique=True)

        class Meta:
            database = db

    for request in env.requests(4):
        with db.atomic():
            for number in range(12):
                Keyword.get_or_create(word=f"word {request} {number}")
        env.pause()
    db.close()


@lookalike(Family("login", "member", "member_id"))
def ho_sessions_of_visitors(env: Environment, family: Family) -> None:
    """One worker serves visitor after visitor over its one connection: token, then member."""
    connection = psycopg2.connect(env.conninfo)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for _ in range(60):
            number = env.chance.randint(1, 400)
            cursor.execute("SELECT member_id FROM login WHERE token = %s", (f"t{number}",))
            cursor.execute("SELECT nick, room FROM member WHERE id = %s", (number,))
            env.pause(env.chance.uniform(0.001, 0.03))
    connection.close()


@lookalike(Family("ledger_line", "ledger_line", "account"))
def ho_keyset_export(env: Environment, family: Family) -> None:
    """pg8000 exports by keyset."""
    with native(env) as connection:
        last = 0
        while rows := connection.run("SELECT id, cents FROM ledger_line WHERE id > :id ORDER BY id LIMIT 50", id=last):
            last = rows[-1][0]


@lookalike(Family("recipe", "ingredient", "recipe_id"))
def ho_peewee_prefetch(env: Environment, family: Family) -> None:
    """peewee's prefetch: two statements a page."""
    db = peewee_database(env)

    class Recipe(peewee.Model):
        cuisine = peewee.TextField()

        class Meta:
            database = db

    class Ingredient(peewee.Model):
        recipe = peewee.ForeignKeyField(Recipe, backref="ingredients")
        name = peewee.TextField()

        class Meta:
            database = db

    for number in range(5):
        chosen = Recipe.select().where(Recipe.cuisine == f"c{number}")
        for recipe in peewee.prefetch(chosen, Ingredient):
            len(recipe.ingredients)
        env.pause(0.02)
    db.close()


@lookalike(Family("chat_room", "chatter", "chat_room_id"))
def ho_reconnect(env: Environment, family: Family) -> None:
    """A broadcast: the list of a room is read, and its members' clients come back at once, each for its own row."""

    async def client(pool: asyncpg.Pool, number: int) -> None:
        await asyncio.sleep(env.chance.uniform(0.0, 0.15))
        await pool.fetchrow("SELECT id, unread FROM chatter WHERE id = $1", number)
        await pool.fetchrow("SELECT title FROM chat_room WHERE id = $1", 1 + number % 8)

    async def run() -> None:
        async with asyncpg.create_pool(**asyncpg_options(env), min_size=6, max_size=6) as pool:
            for room in range(1, 6):
                rows = await pool.fetch("SELECT id FROM chatter WHERE chat_room_id = $1", room)
                await asyncio.gather(*(client(pool, row["id"]) for row in rows))
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@lookalike(Family("day_sale", "day_sale", "sold_on"))
def ho_day_by_day(env: Environment, family: Family) -> None:
    """A report that asks for one day after another."""
    with native(env) as connection:
        for day in range(1, 29):
            connection.run(
                "SELECT sum(cents) FROM day_sale WHERE sold_on = CAST(:day AS date)", day=f"2025-01-{day:02}"
            )


@lookalike(Family("stock_count", "stock_count", "shelf"))
def ho_core_bulk_insert(env: Environment, family: Family) -> None:
    """SQLAlchemy Core writes lists of rows, in chunks and all at once."""
    engine = create_engine(env.url("postgresql+psycopg2"), connect_args={"application_name": env.application})
    target = table("stock_count", column("shelf"), column("pieces"))
    with engine.begin() as connection:
        for start in range(0, 120, 20):
            connection.execute(insert(target).values([{"shelf": start, "pieces": n} for n in range(20)]))
    with engine.begin() as connection:
        connection.execute(select(target.c.shelf).limit(3)).all()
    engine.dispose()


@lookalike(Family("counter_row", "counter_row", "value"))
def ho_backoff(env: Environment, family: Family) -> None:
    """The same update tried again with growing pauses."""
    connection = psycopg2.connect(env.conninfo)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for number in range(1, 6):
            for attempt in range(6):
                cursor.execute("UPDATE counter_row SET value = value + 1 WHERE id = %s", (number,))
                time.sleep(0.002 * attempt)
    connection.close()


@lookalike(Family("work_item", "work_item", "state"))
def ho_worker(env: Environment, family: Family) -> None:
    """A worker that is told the number of each new item, reads it, works for some milliseconds and marks it done."""
    with psycopg.connect(env.conninfo, autocommit=True) as connection:
        for number in range(1, 41):
            with connection.transaction():
                connection.execute("SELECT payload FROM work_item WHERE id = %s AND state = 'new'", [number])
                time.sleep(env.chance.uniform(0.002, 0.02))
                connection.execute("UPDATE work_item SET state = 'done' WHERE id = %s", [number])


@lookalike(Family("gift_card", "gift_use", "gift_card_id"))
def ho_checkout_rush(env: Environment, family: Family) -> None:
    """A sale begins: forty buyers within a second over a small pool, each with its own card and its uses."""
    pool = psycopg2.pool.ThreadedConnectionPool(5, 5, env.conninfo)
    turn = threading.Semaphore(5)

    def buyer(seed: int) -> None:
        chance = random.Random(seed)
        time.sleep(chance.uniform(0, 1))
        card = chance.randint(1, 200)
        for statement in (
            "SELECT id, cents FROM gift_card WHERE holder = %s",
            "SELECT sum(cents) FROM gift_use WHERE gift_card_id = %s",
        ):
            with turn:
                connection = pool.getconn()
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(statement, (card % 30 if "holder" in statement else card,))
                    cursor.fetchall()
                pool.putconn(connection)

    threads = [threading.Thread(target=buyer, args=(seed,)) for seed in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.closeall()
