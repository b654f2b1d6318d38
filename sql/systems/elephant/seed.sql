-- Elephant: deterministic data; run with psql, as a superuser, on an empty schema. The data ends at 2025-07-01 00:00 UTC.

SET client_min_messages = warning;
SET timezone = 'UTC';
-- Asynchronous commits would keep VACUUM from marking pages all-visible, and index-only scans would look worthless.
SET synchronous_commit = on;
SET session_replication_role = replica;

-- A number in [0, 1) that depends on the row and on what it is used for.
CREATE FUNCTION pg_temp.unit(row_number bigint, purpose bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((hashint8extended(row_number, purpose) >> 11) & 9007199254740991)::double precision / 9007199254740992.0;

INSERT INTO sessions (id, user_id, title, state, created_at, updated_at)
SELECT i,
       1 + floor(power(4000, pg_temp.unit(i, 1)))::bigint * 7919 % 4000,
       'Session ' || i,
       jsonb_build_object('plan', md5(i::text) || md5((i + 1)::text), 'history',
           (SELECT jsonb_agg(md5((i * 40 + n)::text)) FROM generate_series(1, 14) AS n)),
       timestamptz '2025-07-01' - interval '200 days' * (1 - (i / 20000.0) ^ 0.7),
       timestamptz '2025-07-01' - interval '200 days' * (1 - (i / 20000.0) ^ 0.7) + interval '2 days' * pg_temp.unit(i, 2)
FROM generate_series(1, 20000) AS i;

INSERT INTO messages (id, session_id, position, payload, created_at)
SELECT row_number() OVER (ORDER BY s.id, n),
       s.id,
       n,
       jsonb_build_object('role', (ARRAY['user', 'agent'])[1 + n % 2], 'text', md5((s.id * 100 + n)::text),
           'tool', CASE WHEN pg_temp.unit(s.id * 100 + n, 10) < 0.002 THEN 'shell' ELSE 'none' END),
       s.created_at + interval '30 seconds' * n
FROM sessions AS s
CROSS JOIN LATERAL generate_series(1, 3 + (15 * pg_temp.unit(s.id, 11) ^ 2)::int) AS n;

INSERT INTO tasks (id, session_id, status, prompt, created_at, ended_at)
SELECT row_number() OVER (ORDER BY s.created_at + interval '20 days' * pg_temp.unit(s.id * 100 + n, 20), s.id, n),
       s.id,
       CASE WHEN pg_temp.unit(s.id * 100 + n, 21) < 0.004 THEN 'running' WHEN pg_temp.unit(s.id * 100 + n, 21) < 0.08 THEN 'failed'
            ELSE 'completed' END,
       'Do ' || md5((s.id * 100 + n)::text) || ' and then ' || md5((s.id * 90 + n)::text),
       s.created_at + interval '20 days' * pg_temp.unit(s.id * 100 + n, 20),
       s.created_at + interval '21 days' * pg_temp.unit(s.id * 100 + n, 20)
FROM sessions AS s
CROSS JOIN LATERAL generate_series(1, 1 + (20 * pg_temp.unit(s.id, 22) ^ 3)::int) AS n;

SELECT setval(pg_get_serial_sequence(name, 'id'), 1000000)
FROM (VALUES ('sessions'), ('messages'), ('tasks')) AS tables (name) \g /dev/null

RESET session_replication_role;
VACUUM (ANALYZE) sessions, messages, tasks;
