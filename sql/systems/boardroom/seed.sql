-- Boardroom: deterministic data. Run with psql, as a superuser, on an empty schema:
--
--     psql -v ON_ERROR_STOP=1 -f schema.sql -f seed.sql
--
-- Every value is a hash of its row's number, so the same rows come out on every server version (`random()` changed in 15).
-- Users and boardrooms are Zipf-like: the busiest user holds some 7 % of all sessions. Rows were written in the order
-- of time, as in life, and business grew: the second half of the year has two thirds of the sessions.
-- The data ends at 2025-07-01 00:00 UTC; the workload driver takes that for "now".

SET client_min_messages = warning;
SET timezone = 'UTC';
-- Asynchronous commits would keep VACUUM from marking pages all-visible, and index-only scans would look worthless.
SET synchronous_commit = on;
-- Foreign keys are right by construction; checking them one by one would take longer than everything else.
SET session_replication_role = replica;

-- A number in [0, 1) that depends on the row and on what it is used for.
CREATE FUNCTION pg_temp.unit(row_number bigint, purpose bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((hashint8extended(row_number, purpose) >> 11) & 9007199254740991)::double precision / 9007199254740992.0;

-- A rank in 1..n whose frequency falls as 1/rank, spread over the ids so that the busy ones are not the oldest.
CREATE FUNCTION pg_temp.zipf(row_number bigint, purpose bigint, n integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1 + (floor(power(n, pg_temp.unit(row_number, purpose)))::bigint * 7919) % n;

-- Words to fill a text with: `length` characters that differ from row to row.
CREATE FUNCTION pg_temp.prose(row_number bigint, length integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN left(repeat('The board weighs option ' || md5(row_number::text) || ' against the plan. ', 1 + length / 70), length);

INSERT INTO users (id, email, display_name, plan, preferences, is_admin, created_at, last_seen_at)
SELECT i,
       'user' || i || '@example.org',
       'User ' || i,
       CASE WHEN pg_temp.unit(i, 1) < 0.82 THEN 'free' WHEN pg_temp.unit(i, 1) < 0.97 THEN 'team' ELSE 'enterprise' END,
       jsonb_build_object('theme', CASE WHEN i % 3 = 0 THEN 'dark' ELSE 'light' END, 'digest', i % 5 = 0),
       i % 400 = 0,
       timestamptz '2024-01-01' + interval '540 days' * (i / 12000.0),
       CASE WHEN pg_temp.unit(i, 2) < 0.7 THEN timestamptz '2025-07-01' - interval '300 days' * pg_temp.unit(i, 3) ^ 2 END
FROM generate_series(1, 12000) AS i;

INSERT INTO boardrooms (id, owner_id, name, description, visibility, created_at)
SELECT i,
       pg_temp.zipf(i, 10, 12000),
       'Boardroom ' || i,
       pg_temp.prose(i, 60 + (120 * pg_temp.unit(i, 11))::int),
       CASE WHEN pg_temp.unit(i, 12) < 0.75 THEN 'private' WHEN pg_temp.unit(i, 12) < 0.95 THEN 'team' ELSE 'public' END,
       timestamptz '2024-01-01' + interval '540 days' * (i / 10000.0)
FROM generate_series(1, 10000) AS i;

-- Sessions of the last days are mostly still active; a few old ones were never closed. 95 early ones are standing
-- sessions of the busiest users: a board that has met in the same session for a year.
INSERT INTO sessions (id, boardroom_id, user_id, title, summary, is_active, created_at, last_activity_at, ended_at)
SELECT i,
       pg_temp.zipf(i, 20, 10000),
       CASE WHEN standing THEN 1 + ((1 + i / 200 % 40) * 7919) % 12000 ELSE pg_temp.zipf(i, 21, 12000) END,
       'Session ' || i || ' on ' || (ARRAY['budget', 'hiring', 'roadmap', 'pricing', 'launch', 'risk'])[1 + i % 6],
       CASE WHEN NOT active THEN pg_temp.prose(i, 80 + (200 * pg_temp.unit(i, 22))::int) END,
       active,
       born,
       CASE WHEN standing THEN timestamptz '2025-06-30' ELSE born + interval '3 hours' * pg_temp.unit(i, 23) END,
       CASE WHEN NOT active THEN born + interval '3 hours' END
FROM (SELECT i,
             i % 200 = 7 AND i < 19000 AS standing,
             timestamptz '2025-07-01' - interval '365 days' * (1 - (i / 60000.0) ^ 0.6) - interval '3 hours' AS born,
             i % 200 = 7 AND i < 19000 OR pg_temp.unit(i, 24) < CASE WHEN i > 57000 THEN 0.8 ELSE 0.06 END AS active
      FROM generate_series(1, 60000) AS i) AS session;

-- Most sessions have one to three threads, opened within minutes; a standing session has some nine hundred, opened over
-- the whole year, so that they lie all over the table. Only young threads are open.
INSERT INTO threads (id, session_id, thread_type, status, title, created_at, updated_at)
SELECT row_number() OVER (ORDER BY born, session_id, n),
       session_id,
       CASE WHEN n = 1 THEN 'main'
            WHEN pg_temp.unit(seed, 30) < 0.62 THEN 'discussion'
            WHEN pg_temp.unit(seed, 30) < 0.88 THEN 'research'
            WHEN pg_temp.unit(seed, 30) < 0.97 THEN 'decision'
            ELSE 'incident' END,
       CASE WHEN active AND pg_temp.unit(seed, 31) < CASE WHEN born > '2025-06-10' THEN 0.6 ELSE 0.02 END THEN 'open'
            WHEN pg_temp.unit(seed, 31) < 0.3 THEN 'resolved'
            ELSE 'archived' END,
       'Thread ' || n || ' of session ' || session_id,
       born,
       born + interval '2 hours' * pg_temp.unit(seed, 32)
FROM (SELECT s.id AS session_id, n, s.id * 10000 + n AS seed, s.is_active AS active,
             CASE WHEN s.standing
                  THEN s.created_at + (timestamptz '2025-06-30 20:00' - s.created_at) * pg_temp.unit(s.id * 10000 + n, 34)
                  ELSE s.created_at + interval '1 minute' * n END AS born
      FROM (SELECT *, id % 200 = 7 AND id < 19000 AS standing FROM sessions) AS s
      CROSS JOIN LATERAL generate_series(1, CASE WHEN s.standing THEN 600 + (s.id % 601)::int
          ELSE least(12, floor((1 - pg_temp.unit(s.id, 33)) ^ -0.5)::int) END) AS n) AS thread;

-- A thread's messages: one to many, people and agents in turn; what came in on the last evening is unread.
INSERT INTO messages (id, thread_id, user_id, role, content, token_count, is_read, created_at)
SELECT row_number() OVER (ORDER BY t.id, n),
       t.id,
       CASE WHEN n % 2 = 1 THEN s.user_id WHEN pg_temp.unit(t.id * 1000 + n, 40) < 0.15 THEN pg_temp.zipf(t.id * 1000 + n, 41, 12000) END,
       CASE WHEN n % 2 = 1 THEN 'user' WHEN pg_temp.unit(t.id * 1000 + n, 40) < 0.15 THEN 'guest' ELSE 'agent' END,
       pg_temp.prose(t.id * 1000 + n, 40 + (260 * pg_temp.unit(t.id * 1000 + n, 42) ^ 2)::int),
       (20 + 900 * pg_temp.unit(t.id * 1000 + n, 43) ^ 3)::int,
       t.created_at < timestamptz '2025-06-30 12:00' OR pg_temp.unit(t.id * 1000 + n, 44) < 0.2,
       t.created_at + interval '40 seconds' * n
FROM threads AS t
JOIN sessions AS s ON s.id = t.session_id
CROSS JOIN LATERAL generate_series(1, least(200, floor(1.75 * (1 - pg_temp.unit(t.id, 45)) ^ -0.55)::int)) AS n;

-- Agents ran tools; nearly all of it is long done.
INSERT INTO tool_runs (id, message_id, tool_name, status, arguments, result, duration_ms, created_at, finished_at)
SELECT row_number() OVER (ORDER BY m.id),
       m.id,
       (ARRAY['search', 'search', 'search', 'fetch', 'fetch', 'python', 'sql', 'mail'])[1 + (8 * pg_temp.unit(m.id, 50))::int % 8],
       status,
       jsonb_build_object('query', md5(m.id::text), 'depth', m.id % 4),
       CASE WHEN status = 'succeeded' THEN pg_temp.prose(m.id, 30 + (150 * pg_temp.unit(m.id, 51))::int) END,
       CASE WHEN status IN ('succeeded', 'failed') THEN (30 + 8000 * pg_temp.unit(m.id, 52) ^ 4)::int END,
       m.created_at,
       CASE WHEN status IN ('succeeded', 'failed') THEN m.created_at + interval '8 seconds' * pg_temp.unit(m.id, 52) ^ 4 END
FROM (SELECT id, created_at,
             CASE WHEN pg_temp.unit(id, 53) < CASE WHEN created_at > timestamptz '2025-06-29' THEN 0.1 ELSE 0.001 END THEN 'pending'
                  WHEN pg_temp.unit(id, 53) > 0.999 THEN 'running'
                  WHEN pg_temp.unit(id, 53) > 0.985 THEN 'failed'
                  ELSE 'succeeded' END AS status
      FROM messages
      WHERE role = 'agent' AND pg_temp.unit(id, 54) < 0.6) AS m;

SELECT setval(pg_get_serial_sequence(name, 'id'), top)
FROM (SELECT 'users' AS name, max(id) AS top FROM users
      UNION ALL SELECT 'boardrooms', max(id) FROM boardrooms
      UNION ALL SELECT 'sessions', max(id) FROM sessions
      UNION ALL SELECT 'threads', max(id) FROM threads
      UNION ALL SELECT 'messages', max(id) FROM messages
      UNION ALL SELECT 'tool_runs', max(id) FROM tool_runs) AS tops \g /dev/null

RESET session_replication_role;
VACUUM (ANALYZE) users, boardrooms, sessions, threads, messages, tool_runs;
