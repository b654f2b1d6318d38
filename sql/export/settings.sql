-- Settings that the planner heeds, and those that say what a name or a literal means, as one JSON object: the database's values.
-- What the exporting session itself sets is read as it was before; where its role has a value of its own, the database's
-- stands, if it has one.
SELECT jsonb_pretty(jsonb_object_agg(s.name,
         coalesce(CASE WHEN own.has THEN of_database.value END,
                  CASE WHEN s.name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'search_path', 'row_security')
                       THEN s.reset_val
                       ELSE current_setting(s.name) END)))
  FROM pg_catalog.pg_settings AS s
  LEFT JOIN LATERAL (
    SELECT true AS has
      FROM pg_catalog.pg_db_role_setting AS o
      JOIN pg_catalog.pg_roles AS r ON r.oid = o.setrole AND r.rolname = session_user
     CROSS JOIN LATERAL unnest(o.setconfig) AS item
     WHERE lower(split_part(item, '=', 1)) = lower(s.name)
     LIMIT 1) AS own ON true
  LEFT JOIN LATERAL (
    SELECT substr(item, strpos(item, '=') + 1) AS value
      FROM pg_catalog.pg_db_role_setting AS o
      LEFT JOIN pg_catalog.pg_database AS d ON d.oid = o.setdatabase
     CROSS JOIN LATERAL unnest(o.setconfig) AS item
     WHERE o.setrole = 0
       AND (o.setdatabase = 0 OR d.datname = current_database())
       AND lower(split_part(item, '=', 1)) = lower(s.name)
     ORDER BY o.setdatabase DESC
     LIMIT 1) AS of_database ON true
 WHERE s.category LIKE 'Query Tuning%'
    OR s.name IN ('work_mem', 'hash_mem_multiplier', 'effective_io_concurrency', 'max_parallel_workers',
                  'max_parallel_workers_per_gather', 'max_worker_processes', 'parallel_leader_participation',
                  'TimeZone', 'DateStyle', 'IntervalStyle', 'default_text_search_config', 'search_path',
                  'transform_null_equals', 'row_security');
