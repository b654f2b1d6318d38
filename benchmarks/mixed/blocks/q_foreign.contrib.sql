-- A foreign table that was never analysed, and one with costs of its server.
CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA mix;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nowhere', fdw_startup_cost '<<int 10 900>>', fdw_tuple_cost '0.<<int 1 9>>');
CREATE FOREIGN TABLE mix.remote (id integer, kind text, at date) SERVER far;
CREATE FOREIGN TABLE mix.remote_part (id integer, kind text) SERVER far OPTIONS (fetch_size '<<int 10 900>>');
GRANT USAGE ON FOREIGN SERVER far TO PUBLIC;
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'nobody', password_required 'false');
--! SELECT * FROM mix.remote WHERE kind = 'a' AND id < <<int 1 90>>
--! SELECT r.kind, count(*) FROM mix.remote r JOIN mix.number n ON n.id = r.id GROUP BY 1
--! SELECT * FROM mix.remote r JOIN mix.remote_part p ON p.id = r.id WHERE r.at > '2024-01-01'
--! SELECT * FROM mix.remote_part ORDER BY id LIMIT <<int 1 90>>
