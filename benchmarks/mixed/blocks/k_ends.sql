-- Ends of columns that lie beyond the histogram (rows that came after ANALYZE), behind indexes that nobody scanned.
CREATE TABLE mix.late (id integer PRIMARY KEY, at timestamptz, level mix.score, mood mix.mood, name text, code mix.code, amount numeric, d date, u uuid, note text);
INSERT INTO mix.late SELECT n, timestamptz '2024-01-01' + n * interval '1 minute', n, (ARRAY['ok', 'happy'])[1 + n % 2]::mix.mood, 'name ' || n, 'c' || n, n * 0.5, date '2020-01-01' + n % 900, md5(n::text)::uuid, 'n' || n % 5 FROM generate_series(1, 10000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.late (at<<pick | DESC>>);
CREATE INDEX <<name>> ON mix.late (level);
CREATE INDEX <<name>> ON mix.late (mood, id);
CREATE INDEX <<name>> ON mix.late (name);
CREATE INDEX <<name>> ON mix.late (code);
CREATE INDEX <<name>> ON mix.late (amount<<pick | NULLS FIRST>>, id);
CREATE INDEX <<name>> ON mix.late (d);
CREATE INDEX <<name>> ON mix.late ((id + level));
CREATE INDEX <<name>> ON mix.late (lower(name));
-- end
--late INSERT INTO mix.late SELECT n, timestamptz '2024-01-01' + n * interval '1 minute', n, 'gone', 'zname ' || n, 'd' || n, n * 0.5, date '2030-01-01' + n % 900, md5(n::text)::uuid, 'late' FROM generate_series(10001, <<int 10100 14000>>) n;
--? late: id > <<int 9900 14100>>
--? late: id < <<int -5 20>>
--? late: at > '2024-01-0<<int 7 9>> <<int 10 23>>:00+00'
--? late: level >= <<int 9000 13000>>
--? late: mood > 'ok'
--? late: name > 'name 9<<int 10 999>>'
--? late: name >= 'zname <<int 1 9>>'
--? late: code > 'c9<<int 1 99>>'
--? late: amount > <<int 4500 6900>>
--? late: d > '20<<int 22 31>>-03-01'
--? late: id + level > <<int 18000 27000>>
--? late: lower(name) > 'z'
--& late l JOIN number n ON l.id = n.id
--! SELECT max(id), min(at) FROM mix.late
--! SELECT * FROM mix.late l JOIN mix.tie t ON t.c = l.id ORDER BY l.id LIMIT <<int 1 30>>
