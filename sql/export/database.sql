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
                   OR lower(split_part(item, '=', 1)) IN (
                        'search_path', 'work_mem', 'hash_mem_multiplier', 'effective_io_concurrency',
                        'max_parallel_workers_per_gather', 'max_parallel_workers', 'parallel_leader_participation',
                        'maintenance_work_mem', 'timezone', 'datestyle', 'intervalstyle',
                        'default_text_search_config', 'transform_null_equals', 'row_security', 'role',
                        'session_authorization')
                   OR (item ~ '^[^=]+[.]'  -- settings of the application's own, where a policy or function reads them
                       AND split_part(item, '=', 1) !~* '(secret|passw|token|key|jwt|salt|credential)'
                       AND (EXISTS (SELECT FROM pg_catalog.pg_policy AS y
                                     WHERE strpos(coalesce(pg_get_expr(y.polqual, y.polrelid), ''),
                                                  quote_literal(split_part(item, '=', 1))) > 0)
                            OR EXISTS (SELECT FROM pg_catalog.pg_proc AS f
                                         JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.pronamespace
                                        WHERE fn.nspname NOT IN ('pg_catalog', 'information_schema')
                                          AND strpos(f.prosrc, quote_literal(split_part(item, '=', 1))) > 0))))),
         'roles', (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'name', r.rolname,
                    'bypass_row_security', r.rolbypassrls OR r.rolsuper,
                    'member_of', (
                      SELECT coalesce(jsonb_agg(jsonb_build_object(
                               'role', of_.rolname,
                               'inherit', coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit),
                               'set', coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
                               ORDER BY of_.rolname COLLATE "C", m.grantor), '[]')
                        FROM pg_catalog.pg_auth_members AS m
                        JOIN pg_catalog.pg_roles AS of_ ON of_.oid = m.roleid
                       WHERE m.member = r.oid AND of_.rolname !~ '^pg_'))
                    ORDER BY r.rolname COLLATE "C"), '[]')
             FROM pg_catalog.pg_roles AS r
            WHERE r.rolname !~ '^pg_'),
         'owner', (  -- of most tables
           SELECT r.rolname
             FROM pg_catalog.pg_class AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
            WHERE c.relkind IN ('r', 'p')
              AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND n.nspname !~ '^pg_(toast|temp)'
            GROUP BY r.rolname
            ORDER BY count(*) DESC, r.rolname COLLATE "C"
            LIMIT 1),
         'owners', (  -- where they decide what row security asks
           SELECT coalesce(jsonb_object_agg(x.rolname, x.relations), '{}')
             FROM (SELECT r.rolname, jsonb_agg(jsonb_build_array(n.nspname, c.relname)
                                               ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C") AS relations
                     FROM pg_catalog.pg_class AS c
                     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                     JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
                    WHERE (c.relrowsecurity OR c.relkind = 'v')
                      AND c.relpersistence <> 't'
                      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                      AND n.nspname !~ '^pg_(toast|temp)'
                    GROUP BY r.rolname) AS x),
         'tablespaces', (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'name', t.spcname,
                    'database_default', t.oid = d.dattablespace,
                    'settings', (SELECT jsonb_object_agg(option_name, option_value)
                                   FROM pg_catalog.pg_options_to_table(t.spcoptions)),
                    'relations', (
                      SELECT coalesce(jsonb_agg(jsonb_build_array(n.nspname, c.relname)
                                      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
                        FROM pg_catalog.pg_class AS c
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                       WHERE c.reltablespace = t.oid
                         AND c.relkind IN ('r', 'p', 'm', 'i', 'I')
                         AND c.relpersistence <> 't'
                         AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                         AND n.nspname !~ '^pg_(toast|temp)'))
                    ORDER BY t.spcname COLLATE "C"), '[]')
             FROM pg_catalog.pg_tablespace AS t
            WHERE t.spcoptions IS NOT NULL),
         'configuration', (
           SELECT jsonb_object_agg(name, current_setting(name))
             FROM pg_catalog.pg_settings
            WHERE name IN ('block_size', 'max_connections', 'superuser_reserved_connections', 'shared_buffers',
                           'autovacuum', 'autovacuum_analyze_scale_factor', 'autovacuum_analyze_threshold',
                           'autovacuum_vacuum_scale_factor', 'track_io_timing', 'track_activity_query_size',
                           'wal_level', 'pg_stat_statements.max', 'pg_stat_statements.track',
                           'pg_stat_statements.track_planning')),
         'settings_of_role', (
           SELECT coalesce(jsonb_agg(s.name ORDER BY s.name COLLATE "C"), '[]')
             FROM pg_catalog.pg_settings AS s
            WHERE s.source IN ('user', 'database user', 'client', 'environment variable')
              AND s.category LIKE 'Query Tuning%'
              AND NOT EXISTS (  -- of those settings.sql tells the database's own value
                SELECT FROM pg_catalog.pg_db_role_setting AS o
                 CROSS JOIN LATERAL unnest(o.setconfig) AS item
                 WHERE o.setrole = 0 AND o.setdatabase IN (0, d.oid) AND lower(split_part(item, '=', 1)) = lower(s.name))),
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
           SELECT coalesce(jsonb_agg(n.nspname || '.' || c.relname ORDER BY c.relpages DESC,
                                     n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
             FROM pg_catalog.pg_class AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm')
              AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND n.nspname !~ '^pg_(toast|temp)'
              AND NOT has_any_column_privilege(c.oid, 'SELECT')),
         'tables_behind_policies', (
           SELECT coalesce(jsonb_agg(n.nspname || '.' || c.relname ORDER BY c.relpages DESC,
                                     n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
             FROM pg_catalog.pg_class AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm')
              AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND n.nspname !~ '^pg_(toast|temp)'
              AND has_any_column_privilege(c.oid, 'SELECT')
              AND c.relrowsecurity
              AND row_security_active(c.oid))))
  FROM pg_catalog.pg_database AS d
 WHERE d.datname = current_database();
