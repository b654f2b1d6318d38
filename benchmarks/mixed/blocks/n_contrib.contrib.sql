-- Operators that extensions own: trigrams, hstore, citext, intarray, b-tree in GIN and GiST.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA mix;
CREATE EXTENSION IF NOT EXISTS citext SCHEMA mix;
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA mix;
CREATE EXTENSION IF NOT EXISTS ltree SCHEMA mix;
CREATE EXTENSION IF NOT EXISTS intarray SCHEMA mix;
CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA mix;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA mix;
-- A metapage of an unlogged index is written by no checkpoint: only pageinspect sees it.
CREATE EXTENSION IF NOT EXISTS pageinspect;
CREATE INDEX <<name>> ON mix.scratch USING gin (ts);
CREATE TABLE mix.mail (id integer PRIMARY KEY, address mix.citext, body text, extra mix.hstore, path mix.ltree, codes integer[], room integer, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO mix.mail SELECT n, 'User' || n % 3000 || '@Example.com', 'some text ' || md5(n::text) || ' the end ' || n % 40, mix.hstore('k' || n % 9, (n % 77)::text), ('top.a' || n % 9 || '.b' || n % 90)::mix.ltree, ARRAY[n % 40, n % 70], n,
    tsrange(timestamp '2024-01-01' + n * interval '1 hour', timestamp '2024-01-01' + n * interval '1 hour' + interval '9 hours') FROM generate_series(1, 8000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.mail (address);
CREATE INDEX <<name>> ON mix.mail USING <<pick gin (body mix.gin_trgm_ops)|gist (body mix.gist_trgm_ops)>>;
CREATE INDEX <<name>> ON mix.mail USING gin (extra);
CREATE INDEX <<name>> ON mix.mail USING gist (path);
CREATE INDEX <<name>> ON mix.mail USING gin (codes mix.gin__int_ops);
CREATE INDEX <<name>> ON mix.mail USING gin (room, codes);
-- end
--? mail: address OPERATOR(mix.=) 'user<<int 1 3000>>@example.com'::mix.citext
--? mail: body LIKE '%<<pick ab12|9f|e 1|text>>%'
--? mail: body ILIKE '%The End <<int 1 40>>'
--? mail: extra OPERATOR(mix.@>) 'k<<int 0 9>>=><<int 0 80>>'::mix.hstore
--? mail: path OPERATOR(mix.<@) 'top.a<<int 0 9>>'::mix.ltree
--? mail: codes OPERATOR(mix.@>) ARRAY[<<int 0 70>>]
--? mail: room < <<int 1 8000>> AND codes OPERATOR(pg_catalog.@>) ARRAY[<<int 0 40>>]
