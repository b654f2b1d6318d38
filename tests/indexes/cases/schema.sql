-- The database of the conformance cases: mixed types, skew, correlation, NULLs; a fixed seed.
SET synchronous_commit = on; -- else VACUUM dare not call pages of fresh rows all-visible
SELECT setseed(0.4);
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TYPE mood AS ENUM ('calm', 'busy', 'lost');

CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL);
INSERT INTO countries SELECT chr(65 + i / 26) || chr(65 + i % 26), 'country ' || i FROM generate_series(0, 59) AS i;

CREATE TABLE customers (
    id int PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, country char(2) NOT NULL, status text NOT NULL,
    is_vip boolean NOT NULL, created_at timestamptz NOT NULL, deleted_at timestamptz, attributes jsonb NOT NULL,
    tags text[] NOT NULL, location point NOT NULL, feeling mood NOT NULL, age int, address inet, referrer int
);
INSERT INTO customers
SELECT i, 'User' || i || '@example.org', (ARRAY['Ada', 'Ben', 'Cleo', 'Dan', 'Eve'])[1 + (random() * 4.99)::int % 5] || ' ' || md5(i::text),
       chr(65 + (power(random(), 2) * 59)::int / 26) || chr(65 + (power(random(), 2) * 59)::int % 26),
       (ARRAY['active', 'active', 'active', 'paused', 'closed'])[1 + (random() * 4.99)::int % 5], random() < 0.02,
       timestamptz '2023-01-01' + i * interval '40 minutes', CASE WHEN random() < 0.03 THEN timestamptz '2024-06-01' END,
       jsonb_build_object('plan', (ARRAY['free', 'pro', 'team'])[1 + (random() * 2.99)::int % 3], 'score', (random() * 1000)::int, 'ref', 'r' || (random() * 4000)::int),
       ARRAY['t' || (random() * 300)::int, 't' || (random() * 3000)::int], point(random() * 100, random() * 100),
       (ARRAY['calm', 'busy', 'lost'])[1 + floor(power(random(), 6) * 3)::int]::mood, CASE WHEN random() < 0.3 THEN NULL ELSE (random() * 80)::int END,
       ('10.' || (random() * 255)::int || '.' || (random() * 255)::int || '.' || (random() * 255)::int)::inet,
       CASE WHEN random() < 0.97 THEN NULL ELSE (random() * 20000)::int END
FROM generate_series(1, 20000) AS i;

CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), status text NOT NULL, total numeric(12, 2) NOT NULL,
    region int NOT NULL, created_at timestamptz NOT NULL, shipped_at timestamptz, note text, priority smallint NOT NULL,
    channel text NOT NULL, is_test boolean NOT NULL
);
INSERT INTO orders
SELECT i, 1 + (power(random(), 1.5) * 19999)::int, CASE WHEN r < 0.93 THEN 'done' WHEN r < 0.98 THEN 'open' WHEN r < 0.995 THEN 'failed' ELSE 'pending' END,
       (random() * 1000)::numeric(12, 2), (random() * 49)::int, timestamptz '2023-01-01' + i * interval '12 minutes',
       CASE WHEN random() < 0.95 THEN timestamptz '2023-01-03' + i * interval '12 minutes' END, 'note ' || md5((i * 7)::text), (random() * 4)::int,
       (ARRAY['web', 'shop', 'phone'])[1 + (random() * 2.99)::int % 3], random() < 0.01
FROM (SELECT i, random() AS r FROM generate_series(1, 60000) AS i) AS source;

CREATE TABLE order_items (
    order_id int NOT NULL REFERENCES orders (id) ON DELETE CASCADE, line int NOT NULL, product_id int NOT NULL, quantity int NOT NULL,
    price numeric(10, 2) NOT NULL, returned boolean NOT NULL, PRIMARY KEY (order_id, line)
);
INSERT INTO order_items
SELECT 1 + (i - 1) / 2, 1 + i % 2, 1 + (random() * 9999)::int, 1 + (random() * 9)::int, (random() * 100)::numeric(10, 2), random() < 0.005
FROM generate_series(1, 120000) AS i;

