"""A hostile dump: every kind of DDL that can hold an expression, times every way out of the server that a function may try.

Each function counts its attempts and its successes in sequences, which no rollback takes back, so that the database
itself says what was tried. What would run a program or write a file leaves a file in `place`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

ATTACKS: Mapping[str, str] = {
    "copy_program": "EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'env > {place}/pwned_' || n)",
    "copy_from_program": "CREATE TEMP TABLE got (a text); EXECUTE $q$COPY got FROM PROGRAM 'touch {place}/pwned_from'$q$",
    "copy_file": "EXECUTE format('COPY (SELECT 1) TO %L', '{place}/pwned_file_' || n)",
    "read_file": "PERFORM pg_read_file('/etc/hostname')",
    "environment": "PERFORM pg_read_binary_file('/proc/self/environ')",
    "list_files": "PERFORM pg_ls_dir('/')",
    "lo_export": "big := lo_from_bytea(0, 'x'); PERFORM lo_export(big, '{place}/pwned_lo_' || n)",
    "lo_import": "PERFORM lo_import('/etc/hostname')",
    "dblink": "CREATE EXTENSION dblink; PERFORM dblink_connect('host=/tmp')",
    "file_fdw": "CREATE EXTENSION file_fdw; CREATE SERVER f FOREIGN DATA WRAPPER file_fdw",
    "alter_system": "EXECUTE 'ALTER SYSTEM SET archive_command = ''touch {place}/pwned_archive'''",
    "language": "EXECUTE 'CREATE LANGUAGE plpython3u'",
    "language_by_hand": "EXECUTE 'CREATE LANGUAGE mine HANDLER plpgsql_call_handler'",
    "c_function": "EXECUTE $q$CREATE FUNCTION c_{attack}() RETURNS void LANGUAGE c AS 'libc.so.6', 'system'$q$",
    "internal_function": "EXECUTE $q$CREATE FUNCTION i_{attack}(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'$q$",
    "load": "EXECUTE 'LOAD ''{place}/evil.so'''",
    "set_role": "EXECUTE 'SET ROLE pgadvisor'",
    "session_authorization": "EXECUTE 'SET SESSION AUTHORIZATION pgadvisor'",
    "reset": "RESET SESSION AUTHORIZATION; RESET ROLE; IF current_setting('is_superuser') <> 'on' THEN RAISE 'no'; END IF",
    "become_superuser": "EXECUTE 'ALTER ROLE CURRENT_USER SUPERUSER'",
    "catalog": "UPDATE pg_catalog.pg_authid SET rolsuper = true WHERE rolname = current_user",
    "catalog_function": "UPDATE pg_catalog.pg_proc SET proowner = 10 WHERE proname LIKE 'evil%'",
    "grant": "EXECUTE 'GRANT pg_execute_server_program TO CURRENT_USER'",
    "preload": "EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = ''evil''', current_database())",
    "preload_role": "EXECUTE 'ALTER ROLE CURRENT_USER SET session_preload_libraries = ''evil'''",
    "create_role": "EXECUTE 'CREATE ROLE mine SUPERUSER'",
    "terminate": "IF NOT EXISTS (SELECT FROM pg_stat_activity a WHERE usename <> current_user"
    " AND pg_terminate_backend(pid)) THEN RAISE 'no'; END IF",
    "event_trigger": "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.fires()",
    "tablespace": "EXECUTE 'CREATE TABLESPACE t LOCATION ''{place}'''",
    "subscription": "EXECUTE 'CREATE SUBSCRIPTION s CONNECTION ''host=/tmp'' PUBLICATION p WITH (connect = false)'",
}
"""PL/pgSQL that succeeds only where a role has a right that it must not have; `n` is the kind of DDL."""

LOOPS: Mapping[str, str] = {
    "loop": "LOOP END LOOP",
    "stubborn": "LOOP BEGIN PERFORM pg_sleep(100); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP",
    "stubborn_for_ever": "PERFORM set_config('statement_timeout', '0', false);"
    " LOOP BEGIN LOOP END LOOP; EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP",
    "memory": "LOOP held := held || repeat(md5(n), 4000000); END LOOP",
}
"""PL/pgSQL that does not end by itself."""

_FUNCTION = """
CREATE SEQUENCE public.tried_{attack};
CREATE SEQUENCE public.hit_{attack};
CREATE FUNCTION public.real_{attack}(n text) RETURNS text LANGUAGE plpgsql AS $_$
DECLARE held text[] := '{{}}'; big oid;
BEGIN
    PERFORM pg_catalog.nextval('public.tried_{attack}');
    BEGIN {body}; PERFORM pg_catalog.nextval('public.hit_{attack}'); EXCEPTION WHEN OTHERS THEN NULL; END;
    RETURN n;
