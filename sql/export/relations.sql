-- Tables, partitioned tables, materialised views and foreign tables: pg_class and the real size of the file, one JSON object a row.
SELECT json_build_object(
         'kind', 'relation',
         'schema', n.nspname,
         'name', c.relname,
         'oid', c.oid::bigint,
         'rows', CASE WHEN c.reltuples = 0 AND c.relpages = 0 AND current_setting('server_version_num')::integer < 140000
                      THEN -1 ELSE c.reltuples END,  -- what 14 and later write for "not known yet"
         'pages', coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint,
         'recorded_pages', c.relpages,
         'all_visible', c.relallvisible)::text
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'f')
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_(toast|temp)'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C";