CREATE TABLE products (
    id int PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, category int NOT NULL, price numeric(10, 2) NOT NULL,
    active boolean NOT NULL, description text NOT NULL, search tsvector NOT NULL, weight real, parent_id int
);
INSERT INTO products
SELECT i, 'SKU-' || lpad(i::text, 8, '0'), 'Product ' || md5(i::text), (random() * 200)::int, (random() * 500)::numeric(10, 2), random() < 0.9,
       'long text about ' || md5((i * 3)::text) || ' and ' || md5((i * 5)::text),
       to_tsvector('simple', 'w' || (random() * 2000)::int || ' x' || (random() * 500)::int || ' y' || (random() * 9000)::int),
       (random() * 40)::real, CASE WHEN random() < 0.5 THEN (random() * 10000)::int END
FROM generate_series(1, 10000) AS i;

CREATE TABLE events (
    id bigint PRIMARY KEY, device_id int NOT NULL, kind smallint NOT NULL, happened_at timestamptz NOT NULL, day date NOT NULL,
    level int NOT NULL, payload jsonb NOT NULL, session uuid NOT NULL, value double precision NOT NULL
);
INSERT INTO events
SELECT i, (random() * 500)::int, (power(random(), 3) * 20)::int, timestamptz '2024-01-01' + i * interval '1 minute', date '2024-01-01' + i / 1440,
       (power(random(), 8) * 6)::int, jsonb_build_object('code', (random() * 500)::int, 'ok', random() < 0.99), md5((i / 20)::text)::uuid, random() * 1e6
FROM generate_series(1, 100000) AS i;

CREATE TABLE bookings (id int PRIMARY KEY, room_id int NOT NULL, during tstzrange NOT NULL, guest text NOT NULL, price int4range);
INSERT INTO bookings
SELECT i, (random() * 100)::int, tstzrange(timestamptz '2024-01-01' + i * interval '30 minutes', timestamptz '2024-01-01' + i * interval '30 minutes' + (random() * 48) * interval '1 hour'),
       'guest ' || i, int4range((random() * 1000)::int, 1001 + (random() * 100)::int)
FROM generate_series(1, 20000) AS i;

CREATE TABLE documents (
    id int PRIMARY KEY, owner_id int NOT NULL, path text COLLATE "C" NOT NULL, title text NOT NULL, body text NOT NULL, digest text NOT NULL,
    parent_id int, version int NOT NULL, updated_at timestamptz NOT NULL
);
INSERT INTO documents
SELECT i, (power(random(), 2) * 2000)::int, '/home/u' || (i % 900) || '/f' || i, 'Title ' || md5(i::text), repeat(md5((i * 11)::text) || ' ', 6),
       md5(i::text) || md5((i + 1)::text), CASE WHEN random() < 0.8 THEN (random() * 30000)::int END, (random() * 9)::int,
       timestamptz '2024-01-01' + random() * interval '300 days'
FROM generate_series(1, 30000) AS i;

CREATE TABLE measurements (sensor int NOT NULL, taken_at timestamptz NOT NULL, value double precision NOT NULL, flag boolean NOT NULL)
PARTITION BY RANGE (taken_at);
CREATE TABLE measurements_1 PARTITION OF measurements FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE measurements_2 PARTITION OF measurements FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE measurements_3 PARTITION OF measurements FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
INSERT INTO measurements
SELECT (random() * 300)::int, timestamptz '2024-01-01' + i * interval '1 minute', random(), random() < 0.02 FROM generate_series(0, 120000) AS i;

CREATE TABLE "Mixed Case" ("Id" int PRIMARY KEY, "userId" int NOT NULL, "größe" int NOT NULL, "select" text NOT NULL);
INSERT INTO "Mixed Case" SELECT i, (random() * 3000)::int, (random() * 500)::int, 'v' || (random() * 2000)::int FROM generate_series(1, 20000) AS i;

CREATE INDEX ix_orders_region ON orders (region);
CREATE INDEX ix_documents_owner_version ON documents (owner_id, version);
CREATE INDEX ix_products_category ON products (category);

VACUUM (ANALYZE);
