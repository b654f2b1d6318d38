"""TPC-DS: tables, data and queries from DuckDB's generator (wheels `duckdb`, `duckdb-extensions`, `duckdb-extension-tpcds`).

Source of the primary keys: the public TPC-DS specification, version 3.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

PRIMARY_KEYS = {
    "call_center": ["cc_call_center_sk"],
    "catalog_page": ["cp_catalog_page_sk"],
    "catalog_returns": ["cr_item_sk", "cr_order_number"],
    "catalog_sales": ["cs_item_sk", "cs_order_number"],
    "customer": ["c_customer_sk"],
    "customer_address": ["ca_address_sk"],
    "customer_demographics": ["cd_demo_sk"],
    "date_dim": ["d_date_sk"],
    "household_demographics": ["hd_demo_sk"],
    "income_band": ["ib_income_band_sk"],
    "inventory": ["inv_date_sk", "inv_item_sk", "inv_warehouse_sk"],
    "item": ["i_item_sk"],
    "promotion": ["p_promo_sk"],
    "reason": ["r_reason_sk"],
    "ship_mode": ["sm_ship_mode_sk"],
    "store": ["s_store_sk"],
    "store_returns": ["sr_item_sk", "sr_ticket_number"],
    "store_sales": ["ss_item_sk", "ss_ticket_number"],
    "time_dim": ["t_time_sk"],
    "warehouse": ["w_warehouse_sk"],
    "web_page": ["wp_web_page_sk"],
    "web_returns": ["wr_item_sk", "wr_order_number"],
    "web_sales": ["ws_item_sk", "ws_order_number"],
    "web_site": ["web_site_sk"],
}
LEFT_OUT = {4, 6, 9, 10, 11, 32, 35, 41, 95} | {17, 25, 29, 64, 72}
"""The nine queries that every published comparison leaves out, and the five that take longest to plan: 6 to 60 ms each on
these tables with primary keys, the next 3 ms."""


def _duck():
    import duckdb
    from duckdb_extensions import import_extension

    import_extension("tpcds")
    connection = duckdb.connect()
    connection.execute("LOAD tpcds")
    return connection


def queries() -> dict[str, str]:
    """Return the query texts by name, without those in `LEFT_OUT`."""
    rows = _duck().execute("SELECT query_nr, query FROM tpcds_queries() ORDER BY query_nr").fetchall()
    return {f"Q{number:02}": text.strip().rstrip(";") for number, text in rows if number not in LEFT_OUT}


def load(connection: psycopg.Connection, scale: float) -> None:
    """Make the tables in an empty database, fill them at this scale factor, add primary keys, then VACUUM ANALYZE."""
    connection.execute("SET synchronous_commit = on")  # else VACUUM dare not call pages of fresh rows all-visible
    duck = _duck()
    duck.execute(f"CALL dsdgen(sf = {scale:g})")
    with tempfile.TemporaryDirectory(prefix="tpcds-") as folder:
        for table, keys in PRIMARY_KEYS.items():
            columns = duck.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
                [table],
            ).fetchall()
            parts = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns
            )
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table), parts))
            path = Path(folder) / f"{table}.csv"
            duck.execute(f"COPY {table} TO '{path}' (FORMAT csv, HEADER false)")
            statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(table))
            with path.open("rb") as source, connection.cursor().copy(statement) as copy:
                while block := source.read(1 << 18):
                    copy.write(block)
            path.unlink()
            names = sql.SQL(", ").join(map(sql.Identifier, keys))
            connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(sql.Identifier(table), names))
    connection.execute("VACUUM ANALYZE")
