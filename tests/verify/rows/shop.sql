-- A shop with what rows are hard to make for: keys of several columns, checks over two, domains, partitions, skew.
SELECT setseed(0.42);
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TYPE plan AS ENUM ('free', 'team', 'enterprise');
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE TABLE tenants (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, plan plan NOT NULL);
CREATE TABLE users (
    id bigserial PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenants, boss bigint REFERENCES users,
    mail email NOT NULL, city text, zip integer, tags text[], preferences jsonb NOT NULL, active boolean NOT NULL,
    share numeric(4,3) CHECK (share BETWEEN 0 AND 1), began timestamptz NOT NULL, ended timestamptz,
    during int4range, words tsvector, shout text GENERATED ALWAYS AS (upper(city)) STORED,
    CHECK (ended IS NULL OR ended >= began), CHECK (active = (ended IS NULL)));
CREATE UNIQUE INDEX one_mail ON users (lower(mail));
CREATE UNIQUE INDEX one_gone ON users (began) WHERE NOT active;
CREATE STATISTICS places (ndistinct, dependencies, mcv) ON city, zip FROM users;
CREATE TABLE members (user_id bigint REFERENCES users ON DELETE CASCADE, tenant_id bigint REFERENCES tenants, role text NOT NULL,
    PRIMARY KEY (user_id, tenant_id));
CREATE TABLE orders (id bigint NOT NULL, user_id bigint NOT NULL REFERENCES users, placed date NOT NULL, state text NOT NULL,
    PRIMARY KEY (id, placed)) PARTITION BY RANGE (placed);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE lines (order_id bigint NOT NULL, placed date NOT NULL, line smallint NOT NULL, price numeric(9,2) NOT NULL,
    PRIMARY KEY (order_id, placed, line), FOREIGN KEY (order_id, placed) REFERENCES orders);
CREATE TABLE visits (id uuid PRIMARY KEY, user_id bigint REFERENCES users, at timestamp NOT NULL) PARTITION BY HASH (id);
CREATE TABLE visits_0 PARTITION OF visits FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE untouched (id integer PRIMARY KEY, note text);

INSERT INTO tenants (name, plan) SELECT 'Tenant ' || n, (ARRAY['free', 'free', 'free', 'team', 'enterprise'])[1 + n % 5]::plan FROM generate_series(1, 60) n;
INSERT INTO users (tenant_id, boss, mail, city, zip, tags, preferences, active, share, began, ended, during, words)
SELECT 1 + floor(60 * random() ^ 3), CASE WHEN n > 10 AND n % 3 = 0 THEN 1 + n % 9 END, 'user' || n || '@example.org',
       CASE WHEN n % 10 > 0 THEN 'City ' || place END, 100 * place + (random() < 0.1)::int, ARRAY['t' || n % 7, 't' || n % 3],
       jsonb_build_object('theme', CASE WHEN n % 4 = 0 THEN 'dark' ELSE 'light' END, 'token', md5(n::text)),
       NOT gone, round(random()::numeric, 3), began, CASE WHEN gone THEN began + interval '30 days' END,
       int4range(n % 50, n % 50 + 5), to_tsvector('simple', 'word' || n % 20 || ' other' || n % 3)
FROM (SELECT n, 1 + floor(40 * random() ^ 2)::int AS place, random() < 0.2 AS gone,
             '2024-01-01'::timestamptz + n * interval '1 hour' AS began FROM generate_series(1, 4000) n) s;
INSERT INTO members SELECT u, t, CASE WHEN t % 4 = 0 THEN 'owner' ELSE 'guest' END
FROM generate_series(1, 2500) u, LATERAL (SELECT DISTINCT 1 + (u * 7 + k * k * 11) % 60 AS t FROM generate_series(1, 1 + u % 4) k) s;
INSERT INTO orders SELECT n, 1 + floor(4000 * random() ^ 2), date '2024-01-01' + n / 10, CASE WHEN n % 20 = 0 THEN 'open' ELSE 'done' END
FROM generate_series(1, 7000) n;
INSERT INTO lines SELECT o.id, o.placed, l, round((random() * 100)::numeric, 2) FROM orders o, generate_series(1, 1 + o.id % 4) l;
INSERT INTO visits SELECT gen_random_uuid(), 1 + floor(4000 * random()), '2025-01-01'::timestamp + n * interval '1 minute' FROM generate_series(1, 5000) n;
VACUUM ANALYZE;
