-- Dropped and added columns, odd types, multiranges, BRIN and unique indexes of every form, pending GIN entries, invalid indexes, lists with NULL.
CREATE DOMAIN mix.codes AS text[] CHECK (cardinality(VALUE) < 9);
CREATE TABLE mix.odd (
    gone integer, id integer, gone_too text, ch "char", o oid, n name, tz timetz, m8 macaddr8, lsn pg_lsn, moods mix.mood[], codes mix.codes,
    spans int4multirange, addresses mix.address[], b bit(6), r real, small smallint, j json, cash money, gone_last date
);
ALTER TABLE mix.odd DROP COLUMN gone, DROP COLUMN gone_too;
INSERT INTO mix.odd SELECT n, chr(97 + n % 20)::"char", n % 500, ('n' || n % 300)::name, time '10:00' + n % 400 * interval '1 minute', ('08:00:2b:01:02:03:04:' || lpad(to_hex(n % 256), 2, '0'))::macaddr8,
    ('0/' || to_hex(n * 100))::pg_lsn, ARRAY['ok', (ARRAY['sad', 'happy'])[1 + n % 2]]::mix.mood[], ARRAY['c' || n % 9, 'd' || n % 70],
    int4multirange(int4range(n % 300, n % 300 + 4), int4range(n % 300 + 10, n % 300 + 12)), ARRAY[ROW('x', n % 4)::mix.address], (n % 64)::bit(6), n % 100 * 0.1, n % 50, to_json(n), n, CURRENT_DATE
