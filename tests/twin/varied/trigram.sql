-- Where the contrib modules are installed.
CREATE EXTENSION pg_trgm SCHEMA shop;
CREATE EXTENSION btree_gin SCHEMA shop;
CREATE INDEX ON shop.log USING gin (message shop.gin_trgm_ops);
CREATE INDEX ON shop.person USING gist ("Full Name" shop.gist_trgm_ops);
CREATE INDEX ON shop.log USING gin (level shop.int2_ops, message shop.gin_trgm_ops) WHERE level > 3;
VACUUM ANALYZE;
