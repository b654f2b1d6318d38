"""Texts without values are made plannable again, and placeholders of drivers become PostgreSQL's own."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pglast.parser import fingerprint

from advisor.workload.counting.identity import identify
from advisor.workload.exports.explainable import explainable
from advisor.workload.exports.placeholders import numbered
from tests.exports.conftest import Exporter, read

TABLE = """
    CREATE TABLE t (id int, at timestamptz, d date, n numeric(10, 2), b bit(3), x text, v varchar(9), j jsonb,
                    span interval, place point)
"""

NORMALISED = [
    "SELECT * FROM t WHERE at > now() - interval $1",
    "SELECT * FROM t WHERE at > now() - interval $1 day to second",
    "SELECT * FROM t WHERE at > now() - interval (3) $1",
    "SELECT extract($1 FROM at) FROM t WHERE id = $2 AND d > date $3 AND n <> $4 LIMIT $5",
    "SELECT timestamp (3) with time zone $1, double precision $2, pg_catalog.date $3, date $4 + 3 FROM t",
    "SELECT extract(/* which */ $1 FROM at), E'caf\u00e9 $1' FROM t",
    "SELECT * FROM t WHERE at > now() - $1 AND at < current_timestamp + $2",
    "SELECT count(*) FROM t WHERE at BETWEEN now() - $1 AND now()",
    "SELECT * FROM t WHERE v = character varying (9) $1 AND n = numeric(10, 2) $2 AND b = bit (3) $3 AND j = jsonb $4",
    "SELECT * FROM t WHERE id IN ($1 /*, ... */) AND span < interval $2 ORDER BY x LIMIT $3",
    "SELECT * FROM t WHERE at AT TIME ZONE $1 > timestamp without time zone $2",
    "INSERT INTO t (at, place) VALUES (timestamp $1, point $2)",
    "UPDATE t SET at = timestamptz $1 WHERE d < date $2 RETURNING bigint $3",
]
"""What pg_stat_statements makes of texts with typed literals; the server itself refuses to plan some of it."""


@pytest.mark.parametrize("text", NORMALISED)
def test_the_server_plans_what_it_normalised(text: str, connection: psycopg.Connection) -> None:
    connection.execute(TABLE)
    connection.execute("EXPLAIN (GENERIC_PLAN) " + explainable(text))


@pytest.mark.parametrize("text", [text for text in NORMALISED if "extract" not in text])
def test_the_fingerprint_stays_as_it_was(text: str) -> None:
    assert fingerprint(explainable(text)) == fingerprint(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM t WHERE (id) = $1 AND lower(x) LIKE $2 AND x IN ($3, $4) LIMIT $5 OFFSET $6",
        "SELECT CASE WHEN $1 THEN $2 ELSE $3 END, $4 AS a, x COLLATE \"C\" FROM t -- interval $1\n",
        "SELECT 'interval $1', \"date\" FROM t WHERE at > $1::date AND d >= CAST($2 AS date)",
        "SELECT * FROM t WHERE at > now() - $1::interval",
        "VALUES ($1, $2), ($3, $4)",
        "SELECT * FROM t WHERE id = 5 AND d > date '2020-01-01'",
        "SELECT 'unterminated $1",
        "",
    ],
)  # fmt: skip
def test_other_texts_stay_byte_for_byte(text: str) -> None:
    assert explainable(text) == text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="interval date $123()'\"-/*é now", max_size=80))
def test_any_text_is_answered(text: str) -> None:
    assert isinstance(explainable(text), str) and isinstance(numbered(text), str)


def test_everything_an_export_holds_can_be_planned(exporter: Exporter) -> None:
    texts = {row.text for row in read(exporter.copy(exporter.select())).rows}
    with exporter.server.connect(exporter.databases["shop"]) as connection:
        connection.execute("SET pg_stat_statements.track = 'none'")
        for text in sorted(text for text in texts if text.startswith(("SELECT", "INSERT"))):
            connection.execute("EXPLAIN (GENERIC_PLAN) " + explainable(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM t WHERE a = ? AND b IN ( ? ) LIMIT ?", "SELECT * FROM t WHERE a = $1 AND b IN ( $2 ) LIMIT $3"),
        ("SELECT * FROM t WHERE j ? ? AND x=?", "SELECT * FROM t WHERE j ? $1 AND x=$2"),
        ("SELECT * FROM t WHERE (j -> ?)::jsonb ? ?", "SELECT * FROM t WHERE (j -> $1)::jsonb ? $2"),
        ("SELECT * FROM t WHERE j ?| array[?] AND x=?", "SELECT * FROM t WHERE j ?| array[$1] AND x=$2"),
        ("SELECT '?', \"a?\" FROM t -- why?\n WHERE a = ?", "SELECT '?', \"a?\" FROM t -- why?\n WHERE a = $1"),
        ("INSERT INTO t VALUES (?,?),(?,?)", "INSERT INTO t VALUES ($1,$2),($3,$4)"),
        ("SELECT * FROM t WHERE a = $1 AND b = ?", "SELECT * FROM t WHERE a = $1 AND b = $2"),
        ("SELECT a::int WHERE b = :b OR c = :c OR d = :b", "SELECT a::int WHERE b = $1 OR c = $2 OR d = $1"),
        ("SELECT * WHERE a = %s OR b = %(x)s OR c = %(x)s", "SELECT * WHERE a = $1 OR b = $2 OR c = $2"),
        ("SELECT $$ ? %s $$, $a$ :x $a$, ?", "SELECT $$ ? %s $$, $a$ :x $a$, $1"),
        ("SELECT a % b FROM t", "SELECT a % b FROM t"),
    ],
)  # fmt: skip
def test_placeholders_become_parameters(text: str, expected: str) -> None:
    assert numbered(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * FROM customer t WHERE t.id = 1", "SELECT * FROM invoice t WHERE t.id = 1"),
        ("SELECT * FROM public.t AS t0", "SELECT * FROM other.t AS t0"),
        ("UPDATE customer AS t SET a = 1", "UPDATE invoice AS t SET a = 1"),
        ("SELECT 1 FROM a x JOIN b y ON x.i = y.i", "SELECT 1 FROM a x JOIN c y ON x.i = y.i"),
        ("SELECT * FROM customer", "SELECT * FROM invoice"),
    ],
)
def test_different_tables_are_different_queries_whatever_their_alias(one: str, other: str) -> None:
    assert identify(one).id != identify(other).id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * FROM customer t WHERE t.id = 1", "select *  from customer t /* hi */ where t.id = $1;"),
        ("SELECT * FROM a WHERE b IN (1, 2, 3)", "SELECT * FROM a WHERE b IN ($1 /*, ... */)"),
        ("SELECT * FROM a WHERE at > now() - interval '1 day'", "SELECT * FROM a WHERE at > now() - interval $1"),
    ],
)
def test_values_comments_and_case_make_no_different_query(one: str, other: str) -> None:
    assert identify(one).id == identify(other).id
