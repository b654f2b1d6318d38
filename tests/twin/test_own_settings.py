"""Values of settings that policies read and no session is known to have set."""

from __future__ import annotations

import orjson
import psycopg
import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.twin.binding.own_settings import assumed_values, settings_read

TABLE = """
CREATE SCHEMA auth;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT coalesce(
  nullif(current_setting('request.jwt.claim.sub', true), ''),
  (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
CREATE TABLE rows_of (id int, user_id uuid, org bigint, name text, open boolean);
INSERT INTO rows_of SELECT i, '00000000-0000-4000-8000-000000000007', 42, 'zoe', true FROM generate_series(1, 100) i;
ANALYZE rows_of;
ALTER TABLE rows_of ENABLE ROW LEVEL SECURITY;
"""
USER = "00000000-0000-4000-8000-000000000007"


@pytest.mark.parametrize(
    ("using", "expected"),
    [
        ("user_id = (SELECT current_setting('app.uid')::uuid)", {"app.uid": USER}),
        ("current_setting('app.uid', true)::uuid = user_id AND open", {"app.uid": USER}),
        ("org = current_setting('app.org')::bigint OR name = current_setting('app.who')", {"app.org": "42", "app.who": "zoe"}),
        ("(SELECT auth.uid()) = user_id", {"request.jwt.claim.sub": USER, "request.jwt.claims": {"sub": USER}}),
        ("org = (current_setting('request.jwt.claims')::json ->> 'org')::bigint", {"request.jwt.claims": {"org": "42"}}),
        ("current_setting('app.admin', true)::boolean", {"app.admin": "true"}),
        ("current_setting('app.range', true)::int4range @> id", {}),
    ],
)  # fmt: skip
def test_a_setting_gets_a_common_value_of_the_column_it_is_compared_with(
    connection: psycopg.Connection, using: str, expected: dict[str, object]
) -> None:
    connection.execute(TABLE)
    connection.execute(f"CREATE POLICY p ON rows_of USING ({using})".encode())
    schema, statistics = read_schema(connection), read_statistics(connection)
    shape = analyse("SELECT * FROM rows_of", schema)
    assert isinstance(shape, QueryShape)
    found = assumed_values(settings_read(shape, schema, ""), schema, statistics)
    assert {name: orjson.loads(value) if value.startswith("{") else value for name, value in found.items()} == expected
    for name, value in found.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.execute("DROP ROLE IF EXISTS own_reader; CREATE ROLE own_reader; GRANT ALL ON rows_of TO own_reader")
    connection.execute("GRANT USAGE ON SCHEMA auth TO own_reader")
    connection.execute("SET ROLE own_reader")
    if expected:
        connection.execute("EXPLAIN SELECT * FROM rows_of")
    connection.execute("RESET ROLE; DROP OWNED BY own_reader; DROP ROLE own_reader")
