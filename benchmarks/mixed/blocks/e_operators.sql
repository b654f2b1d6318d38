-- Functions with cost, rows, volatility, parallel marks and inlining; custom operators with estimators; a custom operator class.
CREATE FUNCTION mix.band(numeric) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT (CASE WHEN $1 < 50 THEN 1 WHEN $1 < 200 THEN 2 ELSE 3 END)::integer';
CREATE FUNCTION mix.slow(integer) RETURNS boolean LANGUAGE plpgsql <<pick STABLE|VOLATILE|IMMUTABLE>> COST <<int 10 90000>> <<pick PARALLEL SAFE|PARALLEL UNSAFE>> AS 'BEGIN RETURN $1 % 2 = 0; END';
CREATE FUNCTION mix.cheap(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 1 AS 'BEGIN RETURN $1 % 3 = 0; END';
CREATE FUNCTION mix.series(integer) RETURNS SETOF integer LANGUAGE plpgsql STABLE ROWS <<int 2 5000>> COST <<int 1 400>> AS 'BEGIN RETURN QUERY SELECT generate_series(1, $1); END';
CREATE FUNCTION mix.items_of(integer) RETURNS SETOF mix.item LANGUAGE sql STABLE ROWS <<int 5 300>> AS 'SELECT * FROM mix.item WHERE owner_id = $1';
CREATE FUNCTION mix.key(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT LEAKPROOF COST 20 AS 'BEGIN RETURN substr($1, 7, 3); END';
CREATE FUNCTION mix.near(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT abs($1 - $2) < 3';
CREATE FUNCTION mix.same_mod(integer, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 % 100 = $2 % 100; END';
CREATE OPERATOR mix.=~= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.same_mod, COMMUTATOR = OPERATOR(mix.=~=), RESTRICT = <<pick eqsel|contsel|scalarltsel>>, JOIN = <<pick eqjoinsel|contjoinsel>>);
CREATE OPERATOR mix.<~> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.near, RESTRICT = <<pick matchingsel|eqsel|areasel>>, JOIN = matchingjoinsel);
CREATE FUNCTION mix.rev_lt(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > $2';
CREATE FUNCTION mix.rev_le(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 >= $2';
CREATE FUNCTION mix.rev_eq(integer, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 = $2; END';
CREATE FUNCTION mix.rev_ge(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <= $2';
CREATE FUNCTION mix.rev_gt(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 < $2';
CREATE FUNCTION mix.rev_cmp(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 < $2 THEN 1 WHEN $1 > $2 THEN -1 ELSE 0 END';
CREATE OPERATOR mix.<! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.rev_lt, RESTRICT = scalarltsel, JOIN = scalarltjoinsel, COMMUTATOR = OPERATOR(mix.>!));
CREATE OPERATOR mix.<=! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.rev_le, RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR mix.=! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.rev_eq, RESTRICT = eqsel, JOIN = eqjoinsel, COMMUTATOR = OPERATOR(mix.=!), MERGES);
CREATE OPERATOR mix.>=! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.rev_ge, RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR mix.>! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = mix.rev_gt, RESTRICT = scalargtsel, JOIN = scalargtjoinsel, COMMUTATOR = OPERATOR(mix.<!));
CREATE OPERATOR CLASS mix.reversed FOR TYPE integer USING btree AS OPERATOR 1 mix.<!, OPERATOR 2 mix.<=!, OPERATOR 3 mix.=!, OPERATOR 4 mix.>=!, OPERATOR 5 mix.>!, FUNCTION 1 mix.rev_cmp(integer, integer);
CREATE TABLE mix.number (id integer PRIMARY KEY, n integer, m integer, label text);
INSERT INTO mix.number SELECT k, k * 7 % 2000, k % 300, 'label ' || k % 500 FROM generate_series(1, 9000) k;
-- shuffle
CREATE INDEX <<name>> ON mix.number (n mix.reversed);
CREATE INDEX <<name>> ON mix.number (m);
CREATE INDEX <<name>> ON mix.number (mix.key(label));
CREATE INDEX <<name>> ON mix.number (mix.band(n));
-- end
--? number: n OPERATOR(mix.<!) <<int 0 2100>>
--? number: n OPERATOR(mix.=!) <<int 0 2100>>
--? number: n OPERATOR(mix.=~=) <<int 0 2100>>
--? number: m OPERATOR(mix.<~>) <<int 0 300>>
--? number: mix.key(label) = '<<int 10 499>>'
--? number: mix.band(n) = <<int 1 4>>
--? number: mix.slow(m)
--? number: mix.cheap(n)
--? item: mix.band(price) = <<int 1 4>>
--? item: mix.slow(score)
--& number a JOIN number b ON a.n OPERATOR(mix.=~=) b.m
--& number a JOIN number b ON a.n OPERATOR(mix.=!) b.n
--& number n JOIN item i ON n.m = i.score
--! SELECT * FROM mix.series(<<int 1 20>>) s JOIN mix.number n ON n.m = s
--! SELECT * FROM mix.items_of(<<int 1 1400>>) WHERE score > <<int 1 20>>
--! SELECT o.name, i.id FROM mix.owner o, mix.items_of(o.id) i WHERE o.joined > '2020-<<pick 01|05|09>>-01'
--! SELECT n FROM mix.number ORDER BY n USING OPERATOR(mix.<!) LIMIT <<int 1 90>>
--! SELECT mix.slow(m), count(*) FROM mix.number GROUP BY 1
