-- The server and the database, as one JSON object. Variables: "search_path" holds the session's schemas as an array,
-- "alembic_version" the rows of the table of that name as a JSON array.
SELECT jsonb_pretty(jsonb_build_object(
         'format', 1,
         'server_version', current_setting('server_version_num')::integer,
         'database', d.datname,
         'encoding', pg_encoding_to_char(d.encoding),
         'collation', d.datcollate,
         'ctype', d.datctype,
         'locale_provider', CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
         'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
         'search_path', :'search_path'::text[],
         'captured', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
         'extensions', (
           SELECT jsonb_agg(jsonb_build_object('name', e.extname, 'version', e.extversion, 'schema', n.nspname)
                            ORDER BY e.extname COLLATE "C")
             FROM pg_catalog.pg_extension AS e
             JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace),
         'overrides', (
           SELECT coalesce(jsonb_agg(jsonb_build_object('database', od.datname, 'role', r.rolname,
                             'name', split_part(item, '=', 1), 'value', substr(item, strpos(item, '=') + 1))
                            ORDER BY od.datname COLLATE "C", r.rolname COLLATE "C", item COLLATE "C"), '[]')
             FROM pg_catalog.pg_db_role_setting AS o
            CROSS JOIN LATERAL unnest(o.setconfig) AS item
             LEFT JOIN pg_catalog.pg_database AS od ON od.oid = o.setdatabase
             LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = o.setrole
             LEFT JOIN pg_catalog.pg_settings AS p ON p.name = split_part(item, '=', 1)
            WHERE o.setdatabase IN (0, d.oid)
              AND (p.category LIKE 'Query Tuning%'
                   OR p.name IN ('search_path', 'work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather',
                                 'max_parallel_workers', 'TimeZone', 'row_security'))),
         'configuration', (
           SELECT jsonb_object_agg(name, current_setting(name))
             FROM pg_catalog.pg_settings
            WHERE name IN ('block_size', 'max_connections', 'superuser_reserved_connections', 'shared_buffers',
                           'autovacuum', 'autovacuum_analyze_scale_factor', 'autovacuum_analyze_threshold',
                           'autovacuum_vacuum_scale_factor', 'track_io_timing', 'track_activity_query_size',
                           'wal_level', 'pg_stat_statements.max', 'pg_stat_statements.track',
                           'pg_stat_statements.track_planning')),
         'settings_of_role', (
           SELECT coalesce(jsonb_agg(name ORDER BY name COLLATE "C"), '[]')
             FROM pg_catalog.pg_settings
            WHERE source IN ('user', 'client', 'environment variable') AND category LIKE 'Query Tuning%'),
         'alembic_version', :'alembic_version'::jsonb,
         'unreadable_expressions', (
           SELECT count(*)
             FROM pg_catalog.pg_index AS i
             JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE i.indexprs IS NOT NULL
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND n.nspname !~ '^pg_(toast|temp)'
              AND NOT has_any_column_privilege(i.indexrelid, 'SELECT')),
         'unreadable_tables', (
           SELECT count(*)
             FROM pg_catalog.pg_class AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm')
              AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND n.nspname !~ '^pg_(toast|temp)'
              AND (NOT has_any_column_privilege(c.oid, 'SELECT') OR row_security_active(c.oid)))))
  FROM pg_catalog.pg_database AS d
 WHERE d.datname = current_database();
