-- Exclusion and check constraints, ranges by time, and constraint exclusion.
CREATE TABLE mix.booking (id integer PRIMARY KEY, room integer CHECK (room BETWEEN 0 AND 99), during tsrange NOT NULL, guest text, area box, EXCLUDE USING gist (during WITH &&));
INSERT INTO mix.booking SELECT n, n % 100, tsrange(timestamp '2024-01-01' + n * interval '1 hour', timestamp '2024-01-01' + n * interval '1 hour' + interval '50 minutes'), 'guest ' || n % 800, box(point(n % 90, n % 70), point(n % 90 + n % 5, n % 70 + 2)) FROM generate_series(1, 6000) n;
CREATE TABLE mix.shape (id integer UNIQUE, c circle, EXCLUDE USING gist (c WITH &&));
INSERT INTO mix.shape SELECT n, circle(point(n * 10, n * 7), 1 + n % 3) FROM generate_series(1, 2000) n;
-- shuffle
ALTER TABLE mix.booking ADD CONSTRAINT <<name>> UNIQUE (guest, id);
CREATE INDEX <<name>> ON mix.booking (room);
CREATE INDEX <<name>> ON mix.booking USING <<pick gist|spgist>> (area);
-- end
--? booking: during && tsrange('2024-0<<int 1 8>>-01', '2024-0<<int 1 8>>-01 0<<int 0 9>>:00'::timestamp + interval '40 days')
--? booking: during @> timestamp '2024-0<<int 1 9>>-03 10:00'
--? booking: room > <<int 0 140>>
--? booking: area && box '((<<int 0 50>>,10),(60,<<int 0 90>>))'
--? shape: c && circle '((<<int 0 9000>>,100),<<int 1 500>>)'
