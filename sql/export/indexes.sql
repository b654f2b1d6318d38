-- Indexes: size, scans since the reset, and the mean width of a key, from which the height of a b-tree follows.
WITH key_part AS (
  SELECT i.indexrelid, part.n AS position,
         CASE WHEN column_.attlen > 0 THEN column_.attlen ELSE coalesce(s.avg_width, 16) END AS width
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS index_ ON index_.oid = i.indexrelid
    JOIN pg_catalog.pg_class AS table_ ON table_.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = index_.relnamespace
   CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS part (n)
    JOIN pg_catalog.pg_attribute AS column_ ON column_.attrelid = i.indexrelid AND column_.attnum = part.n
    LEFT JOIN pg_catalog.pg_attribute AS source
      ON source.attrelid = i.indrelid AND source.attnum = i.indkey[part.n - 1] AND source.attnum > 0
    LEFT JOIN pg_catalog.pg_stats AS s
      ON s.schemaname = n.nspname
     AND NOT s.inherited
     AND s.tablename = CASE WHEN source.attnum IS NULL THEN index_.relname ELSE table_.relname END
     AND s.attname = coalesce(source.attname, column_.attname)
   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
     AND n.nspname !~ '^pg_(toast|temp)'
), key_width AS (
  SELECT indexrelid, sum(width) AS width FROM key_part GROUP BY indexrelid
)
SELECT json_build_object(
         'kind', 'index',
         'schema', n.nspname,
         'name', c.relname,
         'oid', c.oid::bigint,
         'table', t.relname,
         'method', m.amname,
         'rows', CASE WHEN c.reltuples = 0 AND c.relpages = 0 AND current_setting('server_version_num')::integer < 140000
                      THEN -1 ELSE c.reltuples END,  -- what 14 and later write for "not known yet"
         'pages', coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint,
         'recorded_pages', c.relpages,
         'key_width', w.width,
         'invalid_ddl', CASE WHEN NOT i.indisvalid AND c.relkind = 'i' THEN pg_get_indexdef(c.oid) END,
         'scans', a.idx_scan,
         'rows_read', a.idx_tup_read,
         'last_scan', to_jsonb(a) ->> 'last_idx_scan',
         'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace AS s WHERE s.oid = c.reltablespace),
         'comment', obj_description(c.oid, 'pg_class'))::text
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN key_width AS w ON w.indexrelid = i.indexrelid
  LEFT JOIN pg_catalog.pg_stat_user_indexes AS a ON a.indexrelid = i.indexrelid
 WHERE c.relkind IN ('i', 'I')
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_(toast|temp)'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C";
