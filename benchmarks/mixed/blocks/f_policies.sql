-- Row security: permissive and restrictive, forced, with conditions that are not leakproof and with a subquery.
CREATE TABLE mix.note (id integer PRIMARY KEY, tenant integer NOT NULL, author integer, status mix.mood, title text, at timestamptz, doc jsonb);
CREATE TABLE mix.member (tenant integer, person integer, since date, PRIMARY KEY (tenant, person));
CREATE TABLE mix.secret (id integer PRIMARY KEY, tenant integer, value text);
INSERT INTO mix.note SELECT n, n * n % <<int 20 400>>, n % 977, (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mix.mood, 'title ' || n % 3000,
    timestamptz '2024-01-01' + n * interval '3 minutes', jsonb_build_object('k', n % 30) FROM generate_series(1, 18000) n;
INSERT INTO mix.member SELECT n % 100, n, date '2020-01-01' + n FROM generate_series(1, 1500) n;
INSERT INTO mix.secret SELECT n, n % 50, md5(n::text) FROM generate_series(1, 5000) n;
-- shuffle
CREATE INDEX <<name>> ON mix.note (tenant, at DESC);
CREATE INDEX <<name>> ON mix.note (at);
CREATE INDEX <<name>> ON mix.note (status, at);
CREATE INDEX <<name>> ON mix.note (title);
CREATE INDEX <<name>> ON mix.note USING gin (doc);
CREATE INDEX <<name>> ON mix.secret (tenant);
CREATE INDEX <<name>> ON mix.member (person);
-- end
ALTER TABLE mix.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE mix.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE mix.secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON mix.note FOR SELECT USING (tenant = current_setting('app.tenant', true)::integer);
CREATE POLICY members ON mix.note USING (<<pick EXISTS (SELECT FROM mix.member m WHERE m.tenant = note.tenant AND m.person = 5)|author = (SELECT 5)|author = 5>>);
CREATE POLICY never_sad ON mix.note AS RESTRICTIVE USING (<<pick status <> 'sad'|title LIKE 't%'|author IS NOT NULL>>);
CREATE POLICY one ON mix.secret TO mixed_policy USING (tenant = <<int 0 60>>);
CREATE POLICY all_of_owner ON mix.secret TO mixed_owner USING (<<pick true|id > 100|value <> 'x'>>);
--& note n JOIN member m ON n.tenant = m.tenant AND n.author = m.person
--& note n JOIN secret s ON n.tenant = s.tenant
--? note: doc @> '{"k": <<int 0 33>>}'
--? note: tenant = (SELECT <<int 0 300>>)
--! SELECT * FROM mix.note ORDER BY at DESC LIMIT <<int 1 50>>
--! SELECT * FROM mix.note WHERE title LIKE 'title 1<<int 1 99>>%' ORDER BY at LIMIT 10
--! SELECT status, count(*) FROM mix.note GROUP BY status
--! UPDATE mix.note SET title = 'x' WHERE status = 'happy' AND at > '2024-02-0<<int 1 9>>'
--! DELETE FROM mix.secret WHERE id < <<int 1 900>>
CREATE POLICY of_group ON mix.member TO mixed_group USING (since > '20<<int 19 23>>-06-01');
CREATE POLICY of_owner ON mix.member TO mixed_owner USING (true);
ALTER TABLE mix.member ENABLE ROW LEVEL SECURITY;
CREATE VIEW mix.of_policy AS SELECT id, title, tenant FROM mix.note WHERE author > 3;
CREATE VIEW mix.of_bypass AS SELECT n.id, m.since FROM mix.note n JOIN mix.member m ON m.person = n.author;
