CREATE TABLE customers (id int PRIMARY KEY, email varchar(80), code char(8), since timestamp, score int, note text);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int, zip text, total numeric(10,2), placed_at timestamptz DEFAULT now(),
    state varchar(20) NOT NULL, paid boolean, doc jsonb
);
CREATE INDEX ix_orders_zip ON orders (zip);
CREATE UNIQUE INDEX ux_orders_paid ON orders (id, state);
CREATE TABLE lines (order_id int NOT NULL REFERENCES orders, product int, amount int CHECK (amount > 0));
CREATE TABLE proven (id int, zip text, CONSTRAINT zip_there CHECK (zip IS NOT NULL));
CREATE TABLE unproven (id int, zip text);
ALTER TABLE unproven ADD CONSTRAINT zip_short CHECK (length(zip) < 20) NOT VALID;
CREATE TABLE parts (id int, at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE parts_3 (id int, at date NOT NULL, v int);
CREATE TABLE parts_4 (id int, at date NOT NULL, v int, CHECK (at >= '2026-04-01' AND at < '2026-05-01'));
CREATE UNLOGGED TABLE scratch (id int, v text);
CREATE VIEW open_orders AS SELECT paid FROM orders WHERE NOT paid;
CREATE MATERIALIZED VIEW totals AS SELECT paid, count(*) FROM orders GROUP BY paid;
CREATE UNIQUE INDEX ux_totals ON totals (paid);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
