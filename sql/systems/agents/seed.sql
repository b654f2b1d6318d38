-- Agents: deterministic data; run with psql, as a superuser, on an empty schema. The data ends at 2025-07-01 00:00 UTC.

SET client_min_messages = warning;
SET timezone = 'UTC';
-- Asynchronous commits would keep VACUUM from marking pages all-visible, and index-only scans would look worthless.
SET synchronous_commit = on;
SET session_replication_role = replica;

-- A number in [0, 1) that depends on the row and on what it is used for.
CREATE FUNCTION pg_temp.unit(row_number bigint, purpose bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((hashint8extended(row_number, purpose) >> 11) & 9007199254740991)::double precision / 9007199254740992.0;

INSERT INTO agents (id, name, team, state, created_at)
SELECT i, 'agent ' || i, 'team ' || i % 40, CASE WHEN i % 12 = 0 THEN 'stopped' ELSE 'ready' END,
       timestamptz '2025-01-01' + interval '1 minute' * i
FROM generate_series(1, 10000) AS i;

INSERT INTO tasks (id, agent_id, status, priority, title, created_at, ended_at)
SELECT i,
       1 + floor(power(10000, pg_temp.unit(i, 1)))::bigint * 7919 % 10000,
       CASE WHEN i > 119000 AND pg_temp.unit(i, 2) < 0.3 THEN 'queued' WHEN pg_temp.unit(i, 2) > 0.93 THEN 'failed' ELSE 'done' END,
       (10 * pg_temp.unit(i, 3))::int,
       'Task ' || md5(i::text),
       timestamptz '2025-07-01' - interval '120 days' * (1 - i / 120000.0),
       timestamptz '2025-07-01' - interval '120 days' * (1 - i / 120000.0) + interval '2 hours' * pg_temp.unit(i, 4)
FROM generate_series(1, 120000) AS i;

INSERT INTO task_events (id, task_id, kind, detail, created_at)
SELECT row_number() OVER (ORDER BY t.id, n), t.id, (ARRAY['started', 'thought', 'acted', 'ended'])[1 + n % 4],
       'Event ' || md5((t.id * 20 + n)::text), t.created_at + interval '20 seconds' * n
FROM tasks AS t
CROSS JOIN LATERAL generate_series(1, 1 + (5 * pg_temp.unit(t.id, 10))::int) AS n;

INSERT INTO tool_calls (id, task_id, tool, duration_ms, failed, created_at)
SELECT row_number() OVER (ORDER BY t.id, n), t.id, (ARRAY['search', 'python', 'sql', 'mail'])[1 + (t.id + n) % 4],
       (10 + 9000 * pg_temp.unit(t.id * 20 + n, 20) ^ 5)::int, pg_temp.unit(t.id * 20 + n, 21) < 0.03,
       t.created_at + interval '15 seconds' * n
FROM tasks AS t
CROSS JOIN LATERAL generate_series(1, (4 * pg_temp.unit(t.id, 22))::int) AS n;

SELECT setval(pg_get_serial_sequence(name, 'id'), 2000000)
FROM (VALUES ('agents'), ('tasks'), ('task_events'), ('tool_calls')) AS tables (name) \g /dev/null

RESET session_replication_role;
VACUUM (ANALYZE) agents, tasks, task_events, tool_calls;
