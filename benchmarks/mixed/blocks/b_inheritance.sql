-- Plain inheritance, with indexes on some children only, and statistics of the whole tree.
CREATE TABLE mix.parent (id integer, note text, at timestamp);
-- shuffle
CREATE TABLE mix.kid_<<name>> (extra integer) INHERITS (mix.parent);
CREATE TABLE mix.kid_<<name>> (other text) INHERITS (mix.parent);
CREATE TABLE mix.kid_<<name>> () INHERITS (mix.parent);
-- end
INSERT INTO mix.parent SELECT n, 'note ' || n % 40, timestamp '2024-01-01' + n * interval '1 minute' FROM generate_series(1, <<int 10 3000>>) n;
DO $$
DECLARE kid regclass; base integer := 0;
BEGIN
    FOR kid IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'mix.parent'::regclass ORDER BY inhrelid LOOP
        EXECUTE format('INSERT INTO %s (id, note, at) SELECT %s + n, ''note '' || n %% 40, timestamp ''2024-02-01'' + n * interval ''1 minute'' FROM generate_series(1, 4000) n', kid, base);
        EXECUTE format('CREATE INDEX ON %s (id)', kid);
        base := base + <<pick 0|1000|4000>>;
    END LOOP;
END $$;
CREATE INDEX <<name>> ON mix.parent (id, at);
--! SELECT * FROM mix.parent WHERE id = <<int 1 9000>>
--! SELECT * FROM mix.parent WHERE id BETWEEN <<int 1 4000>> AND <<int 3000 9000>> ORDER BY id LIMIT <<int 1 40>>
--! SELECT note, count(*) FROM mix.parent GROUP BY note
--! SELECT * FROM ONLY mix.parent WHERE id < <<int 1 2000>>
--! SELECT max(at), min(id) FROM mix.parent
--! UPDATE mix.parent SET note = 'x' WHERE id = <<int 1 4000>>
--! SELECT p.id FROM mix.parent p JOIN mix.owner o ON o.id = p.id WHERE p.note = 'note <<int 0 45>>'
