-- The last record: its absence tells that the file was cut short. "since": when the database's counters were reset; null in
-- 15 and later if never. "scans_since": since when indexes were counted: then, when the server was made, or last crashed.
-- "streaming": the standbys of this server, which tell how far they have replayed (all columns are hidden from a role
-- without pg_monitor); backups and archives of WAL read no index, and logical subscribers have indexes of their own.
SELECT json_build_object(
         'kind', 'end',
         'captured', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
         'since', d.stats_reset,
         'scans_since', coalesce(d.stats_reset, (SELECT stats_reset FROM pg_catalog.pg_stat_bgwriter)),
         'standby', pg_is_in_recovery(),
         'streaming', (
           SELECT count(*)
             FROM pg_catalog.pg_stat_replication AS r
            WHERE (r.state IS NULL OR r.replay_lsn IS NOT NULL)
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS s
                               WHERE s.active_pid = r.pid AND s.slot_type = 'logical')))::text
  FROM pg_catalog.pg_stat_database AS d
 WHERE d.datname = current_database();
