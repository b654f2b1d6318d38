-- Never analysed, empty, tiny, unlogged, truncated, bloated, other schemas and quoted names, settings of a table.
CREATE SCHEMA "Other Schema";
CREATE TABLE mix.empty (id integer PRIMARY KEY, label text);
CREATE TABLE mix.tiny (id integer PRIMARY KEY, label text);
CREATE TABLE mix.fresh (id integer PRIMARY KEY, kind text, at timestamp);
CREATE UNLOGGED TABLE mix.scratch (id integer, kind char(3), big bigint, bits bit varying(20), money_ money, iv interval, x xml, ts tsvector, m macaddr);
CREATE TABLE "Other Schema"."Odd ""Name" ("Id" integer PRIMARY KEY, "select" text, "ünï" date) WITH (autovacuum_enabled = off);
CREATE TABLE mix.bloated (id integer, kind integer, pad text);
INSERT INTO mix.tiny SELECT n, 'l' || n FROM generate_series(1, 5) n;
INSERT INTO mix.scratch SELECT n, 'k' || n % 30, n::bigint * 1000000, (n % 64)::bit(6), n, n % 500 * interval '1 hour', NULL, to_tsvector('simple', 'word' || n % 211 || ' common t' || n % 17), ('08:00:2b:01:02:' || lpad(to_hex(n % 256), 2, '0'))::macaddr FROM generate_series(1, 7000) n;
INSERT INTO "Other Schema"."Odd ""Name" SELECT n, 'v' || n % 300, date '2022-01-01' + n % 800 FROM generate_series(1, 3000) n;
INSERT INTO mix.bloated SELECT n, n % 40, repeat('x', 200) FROM generate_series(1, 6000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.scratch (kind);
CREATE INDEX <<name>> ON mix.scratch (iv, big);
CREATE INDEX <<name>> ON mix.scratch (m);
CREATE INDEX <<name>> ON mix.fresh (kind, at);
CREATE INDEX "Odd Index <<name>>" ON "Other Schema"."Odd ""Name" ("select", "Id");
CREATE INDEX <<name>> ON mix.bloated (kind);
CREATE INDEX <<name>> ON mix.bloated (id) WHERE kind < <<int 2 39>>;
-- end
--late DELETE FROM mix.bloated WHERE id % 5 <> 0;
--late INSERT INTO mix.fresh SELECT n, 'k' || n % 50, timestamp '2024-01-01' + n * interval '1 hour' FROM generate_series(1, <<int 100 9000>>) n;
--? scratch: ts @@ to_tsquery('simple', '<<pick word17|common & t3|t1 & !word3|wor:*>>')
--? scratch: iv > interval '<<int 10 500>> hours'
--? scratch: kind = 'k<<int 0 33>>'
--? fresh: kind = 'k<<int 0 50>>' AND at > '2024-0<<int 1 9>>-01'
--& fresh f JOIN tiny t ON f.id = t.id
--& empty e JOIN tiny t ON e.id = t.id
--! SELECT "select", count(*) FROM "Other Schema"."Odd ""Name" WHERE "ünï" > '2022-0<<int 1 9>>-10' GROUP BY 1
--! INSERT INTO mix.tiny VALUES (9, 'nine') ON CONFLICT (id) DO UPDATE SET label = excluded.label
--! INSERT INTO mix.empty SELECT id, title FROM mix.item WHERE score = <<int 1 30>>
--! MERGE INTO mix.tiny t USING mix.empty e ON e.id = t.id WHEN MATCHED THEN UPDATE SET label = e.label WHEN NOT MATCHED THEN INSERT VALUES (e.id, e.label)
