-- Settings that the planner heeds, as one JSON object. What the exporting session itself sets is read as it was before.
SELECT jsonb_pretty(jsonb_object_agg(s.name,
         CASE WHEN s.name = 'TimeZone' THEN s.reset_val ELSE current_setting(s.name) END))
  FROM pg_catalog.pg_settings AS s
 WHERE s.category LIKE 'Query Tuning%'
    OR s.name IN ('work_mem', 'hash_mem_multiplier', 'effective_io_concurrency', 'max_parallel_workers',
                  'max_parallel_workers_per_gather', 'max_worker_processes', 'parallel_leader_participation',
                  'TimeZone');
