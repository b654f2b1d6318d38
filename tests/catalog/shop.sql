-- A small database with one of everything that a snapshot must carry.
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE SCHEMA crm;
CREATE TYPE crm.stage AS ENUM ('lead', 'trial', 'paying', 'lost');
CREATE DOMAIN crm.email AS varchar(80) CHECK (VALUE LIKE '%@%');
CREATE TABLE crm.customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email crm.email NOT NULL UNIQUE,
  name text COLLATE "C" NOT NULL,
  stage crm.stage NOT NULL DEFAULT 'lead',
  score numeric(8, 2),
  tags text[] NOT NULL,
  profile jsonb NOT NULL,
  active boolean NOT NULL,
  visits int4range NOT NULL,
  token uuid NOT NULL,
  seen timestamptz,
  born date,
  slot interval,
  address inet,
  raw bytea,
  ratio double precision,
  initials char(3),
  doubled numeric GENERATED ALWAYS AS (score * 2) STORED
) WITH (fillfactor = 80);
CREATE TABLE crm."Order Lines" (
  "Id" integer NOT NULL,
  customer_id bigint NOT NULL REFERENCES crm.customers ON DELETE CASCADE,
  placed timestamp NOT NULL,
  amount integer CHECK (amount > 0),
  PRIMARY KEY ("Id", placed)
) PARTITION BY RANGE (placed);
CREATE TABLE crm.lines_2024 PARTITION OF crm."Order Lines" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE crm.lines_2025 PARTITION OF crm."Order Lines" FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX lines_amount ON crm."Order Lines" (amount DESC NULLS LAST, placed) INCLUDE (customer_id);
CREATE INDEX customers_lower ON crm.customers (lower(name) text_pattern_ops, (score + 1) DESC) WHERE active AND stage = 'paying';
CREATE INDEX customers_name_de ON crm.customers (name COLLATE "POSIX", seen NULLS FIRST) WITH (fillfactor = 70);
CREATE INDEX customers_profile ON crm.customers USING gin (profile jsonb_path_ops);
CREATE INDEX customers_seen ON crm.customers USING brin (seen) WITH (pages_per_range = 16);
CREATE INDEX customers_token ON crm.customers USING hash (token);
CREATE VIEW crm.paying AS SELECT id, name FROM crm.customers WHERE stage = 'paying';
CREATE MATERIALIZED VIEW crm.per_stage AS SELECT stage, count(*) AS customers FROM crm.customers GROUP BY stage;

SELECT setseed(0.42);
INSERT INTO crm.customers (email, name, stage, score, tags, profile, active, visits, token, seen, born, slot, address,
                           raw, ratio, initials)
SELECT 'person' || i || '@secret-domain.example',
       'Secret Name ' || (i % 700),
       (ARRAY['lead', 'trial', 'paying', 'lost']::crm.stage[])[1 + floor(random() ^ 3 * 4)::int],
       CASE WHEN i % 9 > 0 THEN round((random() * 4000)::numeric, 2) END,
       ARRAY['secret-tag-' || i % 17, 'secret-tag-' || i % 5],
       jsonb_build_object('secret-key', 'secret-value-' || i % 40),
       i % 4 > 0,
       int4range(i % 90, i % 90 + 1 + i % 7),
       ('77777777-0000-4000-8000-' || lpad((i % 600)::text, 12, '0'))::uuid,
       timestamptz '2024-03-01 12:34:56+00' + (i % 800) * interval '97 minutes',
       date '1951-02-03' + i % 900,
       (i % 60) * interval '13 minutes 7 seconds',
       ('203.0.113.' || i % 250)::inet,
       decode(md5((i % 300)::text), 'hex'),
       CASE WHEN i % 50 = 0 THEN 'Infinity' ELSE (i % 444) * 1.37::double precision END,
       (ARRAY['QXZ', 'QWV', 'QKJ'])[1 + i % 3]
  FROM generate_series(1, 5000) AS i;
INSERT INTO crm."Order Lines"
SELECT i, 1 + (random() ^ 2 * 4999)::int, timestamp '2024-01-02' + (i % 700) * interval '1 day', 7654300 + i % 333
  FROM generate_series(1, 20000) AS i;
REFRESH MATERIALIZED VIEW crm.per_stage;
ANALYZE;
