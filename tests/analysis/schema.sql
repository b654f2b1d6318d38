CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE SCHEMA shop;
CREATE SCHEMA archive;
CREATE TYPE order_status AS ENUM ('open', 'paid', 'shipped', 'done');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');

CREATE TABLE organisations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    plan text NOT NULL DEFAULT 'free'
);
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id bigint REFERENCES organisations (id),
    name text NOT NULL,
    email email NOT NULL UNIQUE,
    nick varchar(40),
    code char(8),
    active boolean NOT NULL DEFAULT true,
    age integer,
    score numeric(8, 2),
    rating real,
    tags text[],
    settings jsonb NOT NULL DEFAULT '{}',
    born date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamp,
    search tsvector,
    lower_name text GENERATED ALWAYS AS (lower(name)) STORED,
    token uuid,
    address inet,
    title text COLLATE "C",
    full_name text GENERATED ALWAYS AS (name || ' ' || nick) VIRTUAL
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    status order_status NOT NULL DEFAULT 'open',
    kind text NOT NULL DEFAULT 'web',
    total numeric(10, 2) NOT NULL DEFAULT 0,
    note text,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE TABLE items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders (id),
    sku text NOT NULL,
    quantity integer NOT NULL DEFAULT 1,
    price numeric(10, 2)
);
CREATE TABLE shop.orders (id integer PRIMARY KEY, shop_id integer NOT NULL, placed date);
CREATE TABLE archive.orders (id integer PRIMARY KEY, archived_on date);
CREATE TABLE events (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    user_id bigint,
    kind text,
    payload jsonb
) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE places (id integer PRIMARY KEY, name text, spot point, area box);
CREATE TABLE capitals (country text) INHERITS (places);
CREATE TABLE bookings (id integer PRIMARY KEY, room integer, during tstzrange, seats int4range, days int4multirange);
CREATE TABLE "Größe" ("Id" integer PRIMARY KEY, "Ort name" text, "höhe" numeric, "select" boolean);
CREATE TABLE nodes (id integer PRIMARY KEY, parent_id integer REFERENCES nodes (id), name text, depth smallint);

CREATE VIEW active_users AS SELECT id, email, name, created_at FROM users WHERE active;
CREATE VIEW user_totals AS
    SELECT u.id AS user_id, u.name, count(*) AS orders, sum(o.total) AS total
    FROM users u JOIN orders o ON o.user_id = u.id
    GROUP BY u.id, u.name;
CREATE VIEW open_orders AS SELECT * FROM orders WHERE deleted_at IS NULL AND status = 'open';
CREATE VIEW open_order_items AS
    SELECT i.*, o.user_id FROM open_orders o JOIN items i ON i.order_id = o.id;
CREATE MATERIALIZED VIEW daily AS SELECT date_trunc('day', created_at) AS day, count(*) AS n FROM orders GROUP BY 1;
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper($1) || '!' $$;
CREATE FUNCTION whisper(text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN lower($1); END $$;
CREATE SEQUENCE nodes_seq;
