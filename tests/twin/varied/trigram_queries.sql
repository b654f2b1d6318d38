SELECT * FROM shop.log WHERE message LIKE '%number 4711 %';
SELECT count(*) FROM shop.log WHERE message ILIKE '%abc%';
SELECT * FROM shop.log WHERE message ~ 'ab[cd]e';
SELECT * FROM shop.log WHERE level = 5 AND message LIKE '%dead%';
SELECT * FROM shop.person WHERE "Full Name" OPERATOR(shop.%) 'Ada 17';
SELECT "Full Name" FROM shop.person ORDER BY "Full Name" OPERATOR(shop.<->) 'Carl 5' LIMIT 5;