FROM generate_series(1, <<int 4000 9000>>) n;
ALTER TABLE mix.odd DROP COLUMN gone_last;
ALTER TABLE mix.odd ADD COLUMN added integer DEFAULT <<int 1 9>>, ADD COLUMN more text;
-- shuffle
CREATE INDEX <<name>> ON mix.odd USING brin (id int4_<<pick minmax_ops|minmax_multi_ops|bloom_ops>>) WITH (pages_per_range = <<pick 4|32>>, autosummarize = on);
CREATE INDEX <<name>> ON mix.odd USING brin (small, o) WITH (pages_per_range = 16);
CREATE INDEX <<name>> ON mix.odd USING gin (moods);
CREATE INDEX <<name>> ON mix.odd USING gin (codes) WITH (fastupdate = on);
CREATE INDEX <<name>> ON mix.odd (n);
CREATE INDEX <<name>> ON mix.odd (tz, small DESC);
CREATE INDEX <<name>> ON mix.odd (o) INCLUDE (small, r);
CREATE INDEX <<name>> ON mix.odd (r DESC NULLS LAST);
CREATE INDEX <<name>> ON mix.odd (lsn);
CREATE INDEX <<name>> ON mix.odd USING gist (spans);
CREATE INDEX <<name>> ON mix.odd (ch) WHERE small > <<int 1 49>> AND r IS NOT NULL;
CREATE UNIQUE INDEX <<name>> ON mix.odd (id) WHERE small <> 7;
ALTER TABLE mix.odd ADD CONSTRAINT <<name>> UNIQUE (id, lsn) DEFERRABLE;
CREATE INDEX odd_broken ON mix.odd (small, id);
CREATE INDEX <<name>> ON mix.odd ((codes[1]));
CREATE INDEX <<name>> ON mix.odd (coalesce(more, 'none'), small);
-- end
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mix.odd_broken'::regclass;
CREATE TABLE mix.region (id integer, area text, v numeric) PARTITION BY LIST (area);
CREATE TABLE mix.region_none PARTITION OF mix.region FOR VALUES IN (NULL, 'x');
CREATE TABLE mix.region_north PARTITION OF mix.region FOR VALUES IN ('n', 'ne') PARTITION BY RANGE (id, v);
CREATE TABLE mix.region_north_low PARTITION OF mix.region_north FOR VALUES FROM (MINVALUE, MINVALUE) TO (500, 3);
CREATE TABLE mix.region_north_high PARTITION OF mix.region_north FOR VALUES FROM (500, 3) TO (MAXVALUE, MAXVALUE);
CREATE TABLE mix.region_south (v numeric, extra integer, id integer, area text);
ALTER TABLE mix.region_south DROP COLUMN extra;
ALTER TABLE mix.region ATTACH PARTITION mix.region_south FOR VALUES IN ('s');
INSERT INTO mix.region SELECT n, (ARRAY['n', 'ne', 's', 'x', NULL])[1 + n % 5], n % 40 FROM generate_series(1, 6000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.region (id);
CREATE INDEX <<name>> ON mix.region_north_high (v);
CREATE INDEX <<name>> ON ONLY mix.region (area, v);
-- end
ALTER TABLE mix.region ALTER COLUMN id SET (n_distinct_inherited = <<pick -0.3|700>>);
--late INSERT INTO mix.odd (id, codes, moods, small) SELECT n, ARRAY['late' || n], ARRAY['gone']::mix.mood[], 99 FROM generate_series(90000, 90400) n;
--? odd: codes @> ARRAY['c<<int 0 9>>']
--? odd: moods @> ARRAY['sad']::mix.mood[]
--? odd: spans @> <<int 0 310>>
--? odd: codes[1] = 'c<<int 0 9>>'
--? odd: coalesce(more, 'none') = 'none'
--? odd: small = <<int 0 60>> AND r > <<int 0 10>>
--? region: area IS NULL
--? region: area = ANY ('{n,s}')
--& region r JOIN odd o ON r.id = o.id
--& region r JOIN region q ON r.id = q.id AND r.area = q.area
--! SELECT area, sum(v) FROM mix.region WHERE id < <<int 10 6000>> GROUP BY area
--! SELECT * FROM mix.region WHERE area = 'n' AND id > <<int 1 900>> ORDER BY id LIMIT <<int 1 50>>
--! SELECT * FROM item WHERE owner_id = <<int 1 900>> ORDER BY made DESC LIMIT 5
--! SELECT o.name, count(*) FROM owner o LEFT JOIN item i ON i.owner_id = o.id WHERE o.joined < '20<<int 11 20>>-01-01' GROUP BY 1
--! SELECT * FROM mix.item TABLESAMPLE <<pick BERNOULLI|SYSTEM>> (<<int 1 60>>) WHERE score > 3
--! SELECT * FROM mix.item WHERE id NOT IN (SELECT item_id FROM mix.event WHERE kind = 'sale' AND item_id < <<int 2 3000>>)
--! SELECT * FROM mix.item WHERE (owner_id, made) > (<<int 1 900>>, '2024-03-01') ORDER BY owner_id, made LIMIT 20
--! SELECT * FROM mix.item WHERE owner_id = ANY ('{1,5,<<int 6 900>>}') FOR UPDATE
--! SELECT owner_id, mood, count(DISTINCT score) FROM mix.item GROUP BY GROUPING SETS ((owner_id), (mood), ())
--! SELECT * FROM (VALUES (1, 'a'), (<<int 2 900>>, 'b')) v (id, k) JOIN mix.owner o USING (id)
--! SELECT x.* FROM mix.item x WHERE EXISTS (SELECT FROM mix.event e WHERE e.item_id = x.id AND e.amount > (SELECT avg(amount) FROM mix.event)) LIMIT <<int 1 90>>
--! SELECT i.id, (SELECT max(e.at) FROM mix.event e WHERE e.item_id = i.id) FROM mix.item i WHERE i.score = <<int 1 40>>
--! SELECT day, sum(price) OVER (PARTITION BY mood ORDER BY day ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM mix.item WHERE day > '2024-0<<int 1 6>>-01'
--! SELECT * FROM mix.item i LEFT JOIN mix.owner o ON o.id = i.owner_id LEFT JOIN mix.event e ON e.item_id = i.id LEFT JOIN mix.note n ON n.id = i.score WHERE i.id < <<int 1 999>>
--! SELECT * FROM mix.item ORDER BY score, made LIMIT <<int 1 300>>
--! SELECT min(made), max(score), count(*) FILTER (WHERE mood = 'ok') FROM mix.item WHERE owner_id IN (SELECT id FROM mix.owner WHERE code LIKE 'c1%')
--! SELECT * FROM mix.item i JOIN LATERAL jsonb_array_elements_text(i.profile -> 'x') WITH ORDINALITY AS a (v, n) ON true WHERE i.score < <<int 1 9>>
--! SELECT o.id FROM mix.owner o WHERE NOT EXISTS (SELECT FROM mix.item i WHERE i.owner_id = o.id) UNION ALL SELECT id FROM mix.number ORDER BY 1 LIMIT 10
--! SELECT * FROM mix.wide a JOIN mix.wide b ON a.c6 = b.c12 AND a.c7 = b.c13 WHERE a.c9 > <<int 1 90>>
--! SELECT date_trunc('week', made) AS w, mood, avg(price) FROM mix.item GROUP BY CUBE (1, 2) HAVING count(*) > <<int 1 9>> ORDER BY 3 DESC NULLS LAST
--! SELECT * FROM mix.item WHERE made BETWEEN now() - interval '<<int 100 900>> days' AND now() AND flag
--! SELECT * FROM mix.event WHERE at > date '2024-0<<int 1 9>>-01' + interval '2 days' AND item_id = <<int 1 900>>
--! WITH RECURSIVE t AS (SELECT id, owner_id, 1 AS d FROM mix.item WHERE id = <<int 1 90>> UNION ALL SELECT i.id, i.owner_id, t.d + 1 FROM t JOIN mix.item i ON i.owner_id = t.id WHERE t.d < 4) SELECT * FROM t
