-- after each statement: what must be said of it
SET lock_timeout = '2s';
CREATE INDEX a ON orders (total);                                     --> fail MIG001
CREATE INDEX b ON customers (email);                                  --> warn MIG001
CREATE INDEX c ON options (name);
REINDEX TABLE orders;                                                 --> fail MIG001
DROP INDEX ix_orders_zip;                                             --> warn MIG001
CREATE INDEX CONCURRENTLY d ON orders (total);
ALTER TABLE orders ALTER COLUMN zip SET NOT NULL;                     --> fail MIG002
ALTER TABLE orders ALTER COLUMN id TYPE bigint;                       --> fail MIG003
ALTER TABLE orders ALTER COLUMN state TYPE varchar(40);
ALTER TABLE orders ADD CONSTRAINT e CHECK (total > 0);                --> fail MIG004
ALTER TABLE orders ADD CONSTRAINT f CHECK (total > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT f;
ALTER TABLE orders ADD CONSTRAINT g FOREIGN KEY (customer_id) REFERENCES customers;  --> fail MIG004
ALTER TABLE orders ADD CONSTRAINT h UNIQUE (id, zip);                 --> fail MIG004
ALTER TABLE orders ADD COLUMN i uuid DEFAULT gen_random_uuid();       --> fail MIG005
ALTER TABLE orders ADD COLUMN j int DEFAULT 7;
ALTER TABLE orders ADD COLUMN k bigserial;                            --> fail MIG005
ALTER TABLE customers RENAME COLUMN email TO mail;                    --> fail MIG006
ALTER TABLE customers RENAME COLUMN unread TO never_read;             --> info MIG006
BEGIN;
ALTER TABLE orders ADD COLUMN l int;
ALTER TABLE customers ADD COLUMN m int;                               --> warn MIG008
COMMIT;
ALTER TABLE orders DROP COLUMN total;                                 --> fail MIG009
ALTER TABLE orders DROP COLUMN j;
VACUUM FULL orders;                                                   --> fail MIG010
TRUNCATE orders;
RESET lock_timeout;
ALTER TABLE orders ADD COLUMN n int;                                  --> warn MIG007
ALTER TABLE orders ADD COLUMN o int;
CREATE TABLE fresh (id int, order_id int);
CREATE INDEX p ON fresh (id);
ALTER TABLE fresh ALTER COLUMN id TYPE bigint;
DROP TABLE fresh;
DROP TABLE customers CASCADE;                                         --> fail MIG009
