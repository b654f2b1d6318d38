-- Stands for production: what `advisor snapshot` was taken of.
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
    id int PRIMARY KEY,
    customer_id int NOT NULL REFERENCES customers,
    placed timestamp NOT NULL,
    total numeric NOT NULL
);
INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(1, 2000) i;
INSERT INTO orders
SELECT i, i % 2000 + 1, timestamp '2026-01-01' + i * interval '1 minute', i % 97 FROM generate_series(1, 60000) i;
CREATE INDEX ix_orders_customer_id_placed ON orders (customer_id, placed);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
