-- To be analysed by another session: the counters of this one may arrive after its ANALYZE.
-- Columns that go together (zip, city, country; kind and channel half the time), columns that do not, and look-alikes.
SELECT setseed(0.25);
CREATE TABLE addresses (
  id integer PRIMARY KEY, zip text NOT NULL, city text NOT NULL, country text NOT NULL,
  kind integer NOT NULL, channel integer NOT NULL, status text NOT NULL, shade text NOT NULL
);
INSERT INTO addresses
SELECT id, 'Z' || zip, 'City ' || zip / 5, 'Country ' || zip / 15, kind,
       CASE WHEN random() < 0.5 THEN kind ELSE floor(random() * 40)::integer END,
       'status ' || floor(random() * 8), 'shade ' || floor(random() * 12)
  FROM (SELECT id, floor(random() * 120)::integer AS zip, floor(random() * 40)::integer AS kind
          FROM generate_series(1, 130000) AS id OFFSET 0) AS drawn;
CREATE TABLE cars (id integer PRIMARY KEY, brand text NOT NULL, model text NOT NULL);
INSERT INTO cars SELECT id, 'Brand ' || id % 30, 'Model ' || id % 60 FROM generate_series(1, 90000) AS id;
CREATE TABLE owners (car integer PRIMARY KEY, name text NOT NULL);
INSERT INTO owners SELECT id, 'Owner ' || id FROM generate_series(1, 90000) AS id;
CREATE TABLE known (LIKE addresses);
INSERT INTO known SELECT * FROM addresses;
CREATE STATISTICS known_places (ndistinct, dependencies) ON zip, city, country FROM known;
