-- Collations of ICU, deterministic and not.
CREATE COLLATION mix.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION mix.german (provider = icu, locale = 'de-u-co-phonebk');
CREATE TABLE mix.word (id integer PRIMARY KEY, plain text, loose text COLLATE mix.loose, german text COLLATE mix.german, c text COLLATE "C", predefined text COLLATE "fr-x-icu");
INSERT INTO mix.word SELECT n, w, w, w, w, w FROM (SELECT n, (ARRAY['Apfel', 'apfel', 'Äpfel', 'Birne', 'birne', 'Öl', 'Zebra'])[1 + n % 7] || ' ' || n * 7 % 3000 AS w FROM generate_series(1, 9000) n) x;
-- shuffle
CREATE INDEX <<name>> ON mix.word (plain);
CREATE INDEX <<name>> ON mix.word (loose);
CREATE INDEX <<name>> ON mix.word (german);
CREATE INDEX <<name>> ON mix.word (c);
CREATE INDEX <<name>> ON mix.word (plain COLLATE mix.german);
CREATE INDEX <<name>> ON mix.word (predefined);
-- end
--? word: loose = 'apfel <<int 1 3000>>'
--? word: german < 'Birne <<int 1 3000>>'
--? word: german LIKE 'Birne 1%'
--? word: c LIKE 'Birne <<int 1 9>>%'
--? word: plain COLLATE mix.german > 'Z'
--? word: predefined > '<<pick A|Ö|b|Z>>'
--! SELECT loose, count(*) FROM mix.word GROUP BY loose
--! SELECT id FROM mix.word ORDER BY german LIMIT <<int 1 900>>
