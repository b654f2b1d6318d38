-- A compact schema with every kind of index and statistics the twin must carry. Deterministic: no random().
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN shop.score AS integer CHECK (VALUE >= 0);

CREATE TABLE shop.person (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    "Full Name" varchar(60) NOT NULL,
    nickname text COLLATE "C",
    mood shop.mood NOT NULL,
    score shop.score,
    tags text[] NOT NULL,
    numbers integer[],
    profile jsonb NOT NULL,
    active daterange,
    document tsvector,
    place point,
    born date,
    deleted_at timestamptz
);
CREATE TABLE shop.event (
    id bigint NOT NULL,
    person_id integer NOT NULL,
    kind text NOT NULL,
    amount numeric(12, 2),
    created timestamptz NOT NULL
) PARTITION BY RANGE (created);
CREATE TABLE shop.event_2024 PARTITION OF shop.event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE shop.event_2025 PARTITION OF shop.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY HASH (person_id);
CREATE TABLE shop.event_2025_0 PARTITION OF shop.event_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.event_2025_1 PARTITION OF shop.event_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.event_rest PARTITION OF shop.event DEFAULT;
CREATE TABLE shop.parent (id integer, note text);
CREATE TABLE shop.child (extra integer) INHERITS (shop.parent);
CREATE TABLE shop.tiny (id integer PRIMARY KEY, label text);
CREATE TABLE shop.empty (id integer PRIMARY KEY, label text);
CREATE TABLE shop.log (id bigint, at timestamp NOT NULL, level smallint, message text);

INSERT INTO shop.person
SELECT n, 'user' || n || '@example.com',
       (ARRAY['Ada', 'Béla', 'Carl', 'Dörte', 'Eve'])[1 + n % 5] || ' ' || (n * 7919 % 9973),
       CASE WHEN n % 3 = 0 THEN NULL ELSE 'nick' || n % 500 END,
       (ARRAY['sad', 'ok', 'happy'])[1 + (n % 10) / 5 + (n % 10) / 9]::shop.mood, n * 31 % 1000,
       ARRAY['tag' || n % 13, 'tag' || n % 7, 'x' || n % 101], ARRAY[n % 3, n % 17, n % 170],
       jsonb_build_object('city', 'city ' || n % 40, 'n', n % 77, 'deep', jsonb_build_object('k', n % 5)),
       daterange(date '2020-01-01' + n % 700, date '2020-01-01' + n % 700 + 1 + n % 90),
       to_tsvector('english', 'word' || n % 211 || ' common term' || n % 17), point(n % 100, n % 91),
       date '1950-01-01' + n * 37 % 20000, CASE WHEN n % 20 = 0 THEN timestamptz '2024-06-01' + n * interval '1 hour' END
FROM generate_series(1, 12000) n;
INSERT INTO shop.event
SELECT n, 1 + n * 7919 % 12000, (ARRAY['view', 'view', 'view', 'buy', 'refund'])[1 + n % 5], n % 10000 / 7.0,
       timestamptz '2024-01-01' + n * interval '20 minutes'
FROM generate_series(1, 60000) n;
INSERT INTO shop.parent SELECT n, 'note ' || n FROM generate_series(1, 3000) n;
INSERT INTO shop.child SELECT n, 'child ' || n % 50, n % 9 FROM generate_series(3001, 9000) n;
INSERT INTO shop.tiny SELECT n, 'label ' || n FROM generate_series(1, 5) n;
INSERT INTO shop.log
SELECT n, timestamp '2025-01-01' + n * interval '3 seconds', n % 6, 'message number ' || n || ' of ' || md5(n::text)
FROM generate_series(1, 80000) n;

CREATE INDEX ON shop.person (lower("Full Name"));
CREATE INDEX ON shop.person ("Full Name" text_pattern_ops) INCLUDE (email);
CREATE INDEX ON shop.person (nickname, born DESC NULLS LAST);
CREATE INDEX ON shop.person (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ON shop.person (score) WHERE mood = 'happy';
CREATE INDEX ON shop.person USING hash (born);
CREATE INDEX ON shop.person USING gin (tags);
CREATE INDEX ON shop.person USING gin (numbers);
CREATE INDEX ON shop.person USING gin (profile jsonb_path_ops);
CREATE INDEX ON shop.person USING gin (document);
CREATE INDEX ON shop.person USING gist (active);
CREATE INDEX ON shop.person USING gist (place);
CREATE INDEX ON shop.person USING spgist (email);
CREATE INDEX ON shop.person (((profile ->> 'n')::integer));
CREATE INDEX ON shop.person ((profile ->> 'city'), score);
ALTER TABLE shop.event ADD PRIMARY KEY (id, created, person_id);
CREATE INDEX ON shop.event (person_id, created);
CREATE INDEX ON shop.event (kind) WHERE kind <> 'view';
CREATE INDEX ON shop.child (id);
CREATE INDEX ON shop.log USING brin (at) WITH (pages_per_range = 16);
CREATE INDEX ON shop.log (level, id);
CREATE VIEW shop.buyer AS
SELECT p.id, p.email, count(*) AS bought, sum(e.amount) AS spent
FROM shop.person p JOIN shop.event e ON e.person_id = p.id WHERE e.kind = 'buy' GROUP BY p.id;
CREATE MATERIALIZED VIEW shop.daily AS
SELECT date_trunc('day', created) AS day, kind, count(*) AS n FROM shop.event GROUP BY 1, 2;
CREATE INDEX ON shop.daily (day);
VACUUM ANALYZE;
