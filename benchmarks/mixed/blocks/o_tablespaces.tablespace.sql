-- A slow and a fast tablespace: the cost of a page depends on where a table or an index lies.
SET allow_in_place_tablespaces = on;
CREATE TABLE mix.placed (id integer PRIMARY KEY, kind integer, at date) TABLESPACE mixed_slow;
INSERT INTO mix.placed SELECT n, n % 70, date '2024-01-01' + n % 300 FROM generate_series(1, 9000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.placed (kind, at) TABLESPACE mixed_fast;
CREATE INDEX <<name>> ON mix.placed (at) TABLESPACE mixed_slow;
CREATE INDEX <<name>> ON mix.placed (at, id);
-- end
--& placed p JOIN late l ON p.id = l.id
--! SELECT * FROM mix.placed WHERE kind = <<int 1 80>> AND at > '2024-0<<int 1 9>>-01'
