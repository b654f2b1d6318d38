"""The queries that read a live catalog's structure: one a kind of object, whatever the number of tables.

They run on servers 13–18; what older servers lack is read as `to_jsonb(row) ->> 'column'`, which is NULL there.
"""

from __future__ import annotations

_USER_SCHEMA = """
      n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
"""

RELATIONS = f"""
SELECT c.oid, n.nspname, c.relname, c.relkind::text,
       (SELECT array[pn.nspname, p.relname]::text[]
          FROM pg_catalog.pg_inherits AS h
          JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
          JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
         WHERE h.inhrelid = c.oid
         ORDER BY h.inhseqno LIMIT 1) AS parent,
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
       coalesce((SELECT option_value::int FROM pg_catalog.pg_options_to_table(c.reloptions)
                  WHERE option_name = 'fillfactor'), 100) AS fillfactor,
       c.relrowsecurity, c.relforcerowsecurity,
       coalesce((SELECT option_value::boolean FROM pg_catalog.pg_options_to_table(c.reloptions)
                  WHERE option_name = 'security_invoker'), false) AS security_invoker
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_USER_SCHEMA}
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""  # noqa: S608 - a constant of this module, not input

COLUMNS = f"""
WITH RECURSIVE below (oid, base) AS (
  SELECT t.oid, t.oid FROM pg_catalog.pg_type AS t WHERE t.typtype <> 'd'
   UNION ALL
  SELECT t.oid, below.base FROM pg_catalog.pg_type AS t JOIN below ON below.oid = t.typbasetype WHERE t.typtype = 'd'
)
SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnum::int,
       t.typname, t.typcategory::text, t.typlen::int, t.typalign::text, a.attnotnull,
       CASE WHEN l.collname <> 'default' THEN l.collname END,
       a.attgenerated <> '', a.attidentity <> '', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       a.attgenerated = 'v'
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN below ON below.oid = a.atttypid
  JOIN pg_catalog.pg_type AS t ON t.oid = below.base
  LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_USER_SCHEMA}
 ORDER BY a.attrelid, a.attnum
"""  # noqa: S608

_NAMES = """
       coalesce((SELECT array_agg(a.attname::text ORDER BY part.n)
                   FROM unnest({numbers}) WITH ORDINALITY AS part (number, n)
                   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = {table} AND a.attnum = part.number), '{{}}')"""

CONSTRAINTS = f"""
SELECT o.conrelid, o.conname, o.contype::text,
       {_NAMES.format(numbers="o.conkey", table="o.conrelid")},
       CASE WHEN o.confrelid <> 0 THEN array[fn.nspname, f.relname]::text[] END,
       {_NAMES.format(numbers="o.confkey", table="o.confrelid")},
       CASE WHEN o.contype = 'f' THEN o.confdeltype::text ELSE '' END,
       pg_catalog.pg_get_constraintdef(o.oid), o.convalidated
  FROM pg_catalog.pg_constraint AS o
  JOIN pg_catalog.pg_class AS c ON c.oid = o.conrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class AS f ON f.oid = o.confrelid
  LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
 WHERE o.contype IN ('p', 'u', 'f', 'c', 'x') AND c.relpersistence <> 't' AND {_USER_SCHEMA}
 ORDER BY o.conrelid, o.conname COLLATE "C"
