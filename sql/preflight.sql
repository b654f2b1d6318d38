-- What would make CREATE INDEX CONCURRENTLY wait, now. Run it on the production database right before the migrations:
--
--     psql -X -f sql/preflight.sql
--
-- A waiting build blocks nobody's reads or writes; it costs deploy time, and it gives up after its lock_timeout (5 min).
-- Each row names a session to end or to wait for. Look at backend_xmin, not at the state: an idle transaction of
-- SQLAlchemy with asyncpg keeps its snapshot, one of psycopg does not.

SELECT 'writes to ' || string_agg(DISTINCT l.relation::regclass::text, ', ' ORDER BY l.relation::regclass::text) AS why,
       a.pid::text AS session, a.application_name, a.state, date_trunc('second', now() - a.xact_start) AS open_for
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
JOIN pg_class c ON c.oid = l.relation AND c.relkind = 'r'
WHERE l.granted
  AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock')
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid <> pg_backend_pid()
  AND c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'pg_toast'))
GROUP BY a.pid, a.application_name, a.state, a.xact_start
UNION ALL
SELECT 'holds a snapshot', a.pid::text, a.application_name, a.state, date_trunc('second', now() - a.xact_start)
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_xmin IS NOT NULL AND a.pid <> pg_backend_pid()
UNION ALL
SELECT 'is a prepared transaction', p.gid, p.owner::text, 'prepared', date_trunc('second', now() - p.prepared)
FROM pg_prepared_xacts p
WHERE p.database = current_database()
ORDER BY open_for DESC NULLS LAST, 1, 2;

-- INVALID indexes that an earlier build left behind. The advisor's revisions remove those of their own name; the others
-- cost every write for nothing: DROP INDEX CONCURRENTLY.

SELECT i.indexrelid::regclass AS invalid_index, i.indrelid::regclass AS of_table,
       pg_size_pretty(pg_relation_size(i.indexrelid)) AS size, i.indisready AS taxed_on_every_write
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
WHERE NOT i.indisvalid
ORDER BY 1;