END $_$;
CREATE FUNCTION public.evil_{attack}(n text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $_$
BEGIN RETURN public.real_{attack}(n); END $_$;
"""

KINDS: Mapping[str, str] = {
    "plain": "SELECT {f};",
    "set_config": "SELECT pg_catalog.set_config('search_path', {f}, false);",
    "do": "DO $d$ BEGIN PERFORM {f}; END $d$;",
    "call": "CREATE PROCEDURE {t}() LANGUAGE plpgsql AS $p$ BEGIN PERFORM {f}; END $p$; CALL {t}();",
    "select_into": "SELECT {f} AS a INTO {t};",
    "table_as": "CREATE TABLE {t} AS SELECT {f} AS a;",
    "table_as_with_data": "CREATE TABLE {t} AS SELECT {f} AS a WITH DATA;",
    "matview": "CREATE MATERIALIZED VIEW {t} AS SELECT {f} AS a;",
    "matview_index": "CREATE MATERIALIZED VIEW {t} AS SELECT {f} AS a WITH DATA; CREATE INDEX ON {t} (a);"
    " REFRESH MATERIALIZED VIEW {t};",
    "view": "CREATE VIEW {t} AS SELECT {f} AS a, id FROM public.base WHERE {f} <> 'x';",
    "barrier": "CREATE VIEW {t} WITH (security_barrier) AS SELECT {f} AS a, id FROM public.base;",
    "default": "CREATE TABLE {t} (id int, a text DEFAULT {f});",
    "add_default": "CREATE TABLE {t} (id int); ALTER TABLE {t} ADD COLUMN a text DEFAULT {f};",
    "volatile_default": "CREATE TABLE {t} (id int); ALTER TABLE {t} ADD COLUMN a text NOT NULL DEFAULT {f} || random();",
    "check": "CREATE TABLE {t} (id int, a text, CHECK (a <> {f}));",
    "add_check": "CREATE TABLE {t} (id int, a text); ALTER TABLE {t} ADD CONSTRAINT c CHECK (a <> {f});",
    "generated": "CREATE TABLE {t} (id int, a text, b text GENERATED ALWAYS AS (a || {f}) STORED);",
    "alter_type": "CREATE TABLE {t} (id int, a int); ALTER TABLE {t} ALTER a TYPE text USING {f};",
    "index_expression": "CREATE TABLE {t} (id int, a text); CREATE INDEX ON {t} ((a || {f}));",
    "index_predicate": "CREATE TABLE {t} (id int, a text); CREATE INDEX ON {t} (id) WHERE a <> {f};",
    "brin": "CREATE TABLE {t} (id int, a text); CREATE INDEX ON {t} USING brin ((a || {f}));",
    "exclusion": "CREATE TABLE {t} (a text, EXCLUDE USING btree ((a || {f}) WITH =));",
    "statistics": "CREATE TABLE {t} (id int, a text); CREATE STATISTICS {t}_s ON (a || {f}), id FROM {t};",
    "partition_bound": "CREATE TABLE {t} (a text) PARTITION BY LIST (a);"
    " CREATE TABLE {t}_1 PARTITION OF {t} FOR VALUES IN ({f});",
    "partition_key": "CREATE TABLE {t} (a text) PARTITION BY LIST ((a || {f}));"
    " CREATE TABLE {t}_1 PARTITION OF {t} FOR VALUES IN ('b');",
    "attach": "CREATE TABLE {t} (a text) PARTITION BY RANGE (a); CREATE TABLE {t}_1 (a text);"
    " ALTER TABLE {t} ATTACH PARTITION {t}_1 FOR VALUES FROM ({f}) TO ('zz');",
    "policy": "CREATE TABLE {t} (id int, a text); ALTER TABLE {t} ENABLE ROW LEVEL SECURITY;"
    " ALTER TABLE {t} FORCE ROW LEVEL SECURITY; CREATE POLICY p ON {t} USING (a = {f}) WITH CHECK (a <> {f});",
    "rule": "CREATE TABLE {t} (id int, a text); CREATE RULE r AS ON INSERT TO {t} WHERE {f} <> 'x' DO ALSO SELECT {f};",
    "trigger": "CREATE TABLE {t} (id int, a text); CREATE TRIGGER g BEFORE INSERT ON {t} FOR EACH ROW"
    " WHEN ({f} <> 'x') EXECUTE FUNCTION public.fires();",
    "event_trigger": "CREATE EVENT TRIGGER {n} ON ddl_command_end EXECUTE FUNCTION public.fires();",
    "domain_default": "CREATE DOMAIN {t} AS text DEFAULT {f}; CREATE TABLE {t}_t (a {t});",
    "domain_check": "CREATE DOMAIN {t} AS text CHECK (VALUE <> {f}); CREATE TABLE {t}_t (id int, a {t}, b {t}[]);",
    "domain_constant": "CREATE DOMAIN {t} AS text CHECK (VALUE <> {f}); CREATE TABLE {t}_t (a text DEFAULT 'x'::{t});",
    "argument_default": "CREATE FUNCTION {t}(a text DEFAULT {f}) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';"
    " CREATE TABLE {t}_t (a text DEFAULT {t}());",
    "sql_function": "CREATE FUNCTION {t}() RETURNS text LANGUAGE sql IMMUTABLE RETURN {f};"
    " CREATE INDEX ON public.base (id) WHERE {t}() <> 'x';",
    "operator": "CREATE FUNCTION {t}(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $o$SELECT {f} <> $1$o$;"
    " CREATE OPERATOR public.== (FUNCTION = {t}, LEFTARG = text, RIGHTARG = text);"
    " CREATE INDEX ON public.base (id) WHERE 'a'::text OPERATOR(public.==) 'b'::text; DROP OPERATOR public.== (text, text);",
    "cast": "CREATE TYPE {t} AS (a int); CREATE FUNCTION {t}_f(a {t}) RETURNS text LANGUAGE sql IMMUTABLE AS"
    " $o$SELECT {f}$o$; CREATE CAST ({t} AS text) WITH FUNCTION {t}_f({t}) AS IMPLICIT;"
    " CREATE INDEX ON public.base (id) WHERE ('(1)'::{t})::text <> 'x';",
    "own_cast": "CREATE FUNCTION {t}(a text) RETURNS integer LANGUAGE sql IMMUTABLE AS $o$SELECT length({f})$o$;"
    " CREATE CAST (text AS integer) WITH FUNCTION {t}(text) AS IMPLICIT;",
    "aggregate": "CREATE FUNCTION {t}_s(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS $o$SELECT {f}$o$;"
    " CREATE AGGREGATE {t}(text) (SFUNC = {t}_s, STYPE = text, INITCOND = 'x'); CREATE VIEW {t}_v AS SELECT {t}('a');",
    "operator_class": "CREATE FUNCTION {t}_c(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $o$SELECT length({f})$o$;"
    " CREATE OPERATOR CLASS {t} FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=,"
    " OPERATOR 5 >, FUNCTION 1 {t}_c(int, int); CREATE INDEX ON public.base (id {t});",
    "range": "CREATE FUNCTION {t}_d(a int, b int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $o$SELECT length({f})$o$;"
    " CREATE TYPE {t} AS RANGE (subtype = int, subtype_diff = {t}_d); CREATE TABLE {t}_t (r {t} DEFAULT '[1,2)'::{t});",
    "range_order": "CREATE FUNCTION {t}_c(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $o$SELECT length({f})$o$;"
    " CREATE OPERATOR CLASS {t}_o FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=,"
    " OPERATOR 5 >, FUNCTION 1 {t}_c(int, int); CREATE TYPE {t} AS RANGE (subtype = int, subtype_opclass = {t}_o);"
    " CREATE TABLE {t}_t (id int, r {t});",
    "conversion": "CREATE CONVERSION {t} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;",
    "publication": "CREATE PUBLICATION {n} FOR TABLE public.base WHERE ({f} <> 'x');",
    "foreign": "CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER {n} FOREIGN DATA WRAPPER postgres_fdw"
    " OPTIONS (host '192.0.2.1', use_remote_estimate 'true'); CREATE USER MAPPING FOR CURRENT_USER SERVER {n}"
    " OPTIONS (user 'x', password 'y'); CREATE FOREIGN TABLE {t} (id int, a text DEFAULT {f}) SERVER {n};",
    "insert": "INSERT INTO public.base VALUES (1, {f});",
    "copy": "COPY (SELECT {f}) TO PROGRAM 'touch {place}/pwned_copy';",
    "large_object": "SELECT pg_catalog.lo_export(pg_catalog.lo_from_bytea(0, 'x'), '{place}/pwned_lo_' || {f});",
    "language": "CREATE OR REPLACE LANGUAGE plpython3u; CREATE FUNCTION {t}() RETURNS void LANGUAGE plpython3u AS"
    " $o$import os; os.system('touch {place}/pwned_python')$o$;",
    "c": "CREATE FUNCTION {t}(cstring) RETURNS int LANGUAGE c AS 'libc.so.6', 'system';",
    "alter_system": "ALTER SYSTEM SET archive_command = 'touch {place}/pwned_archive';",
    "reset": "RESET ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; ALTER TABLE public.base ADD {n} text DEFAULT {f};",
    "escape": "SET standard_conforming_strings = off; CREATE TABLE {t} (a text DEFAULT 'a\\'; SELECT {f} --');",
}  # fmt: skip
"""One or more statements; `f` is the call, `t` a fresh qualified name, `n` the same without its schema.

The last makes the server read all that follows otherwise than the grammar does.
"""

_BEGIN = """
CREATE TABLE public.base (id int, a text);
CREATE FUNCTION public.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"""


def dump(place: Path, attacks: Mapping[str, str], kinds: Iterable[str] = KINDS) -> str:
    """Return the dump of these attacks, each in each kind of DDL."""
    parts = [_BEGIN]
    for attack, body in attacks.items():
        filled = body.replace("{place}", str(place)).replace("{attack}", attack)
        parts.append(_FUNCTION.format(attack=attack, body=filled))
    for kind in kinds:
        for number, attack in enumerate(attacks):
            name = f"k{number}_{kind}"
            call = f"public.evil_{attack}('{attack}_{kind}')"
            text = KINDS[kind].replace("{f}", call).replace("{t}", f"public.{name}").replace("{n}", name)
            parts.append(text.replace("{place}", str(place)))
    return "\n".join(parts) + "\n"


def queries(attacks: Iterable[str]) -> list[str]:
    """Return statements that plan what the dump made."""
    found = []
    for number, attack in enumerate(attacks):
        call = f"public.evil_{attack}('query')"
        found += [
            f"SELECT * FROM public.base WHERE a = {call}",
            f"SELECT {call}, evil FROM (SELECT {call} AS evil) AS s",
            f"SELECT * FROM public.k{number}_view WHERE id = 1",
            f"SELECT * FROM public.k{number}_barrier WHERE a = 'x'",
            f"SELECT * FROM public.k{number}_policy WHERE id = 1",
            f"SELECT * FROM public.k{number}_domain_check_t WHERE a = 'x'::public.k{number}_domain_check",
            f"SELECT * FROM public.k{number}_range_order_t WHERE r && '[1,5)'::public.k{number}_range_order",
            f"SELECT * FROM public.k{number}_foreign WHERE id = 1",
            f"INSERT INTO public.k{number}_default (id) VALUES (1)",
            f"INSERT INTO public.k{number}_rule VALUES (1, 'a')",
            f"INSERT INTO public.k{number}_domain_default_t DEFAULT VALUES",
        ]
    return found
