-- Extended statistics of every kind, on columns, on expressions and on both; statistics targets of expressions.
CREATE TABLE mix.place (id integer, city text, zip integer, street text, opened timestamp, amount numeric, flags integer);
INSERT INTO mix.place SELECT n, 'city ' || n % 60, n % 60 * 10 + n % 3, 'street ' || n % 700, timestamp '2020-01-01' + (n % 1000) * interval '1 day' + n % 24 * interval '1 hour',
    CASE WHEN n % 60 < 5 THEN NULL ELSE n % 60 * 3.5 END, n % 60 FROM generate_series(1, 15000) n;
INSERT INTO mix.place SELECT n, 'City 1', 7, 'street', NULL, 1, 0 FROM generate_series(1, <<int 1 4000>>) n;
-- shuffle
CREATE STATISTICS mix.<<name>> ON city, zip FROM mix.place;
CREATE STATISTICS mix.<<name>> (<<pick mcv|dependencies|ndistinct|mcv, dependencies>>) ON city, amount, flags FROM mix.place;
CREATE STATISTICS mix.<<name>> ON (lower(city)) FROM mix.place;
CREATE STATISTICS mix.<<name>> ON (date_trunc('month', opened)), (zip % 100) FROM mix.place;
CREATE STATISTICS mix.<<name>> (<<pick mcv|ndistinct|dependencies|mcv, ndistinct, dependencies>>) ON (lower(city)), zip, (flags % 7) FROM mix.place;
CREATE STATISTICS mix.<<name>> (ndistinct) ON kind, item_id FROM mix.event;
CREATE STATISTICS mix.<<name>> ON owner_id, mood, flag FROM mix.item;
CREATE STATISTICS mix.<<name>> ON owner_id, mood FROM mix.item;
CREATE STATISTICS mix.<<name>> (mcv) ON city, zip FROM mix.place;
CREATE STATISTICS mix.<<name>> (mcv) ON zip, city FROM mix.place;
CREATE STATISTICS mix.<<name>> (mcv) ON mood, day, token FROM mix.item;
CREATE INDEX <<name>> ON mix.place (id);
CREATE INDEX place_upper ON mix.place (upper(street), zip);
-- end
DO $$ DECLARE s text; BEGIN
    FOR s IN SELECT format('%I.%I', stxnamespace::regnamespace, stxname) FROM pg_statistic_ext ORDER BY stxname LIMIT 3 LOOP EXECUTE format('ALTER STATISTICS %s SET STATISTICS <<int 10 400>>', s); END LOOP;
END $$;
ALTER INDEX mix.place_upper ALTER COLUMN 1 SET STATISTICS <<int 10 500>>;
--? place: lower(city) = 'city <<int 0 65>>'
--? place: lower(city) < 'city <<int 0 65>>'
--? place: zip % 100 = <<int 0 99>>
--? place: zip % 100 > <<int 0 99>>
--? place: date_trunc('month', opened) = '202<<int 0 3>>-0<<int 1 9>>-01'
--? place: date_trunc('month', opened) >= '202<<int 0 3>>-0<<int 1 9>>-01'
--? place: flags % 7 = <<int 0 8>>
--? place: upper(street) = 'STREET <<int 0 700>>'
--? place: city = 'city <<int 0 60>>' AND zip = <<int 0 600>>
--? place: city IN ('city 1', 'city <<int 2 50>>') AND flags = <<int 0 60>>
--! SELECT lower(city), count(*) FROM mix.place GROUP BY 1
--! SELECT date_trunc('month', opened), zip % 100, count(*) FROM mix.place GROUP BY 1, 2
--! SELECT city, zip, flags FROM mix.place GROUP BY 1, 2, 3
--! SELECT lower(city), zip, flags % 7, count(*) FROM mix.place GROUP BY 1, 2, 3
--! SELECT * FROM mix.place a JOIN mix.place b ON lower(a.city) = lower(b.city) WHERE a.id < <<int 10 500>>
