"""What an index had beside its definition is there again after a downgrade; a part of a partitioned index is not touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.catalog.live.introspect import read_schema
from advisor.errors import RevisionError
from advisor.revisions.write import write_revisions
from advisor.verify.running.upgrade import History
from tests.revisions.builders import definition, environment, proposal

GIVEN = """
CREATE TABLE "Events" (id bigint PRIMARY KEY, kind text, note text);
INSERT INTO "Events" SELECT n, n, n FROM generate_series(1, 100) n;
CREATE INDEX "ix:old" ON "Events" (kind, lower(note));
ALTER INDEX "ix:old" ALTER COLUMN 2 SET STATISTICS 500;
COMMENT ON INDEX "ix:old" IS 'it''s :old \\ and 100 %';
ALTER TABLE "Events" CLUSTER ON "ix:old";
CREATE TABLE logs (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs DEFAULT;
CREATE INDEX ix_logs ON logs (id);
"""
STATE = """
SELECT pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid), i.indisclustered, s.spcname,
       (SELECT array_agg(a.attstattarget ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
 WHERE c.relname = 'ix:old'
"""


@pytest.fixture
def given(connection):
    connection.execute(GIVEN)
    return connection


@pytest.mark.parametrize("tablespace", [False, True])
@pytest.mark.parametrize("action", ["drop", "replace"])
def test_a_downgrade_gives_back_all_of_a_dropped_index(action, tablespace, given, tmp_path, server, database):
    if tablespace:
        given.execute("SET allow_in_place_tablespaces = on")
        given.execute(f"CREATE TABLESPACE fast_{database} LOCATION ''")
        given.execute(f'ALTER INDEX "ix:old" SET TABLESPACE fast_{database}')
    schema = read_schema(given)
    old = next(index for index in schema.tables["public", "Events"].indexes if index.name == "ix:old")
    before = given.execute(STATE).fetchone()
    wanted = definition("Events", "kind", "note", "id")
    proposals = {
        "drop": proposal(old.definition, "drop", name="ix:old"),
        "replace": proposal(wanted, "replace", replaces=("ix:old",)),
    }
    ini = environment(tmp_path)
    write_revisions([proposals[action]], ini, schema=schema)
    history, url = History.open(ini), server.url(database)
    history.upgrade(url)
    assert given.execute(STATE).fetchone() is None
    history.downgrade(url, "base")
    assert given.execute(STATE).fetchone() == before and before[1] == "it's :old \\ and 100 %"
    if tablespace:
        history.upgrade(url)
        given.execute(f"DROP TABLESPACE fast_{database}")
        history.downgrade(url, "base")
        assert given.execute(STATE).fetchone() == (*before[:3], None, before[4]), "a server without the tablespace"


def test_a_part_of_a_partitioned_index_is_refused_before_anything_is_written(given, tmp_path):
    schema = read_schema(given)
    part = next(index for index in schema.tables["public", "logs_1"].indexes)
    wanted = replace(part.definition, keys=(*part.definition.keys, *definition("logs_1", "at").keys))
    ini = environment(tmp_path)
    with pytest.raises(RevisionError, match="part of a partitioned index"):
        write_revisions([proposal(wanted, "replace", replaces=(part.name,))], ini, schema=schema)
    assert not list((tmp_path / "migrations" / "versions").glob("*.py"))
