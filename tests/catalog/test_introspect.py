"""What the catalog says is what the server says, on every version."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.live.height import btree_height
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.live.records import records_from_statistics, statistics_from_records
from advisor.catalog.schema import Column, Schema
from advisor.twin.servers.server import Server


@pytest.fixture(scope="session")
def schema(shop: Server) -> Schema:
    with shop.connect("shop") as connection:
        return read_schema(connection)


def test_all_kinds_of_tables_are_found_and_system_tables_are_not(schema: Schema) -> None:
    kinds = {name: table.kind for (namespace, name), table in schema.tables.items() if namespace == "crm"}
    assert kinds == {
        "Order Lines": "partitioned", "lines_2024": "table", "lines_2025": "table",
        "customers": "table", "paying": "view", "per_stage": "matview",
    }  # fmt: skip
    assert not [key for key in schema.tables if key[0] in {"pg_catalog", "information_schema"}]
    assert schema.tables["crm", "lines_2024"].parent == ("crm", "Order Lines")
    assert schema.tables["crm", "Order Lines"].partition_key == "RANGE (placed)"
    assert schema.tables["crm", "customers"].fillfactor == 80
    assert "FROM crm.customers" in (schema.tables["crm", "paying"].definition or "")


def test_a_column_knows_the_type_below_its_domain(schema: Schema) -> None:
    customers = schema.tables["crm", "customers"]
    assert customers.column("email") == Column("email", "crm.email", 2, "varchar", "S", -1, "i", True)
    assert customers.column("name") == Column("name", "text", 3, "text", "S", -1, "i", True, "C")
    assert customers.column("id") == Column("id", "bigint", 1, "int8", "N", 8, "d", True, identity=True)
    doubled = customers.column("doubled")
    assert doubled and doubled.generated and doubled.default == "(score * (2)::numeric)"
    assert schema.types["stage"] == "E"


def test_constraints_carry_their_columns_and_targets(schema: Schema) -> None:
    found = {constraint.name: constraint for constraint in schema.tables["crm", "Order Lines"].constraints}
    foreign = found["Order Lines_customer_id_fkey"]
    assert (foreign.kind, foreign.columns, foreign.references) == ("foreign", ("customer_id",), ("crm", "customers"))
    assert (foreign.referenced_columns, foreign.on_delete) == (("id",), "c")
    assert schema.tables["crm", "Order Lines"].primary_key == ("Id", "placed")
    assert found["Order Lines_amount_check"].definition == "CHECK ((amount > 0))"


def test_an_index_built_from_the_parsed_definition_is_the_same_index(
    schema: Schema, shop_connection: psycopg.Connection
) -> None:
    indexes = [index for table in schema.tables.values() if table.schema == "crm" for index in table.indexes]
    assert len(indexes) == 13
    for index in indexes:
        with shop_connection.transaction(force_rollback=True):
            shop_connection.execute(index.definition.ddl("again").encode())
            where = sql.Literal(f'{index.definition.schema}."again"')
            row = shop_connection.execute(sql.SQL("SELECT pg_get_indexdef({}::regclass)").format(where)).fetchone()
            again = read_schema(shop_connection).tables[index.definition.schema, index.definition.table].indexes
        assert row and row[0].replace(" again ", f" {_quoted(index.name)} ") == index.ddl
        assert [found.definition for found in again if found.name == "again"] == [index.definition]


def _quoted(name: str) -> str:
    return f'"{name}"' if not name.islower() else name


def test_index_keys_name_opclass_collation_and_direction_only_where_they_differ(schema: Schema) -> None:
    indexes = {index.name: index for index in schema.tables["crm", "customers"].indexes}
    lower, score = indexes["customers_lower"].definition.keys
    assert (lower.expression, lower.opclass, lower.collation) == ("lower(name)", "text_pattern_ops", None)
    assert score.descending and score.nulls_first is None
    name, seen = indexes["customers_name_de"].definition.keys
    assert (name.column, name.collation) == ("name", '"POSIX"')
    assert not seen.descending and seen.nulls_first
    assert indexes["customers_profile"].definition.keys[0].opclass == "jsonb_path_ops"
    assert indexes["customers_pkey"].primary and indexes["customers_pkey"].constraint == "customers_pkey"
    assert indexes["customers_email_key"].constraint == "customers_email_key"
    assert indexes["customers_lower"].definition.where == "active AND stage = 'paying'::crm.stage"


def test_statistics_are_the_servers_own(shop_connection: psycopg.Connection) -> None:
    statistics = read_statistics(shop_connection)
    rows = shop_connection.execute(
        "SELECT tablename, attname, null_frac::float8::float4, avg_width, n_distinct, most_common_vals::text::text[],"
        " histogram_bounds::text::text[], most_common_elems::text::text[], inherited"
        " FROM pg_stats WHERE schemaname = 'crm'"
    ).fetchall()
    assert len(rows) == len(statistics.columns) + len(statistics.inherited) > 30
    for table, column, null_frac, width, distinct, common, bounds, elements, inherited in rows:
        found = (statistics.inherited if inherited else statistics.columns)["crm", table, column]
        assert (found.null_frac, found.avg_width, found.n_distinct) == (null_frac, width, distinct)
        assert (found.most_common_vals, found.histogram_bounds) == (_tuple(common), _tuple(bounds))
        assert found.most_common_elems == _tuple(elements)
    assert ("crm", "customers_lower", "lower") in statistics.columns
    assert ("crm", "Order Lines", "placed") in statistics.inherited


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def test_sizes_are_those_of_the_files_and_heights_those_of_the_metapages(shop: Server) -> None:
    with shop.connect("shop") as connection, connection.transaction(force_rollback=True):
        computed = read_statistics(connection)
        rows = connection.execute(
            "SELECT nspname, relname, pg_relation_size(c.oid) / 8192 FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = relnamespace WHERE nspname = 'crm' AND relkind IN ('r', 'i', 'm')"
        ).fetchall()
        assert {(schema, name): pages for schema, name, pages in rows}.items() <= {
            key: relation.pages for key, relation in computed.relations.items()
        }.items()
        if connection.execute("SELECT FROM pg_available_extensions WHERE name = 'pageinspect'").fetchone():
            connection.execute("CREATE SCHEMA tools; CREATE EXTENSION pageinspect SCHEMA tools")
            assert read_statistics(connection).relations == computed.relations


def test_a_role_without_privileges_gets_the_structure_and_no_values(shop: Server) -> None:
    with shop.connect("shop") as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE stranger; SET LOCAL ROLE stranger")
        assert ("crm", "customers") in read_schema(connection).tables
        statistics = read_statistics(connection)
        assert statistics.rows("crm", "customers") == 5000 and not statistics.columns


def test_statistics_survive_the_way_to_records_and_back(shop_connection: psycopg.Connection) -> None:
    statistics = read_statistics(shop_connection)
    assert statistics_from_records(records_from_statistics(statistics)) == statistics


@pytest.mark.parametrize(
    ("rows", "expression"), [(1, "n"), (300, "n"), (100_000, "n"), (150_000, "md5(n::text)"), (20_000, "repeat(n, 40)")]
)
def test_a_computed_height_is_the_real_one(connection: psycopg.Connection, rows: int, expression: str) -> None:
    connection.execute("CREATE EXTENSION pageinspect")
    text = expression.replace("repeat(n, 40)", "repeat(md5(n::text), 40)")
    connection.execute(
        f"CREATE TABLE t AS SELECT {text} AS k FROM generate_series(1, {rows}) n; CREATE INDEX i ON t (k); ANALYZE t"
    )
    row = connection.execute(
        "SELECT level, pg_relation_size('i') / 8192, avg_width FROM bt_metap('i'), pg_stats WHERE tablename = 't'"
    ).fetchone()
    assert row and btree_height(row[1], row[2], rows) == row[0]


def test_a_metapage_that_is_older_than_its_index_is_not_believed() -> None:
    index = {"kind": "index", "schema": "s", "name": "i", "table": "t", "method": "btree", "rows": 9e4, "pages": 150}
    page = {"kind": "metapage", "schema": "s", "name": "i", "from_file": True}
    fresh = statistics_from_records([index, {**page, "height": 2}]).relations["s", "i"]
    stale = statistics_from_records([index, {**page, "height": 0}]).relations["s", "i"]
    gin = statistics_from_records([{**index, "method": "gin"}, {**page, "gin": [0, 2, 1, 0, 0]}]).relations["s", "i"]
    assert (fresh.height, stale.height, gin.gin) == (2, 1, None)


def test_a_virtual_generated_column_is_told_from_a_stored_one(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE t (a integer, s integer GENERATED ALWAYS AS (a + 1) STORED,"
                       " v integer GENERATED ALWAYS AS (a + 2) VIRTUAL)")  # fmt: skip
    columns = read_schema(connection).tables["public", "t"].columns
    assert [(column.generated, column.virtual) for column in columns] == [(False, False), (True, False), (True, True)]
    assert columns[2].default == "(a + 2)"


def test_extended_statistics_objects_are_known_with_their_columns_and_kinds(connection: psycopg.Connection) -> None:
    connection.execute('CREATE TABLE "Places" (id integer, zip text, "City" text, country text)')
    connection.execute("CREATE SCHEMA other")
    connection.execute('CREATE STATISTICS other.places (dependencies, mcv) ON country, "City" FROM "Places"')
    connection.execute('CREATE STATISTICS (ndistinct) ON zip, "City", (lower(country)) FROM "Places"')
    found = {one.name: one for one in read_schema(connection).tables["public", "Places"].extended_statistics}
    assert found["places"] == ExtendedStatistics(
        "other", "places", "public", "Places", ("City", "country"), ("dependencies", "mcv")
    )
    unnamed = next(one for name, one in found.items() if name != "places")
    assert (unnamed.schema, unnamed.columns, unnamed.kinds) == ("public", ("zip", "City"), ("ndistinct",))


def test_a_statistics_object_is_made_as_its_ddl_says(connection: psycopg.Connection) -> None:
    connection.execute('CREATE TABLE "Places" (zip text, "City" text)')
    wanted = ExtendedStatistics.on("public", "Places", ["zip", "City"], ["mcv", "dependencies"])
    connection.execute(wanted.ddl.encode())
    as_listed = replace(wanted, columns=("zip", "City"))  # by position in the table
    assert read_schema(connection).tables["public", "Places"].extended_statistics == (as_listed,)
