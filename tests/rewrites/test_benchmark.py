"""The benchmark's truth tells a wrong rewrite from a right one: a truth that cannot fail would prove nothing."""

from __future__ import annotations

import random

import pytest

from advisor.rewrites.rewrite import Rewrite
from advisor.twin.servers.server import Server
from benchmarks.rewrites.schemas import Column, Table, ddl, schema
from benchmarks.rewrites.statements import Place, Statement, ranked
from benchmarks.rewrites.truth import Truth

NOTES = Table(
    "notes", [Column("id", "bigint", False), Column("n", "bigint", True), Column("code", "varchar(4)", True)], ["id"]
)
ID, N, CODE = (Place(NOTES, column) for column in NOTES.columns)
PRICES = Table(
    "prices",
    [Column("id", "bigint", False), Column("flag", "smallint", False), Column("code", "numeric", False),
     Column("at", "timestamp", False)],
    ["id", "flag"],
)  # fmt: skip
BY = "ORDER BY id DESC, code DESC"
TIES = {"form": "keyset", "claim": "pages", "first": "SELECT * FROM prices ORDER BY id DESC, code DESC, flag DESC LIMIT 2",
        "page": {"places": [0, 2, 1]}}  # fmt: skip
PAIRS = {
    "sort keys that are equal and look different": (
        Statement("", f"SELECT * FROM prices {BY} LIMIT 2 OFFSET 6", True, keyed=f"SELECT {ranked(BY, '*')} FROM prices {BY}",
                  keys=1, limited=True),
        "SELECT * FROM prices WHERE (id, code) < ($1, $2) AND $3::int IS NOT NULL ORDER BY id DESC, code DESC, flag DESC LIMIT 2",
        "SELECT * FROM prices WHERE (id, code, flag) < ($1, $2, $3) ORDER BY id DESC, code DESC, flag DESC LIMIT 2",
        TIES,
    ),
    "keys that are equal and look different": (
        Statement("", 'UPDATE prices SET code = $1 WHERE "at" = $2 RETURNING *', True,
                  [Place(PRICES, PRICES.columns[2], "stored"), Place(PRICES, PRICES.columns[3])], writes=True, varying=[1, 2]),
        'UPDATE prices SET code = r.c FROM (SELECT DISTINCT ON (a) * FROM unnest($1::numeric[], $2::timestamp[]) WITH ORDINALITY '
        'AS g (c, a, o) ORDER BY a, o) AS r WHERE "at" = r.a RETURNING prices.*',
        'UPDATE prices SET code = r.c FROM (SELECT DISTINCT ON (a) * FROM unnest($1::numeric[], $2::timestamp[]) WITH ORDINALITY '
        'AS g (c, a, o) ORDER BY a, o DESC) AS r WHERE "at" = r.a RETURNING prices.*',
        {"form": "update", "claim": "rounds", "arrays": (1, 2), "numbers": (1, 2), "keys": (2,)},
    ),
    "counts of zero": (
        Statement("", "SELECT count(*) FROM notes WHERE n = $1", True, [N], varying=[1]),
        "SELECT n, count(*) FROM notes WHERE n = ANY ($1::bigint[]) GROUP BY n",
        "SELECT k.n, (SELECT count(*) FROM notes WHERE n = k.n) FROM (SELECT DISTINCT unnest($1::bigint[]) AS n) AS k",
        {"form": "aggregate", "claim": "rounds", "arrays": (1,), "numbers": (1,), "keys_first": 1},
    ),
    "NULL in the list": (
        Statement("", "SELECT id FROM notes WHERE id NOT IN (SELECT n FROM notes)", True),
        "SELECT id FROM notes AS o WHERE NOT EXISTS (SELECT 1 FROM notes WHERE n = o.id)",
        "SELECT id FROM notes WHERE id NOT IN (SELECT n FROM notes) AND true",
        {"form": "not-exists", "claim": "same"},
    ),
    "the last write of a key": (
        Statement("", "UPDATE notes SET n = $1 WHERE id = $2", True, [Place(NOTES, NOTES.columns[1], "stored"), ID],
                  writes=True, varying=[1, 2]),
        "UPDATE notes SET n = r.n FROM (SELECT DISTINCT ON (id) * FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY "
        "AS g (n, id, o) ORDER BY id, o) AS r WHERE notes.id = r.id",
        "UPDATE notes SET n = r.n FROM (SELECT DISTINCT ON (id) * FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY "
        "AS g (n, id, o) ORDER BY id, o DESC) AS r WHERE notes.id = r.id",
        {"form": "update", "claim": "rounds", "arrays": (1, 2), "numbers": (1, 2), "keys": (2,)},
    ),
    "a value that is too long": (
        Statement("", "UPDATE notes SET code = $1 WHERE id = $2", True, [Place(NOTES, NOTES.columns[2], "stored"), ID],
                  writes=True, varying=[1, 2]),
        "UPDATE notes SET code = r.c FROM (SELECT DISTINCT ON (id) * FROM unnest($1::varchar(4)[], $2::bigint[]) "
        "WITH ORDINALITY AS g (c, id, o) ORDER BY id, o DESC) AS r WHERE notes.id = r.id",
        "UPDATE notes SET code = r.c FROM (SELECT DISTINCT ON (id) * FROM unnest($1::varchar[], $2::bigint[]) "
        "WITH ORDINALITY AS g (c, id, o) ORDER BY id, o DESC) AS r WHERE notes.id = r.id",
        {"form": "update", "claim": "rounds", "arrays": (1, 2), "numbers": (1, 2), "keys": (2,)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_the_truth_finds_the_wrong_form_and_passes_the_right_one(server: Server, database: str, name: str) -> None:
    statement, wrong, right, more = PAIRS[name]
    with server.connect(database) as making:
        making.execute(ddl([NOTES, PRICES]).encode())
    with server.connect(database, autocommit=False) as connection:
        truth = Truth(connection, [NOTES, PRICES], random.Random(7))
        said = [truth.differs(statement, Rewrite(text=text, original=statement.text, **more))  # type: ignore[arg-type]
                for text in (wrong, wrong, wrong, right)]  # fmt: skip
    assert any(said[:3]), said
    assert said[3] is None


def test_every_random_schema_is_taken_by_the_server(server: Server, database: str) -> None:
    """A table named `user` beside a column named `user_id` once made the same column twice."""
    rng = random.Random(7)
    with server.connect(database, autocommit=False) as connection:
        for _ in range(40):
            connection.execute(ddl(schema(rng)).encode())
            connection.rollback()
