-- What happened to each table since the counters were reset.
SELECT json_build_object(
         'kind', 'activity',
         'schema', a.schemaname,
         'table', a.relname,
         'seq_scans', coalesce(a.seq_scan, 0),
         'seq_rows', coalesce(a.seq_tup_read, 0),
         'index_scans', coalesce(a.idx_scan, 0),
         'inserts', coalesce(a.n_tup_ins, 0),
         'updates', coalesce(a.n_tup_upd, 0),
         'deletes', coalesce(a.n_tup_del, 0),
         'hot_updates', coalesce(a.n_tup_hot_upd, 0),
         'live_rows', coalesce(a.n_live_tup, 0),
         'dead_rows', coalesce(a.n_dead_tup, 0),
         'modified_since_analyze', coalesce(a.n_mod_since_analyze, 0),
         'last_vacuum', greatest(a.last_vacuum, a.last_autovacuum),
         'last_analyze', greatest(a.last_analyze, a.last_autoanalyze))::text
  FROM pg_catalog.pg_stat_user_tables AS a
 WHERE a.schemaname !~ '^pg_(toast|temp)'
 ORDER BY a.schemaname COLLATE "C", a.relname COLLATE "C";
