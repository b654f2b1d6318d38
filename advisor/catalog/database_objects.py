"""What a database consists of, one entry an object that plans depend on: to be compared around a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

_QUERY = """
WITH own AS (
    SELECT c.oid, c.relname, c.relkind, n.nspname, c.relrowsecurity, c.relforcerowsecurity, c.relpartbound
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname <> 'alembic_version'
)
SELECT 'index', c.oid::text, c.nspname, c.relname, t.nspname, t.relname, pg_catalog.pg_get_indexdef(c.oid)
FROM own c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid JOIN own t ON t.oid = i.indrelid
UNION ALL
SELECT 'table', oid::text, nspname, relname, nspname, relname,
    concat_ws(' ', nspname, relname, relkind, relrowsecurity, relforcerowsecurity,
              CASE WHEN relkind = 'v' THEN pg_catalog.pg_get_viewdef(oid) END,
              pg_catalog.pg_get_expr(relpartbound, oid))
FROM own WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'column', c.oid || '.' || a.attnum, c.nspname, a.attname, c.nspname, c.relname,
    concat_ws(' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation, a.attoptions::text)
FROM own c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', k.oid::text, c.nspname, k.conname, c.nspname, c.relname, pg_catalog.pg_get_constraintdef(k.oid)
FROM own c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid WHERE k.contype <> 'n'
UNION ALL
SELECT 'policy', p.oid::text, c.nspname, p.polname, c.nspname, c.relname,
    concat_ws(' ', p.polcmd, p.polpermissive, pg_catalog.pg_get_expr(p.polqual, p.polrelid))
FROM own c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
UNION ALL
SELECT 'statistics', s.oid::text, c.nspname, s.stxname, c.nspname, c.relname, pg_catalog.pg_get_statisticsobjdef(s.oid)
FROM own c JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = c.oid
UNION ALL
SELECT 'function', p.oid::text, n.nspname, p.proname, NULL, NULL, concat_ws(' ', p.provolatile, p.procost, p.prosrc)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'setting', concat_ws('.', s.setdatabase, s.setrole, split_part(one, '=', 1)), NULL, split_part(one, '=', 1),
    NULL, NULL, one
FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
    pg_catalog.pg_database own, unnest(s.setconfig) one
WHERE own.datname = current_database() AND (s.setdatabase IN (0, own.oid) OR d.datdba = own.datdba)
"""


@dataclass(frozen=True, slots=True)
class CatalogObject:
    """One object."""

    kind: str
    """`table`, `column`, `index`, `constraint`, `policy`, `statistics`, `function` or `setting`."""
    name: str
    table: tuple[str, str] | None
    """Schema and name of its table."""
    definition: str
    schema: str | None = None


Objects = Mapping[tuple[str, str], CatalogObject]
"""By kind and object id."""


def read_objects(connection: psycopg.Connection[Any]) -> Objects:
    """Return the objects of a database that plans depend on."""
    return {
        (kind, key): CatalogObject(kind, name, (namespace, table) if table else None, definition or "", schema)
        for kind, key, schema, name, namespace, table, definition in connection.execute(_QUERY).fetchall()
    }
