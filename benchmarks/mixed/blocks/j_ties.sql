-- Indexes that cost the same: only their order decides.
CREATE TABLE mix.tie (a integer, b integer, c integer, d text);
CREATE TABLE mix.twins (a integer NOT NULL, b integer NOT NULL);
INSERT INTO mix.tie SELECT n % 200, n % 200, n, 'd' || n % 9 FROM generate_series(1, 8000) n;
INSERT INTO mix.twins SELECT n, n FROM generate_series(1, 3000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.tie (a);
CREATE INDEX <<name>> ON mix.tie (a);
CREATE INDEX <<name>> ON mix.tie (a, c);
CREATE INDEX <<name>> ON mix.tie (b, c);
CREATE INDEX <<name>> ON mix.tie (a, b, c);
CREATE INDEX <<name>> ON mix.tie (b, a, c);
ALTER TABLE mix.twins ADD CONSTRAINT <<name>> UNIQUE (a);
ALTER TABLE mix.twins ADD CONSTRAINT <<name>> PRIMARY KEY (a);
CREATE UNIQUE INDEX <<name>> ON mix.twins (a);
CREATE UNIQUE INDEX <<name>> ON mix.twins (b);
-- end
--& tie t JOIN twins w ON t.c = w.a
--? tie: a = <<int 0 220>> AND b = <<int 0 220>>
--! SELECT a FROM mix.twins WHERE a = <<int 1 3000>>
--! SELECT * FROM mix.twins WHERE a = <<int 1 3000>> AND b = <<int 1 3000>>
--! SELECT count(*) FROM mix.twins
--! SELECT a FROM mix.tie WHERE a = <<int 1 200>>