"""  # noqa: S608

INDEXES = f"""
SELECT i.indrelid, n.nspname, c.relname, table_.relname, m.amname, i.indisunique,
       i.indisprimary, i.indisvalid, i.indisready, i.indisreplident, c.relkind = 'I',
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
       owner.conname,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid, true),
       coalesce((SELECT jsonb_agg(array[option_name, option_value] ORDER BY option_name)
                   FROM pg_catalog.pg_options_to_table(c.reloptions)), '[]'),
       {_NAMES.format(numbers="i.indkey[i.indnkeyatts:]", table="i.indrelid")},
       pg_catalog.pg_get_indexdef(i.indexrelid),
       (SELECT array_agg(a.attname::text ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indexrelid),
       EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid), i.indisclustered,
       (SELECT jsonb_agg(array[a.attnum, a.attstattarget] ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0),
       keys.keys
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class AS table_ ON table_.oid = i.indrelid
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_constraint AS owner
    ON owner.conindid = i.indexrelid AND owner.conrelid = i.indrelid AND owner.contype IN ('p', 'u', 'x')
 CROSS JOIN LATERAL (
   SELECT jsonb_agg(jsonb_build_object(
            'column', source.attname,
            'expression', CASE WHEN source.attname IS NULL
                               THEN pg_catalog.pg_get_indexdef(i.indexrelid, part.n, true) END,
            'opclass', CASE WHEN NOT class.opcdefault OR of_key.attoptions IS NOT NULL THEN
                         CASE WHEN pg_catalog.pg_opclass_is_visible(class.oid) THEN quote_ident(class.opcname)
                              ELSE quote_ident(class_schema.nspname) || '.' || quote_ident(class.opcname) END END,
            'opclass_options', of_key.attoptions,
            'collation', CASE WHEN i.indcollation[part.n - 1] <> 0
                               AND i.indcollation[part.n - 1] IS DISTINCT FROM
                                   coalesce(source.attcollation, key_type.typcollation)
                               AND (source.attnum IS NOT NULL OR position(
                                     pg_catalog.pg_get_indexdef(i.indexrelid, part.n, false) || ' COLLATE '
                                     IN pg_catalog.pg_get_indexdef(i.indexrelid)) > 0) THEN
                           CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN quote_ident(l.collname)
                                ELSE quote_ident(collation_schema.nspname) || '.' || quote_ident(l.collname) END END,
            'option', i.indoption[part.n - 1]) ORDER BY part.n) AS keys
     FROM generate_series(1, i.indnkeyatts) AS part (n)
     JOIN pg_catalog.pg_attribute AS of_key ON of_key.attrelid = i.indexrelid AND of_key.attnum = part.n
     JOIN pg_catalog.pg_type AS key_type ON key_type.oid = of_key.atttypid
     LEFT JOIN pg_catalog.pg_attribute AS source
       ON source.attrelid = i.indrelid AND source.attnum = i.indkey[part.n - 1] AND source.attnum > 0
     LEFT JOIN pg_catalog.pg_opclass AS class ON class.oid = i.indclass[part.n - 1]
     LEFT JOIN pg_catalog.pg_namespace AS class_schema ON class_schema.oid = class.opcnamespace
     LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = i.indcollation[part.n - 1]
     LEFT JOIN pg_catalog.pg_namespace AS collation_schema ON collation_schema.oid = l.collnamespace
 ) AS keys
 WHERE c.relkind IN ('i', 'I') AND c.relpersistence <> 't' AND {_USER_SCHEMA}
 ORDER BY i.indrelid, c.relname COLLATE "C"
"""  # noqa: S608

POLICIES = f"""
SELECT p.polrelid, p.polname, p.polcmd::text, p.polpermissive,
       (SELECT coalesce(array_agg(r.rolname::text ORDER BY r.rolname COLLATE "C"), '{{}}')
          FROM pg_catalog.pg_roles AS r WHERE r.oid = ANY (p.polroles)),
       pg_catalog.pg_get_expr(p.polqual, p.polrelid)
  FROM pg_catalog.pg_policy AS p
  JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE {_USER_SCHEMA}
 ORDER BY p.polrelid, p.polname COLLATE "C"
"""  # noqa: S608

SETTINGS_FUNCTIONS = """
SELECT f.proname, string_agg(f.body, ' ' ORDER BY f.body)
  FROM (SELECT p.proname,
               coalesce(CASE WHEN to_jsonb(p) ->> 'prosqlbody' IS NOT NULL
                             THEN pg_catalog.pg_get_functiondef(p.oid) END, p.prosrc) AS body
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prokind = 'f') AS f
 WHERE f.body ~ 'current_setting'
 GROUP BY f.proname
 ORDER BY f.proname COLLATE "C"
"""

LEAKPROOF = """
SELECT DISTINCT o.oprname, t.typname
  FROM pg_catalog.pg_operator AS o
  JOIN pg_catalog.pg_proc AS f ON f.oid = o.oprcode
  JOIN pg_catalog.pg_type AS t ON t.oid = o.oprleft
 WHERE o.oprleft = o.oprright AND f.proleakproof
"""

EXTENDED_STATISTICS = f"""
SELECT s.stxrelid, on_.nspname, s.stxname, n.nspname, c.relname,
       {_NAMES.format(numbers="s.stxkeys::int2[]", table="s.stxrelid")},
       s.stxkind::text[]
  FROM pg_catalog.pg_statistic_ext AS s
  JOIN pg_catalog.pg_namespace AS on_ ON on_.oid = s.stxnamespace
  JOIN pg_catalog.pg_class AS c ON c.oid = s.stxrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relpersistence <> 't' AND {_USER_SCHEMA}
 ORDER BY s.stxrelid, on_.nspname COLLATE "C", s.stxname COLLATE "C"
"""  # noqa: S608

IMMUTABLE_FUNCTIONS = """
SELECT proname FROM pg_catalog.pg_proc WHERE prokind = 'f'
 GROUP BY proname HAVING bool_and(provolatile = 'i')
"""

TYPES = f"""
SELECT t.typname, t.typcategory::text
  FROM pg_catalog.pg_type AS t
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
 WHERE t.typtype IN ('b', 'e', 'r', 'm') AND {_USER_SCHEMA}
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.oid = t.typelem AND e.typtype = 'c')
 ORDER BY t.typname COLLATE "C"
"""  # noqa: S608

EXTENSIONS = 'SELECT extname FROM pg_catalog.pg_extension ORDER BY extname COLLATE "C"'

SEARCH_PATH = "SELECT pg_catalog.current_schemas(false)::text[]"

IS_SUPERUSER = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"

PAGEINSPECT = """
SELECT n.nspname
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'pageinspect'
"""
