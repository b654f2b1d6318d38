-- Toobix: deterministic data; run with psql, as a superuser, on an empty schema. The data ends at 2025-07-01 00:00 UTC.

SET client_min_messages = warning;
SET timezone = 'UTC';
-- Asynchronous commits would keep VACUUM from marking pages all-visible, and index-only scans would look worthless.
SET synchronous_commit = on;
SET session_replication_role = replica;

-- A number in [0, 1) that depends on the row and on what it is used for.
CREATE FUNCTION pg_temp.unit(row_number bigint, purpose bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((hashint8extended(row_number, purpose) >> 11) & 9007199254740991)::double precision / 9007199254740992.0;

INSERT INTO story_events (id, type, payload, created_at)
SELECT i, (ARRAY['talk', 'dream', 'meet', 'learn', 'rest', 'play', 'work', 'travel'])[1 + floor(power(8, pg_temp.unit(i, 1)))::int % 8],
       jsonb_build_object('note', md5(i::text)), timestamptz '2025-07-01' - interval '400 days' * (1 - i / 100000.0)
FROM generate_series(1, 100000) AS i;

INSERT INTO memory_chunks (id, event_id, text, weight, created_at)
SELECT i, 1 + i % 100000,
       'I remember ' || (ARRAY['rain', 'music', 'the sea', 'a garden', 'mountains', 'a long road'])[1 + i % 6] || ' and ' || md5(i::text)
           || ' when we were ' || (ARRAY['young', 'lost', 'happy', 'tired'])[1 + i % 4] || ' near ' || md5((i * 3)::text),
       pg_temp.unit(i, 10)::real, timestamptz '2025-07-01' - interval '400 days' * (1 - i / 150000.0)
FROM generate_series(1, 150000) AS i;

INSERT INTO "values" (id, name, score) SELECT i, 'value ' || i, pg_temp.unit(i, 20)::real FROM generate_series(1, 10000) AS i;

INSERT INTO reflections (id, event_id, chunk_id, value_id, mood, created_at)
SELECT i, 1 + i % 100000, 1 + i % 150000, 1 + i % 10000, (ARRAY['calm', 'glad', 'sad'])[1 + i % 3],
       timestamptz '2025-07-01' - interval '400 days' * (1 - i / 60000.0)
FROM generate_series(1, 60000) AS i;

SELECT setval(pg_get_serial_sequence(name, 'id'), 1000000)
FROM (VALUES ('story_events'), ('memory_chunks'), ('"values"'), ('reflections')) AS tables (name) \g /dev/null

RESET session_replication_role;
VACUUM (ANALYZE) story_events, memory_chunks, "values", reflections;
