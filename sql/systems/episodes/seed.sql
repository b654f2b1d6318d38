-- Episodes: deterministic data; run with psql, as a superuser, on an empty schema. The data ends at 2025-07-01 00:00 UTC.

SET client_min_messages = warning;
SET timezone = 'UTC';
-- Asynchronous commits would keep VACUUM from marking pages all-visible, and index-only scans would look worthless.
SET synchronous_commit = on;
SET session_replication_role = replica;

-- A number in [0, 1) that depends on the row and on what it is used for.
CREATE FUNCTION pg_temp.unit(row_number bigint, purpose bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((hashint8extended(row_number, purpose) >> 11) & 9007199254740991)::double precision / 9007199254740992.0;

INSERT INTO episodes (id, task_type, domain, outcome, summary, created_at)
SELECT i,
       (ARRAY['code', 'review', 'debug', 'plan', 'test', 'deploy'])[1 + floor(power(6, pg_temp.unit(i, 1)))::int % 6],
       'domain-' || floor(power(60, pg_temp.unit(i, 2)))::int,
       CASE WHEN pg_temp.unit(i, 3) < 0.8 THEN 'success' ELSE 'failure' END,
       'The agent tried ' || md5(i::text) || ' and learned ' || md5((i + 7)::text),
       timestamptz '2025-07-01' - interval '300 days' * (1 - i / 90000.0)
FROM generate_series(1, 90000) AS i;

INSERT INTO steps (id, episode_id, position, tool, latency_ms, created_at)
SELECT row_number() OVER (ORDER BY e.id, n), e.id, n, (ARRAY['search', 'edit', 'run'])[1 + n % 3],
       (20 + 4000 * pg_temp.unit(e.id * 50 + n, 10) ^ 4)::int, e.created_at + interval '5 seconds' * n
FROM episodes AS e
CROSS JOIN LATERAL generate_series(1, 1 + (8 * pg_temp.unit(e.id, 11) ^ 2)::int) AS n;

INSERT INTO patterns (id, name, body, success_rate, occurrence_count)
SELECT i, 'pattern ' || i, repeat(md5(i::text), 4), round(pg_temp.unit(i, 20)::numeric, 4), (1000 * pg_temp.unit(i, 21) ^ 5)::int
FROM generate_series(1, 40000) AS i;

INSERT INTO embeddings (id, episode_id, cluster, vector)
SELECT i, i, (4000 * pg_temp.unit(i, 30))::int, ARRAY(SELECT pg_temp.unit(i * 16 + n, 31)::real FROM generate_series(1, 12) AS n)
FROM generate_series(1, 90000) AS i;

SELECT setval(pg_get_serial_sequence(name, 'id'), 1000000)
FROM (VALUES ('episodes'), ('steps'), ('patterns'), ('embeddings')) AS tables (name) \g /dev/null

RESET session_replication_role;
VACUUM (ANALYZE) episodes, steps, patterns, embeddings;
