-- Every kind of schema object a dump can hold; the twin's own dump must come out the same.
CREATE SCHEMA "Odd Schema";
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE EXTENSION hstore;
CREATE ROLE role_of_production;
CREATE TYPE public.colour AS ENUM ('red', 'it''s; green', 'blue');
CREATE TYPE public.pair AS (a integer, b text);
CREATE TYPE public.span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN public.positive AS integer DEFAULT 1 CONSTRAINT above_zero CHECK (VALUE > 0);
CREATE COLLATION public.numeric_c (LOCALE = 'C');
CREATE FUNCTION public.plain(a integer, b integer DEFAULT 5) RETURNS integer
    LANGUAGE sql IMMUTABLE AS $$ SELECT a + b; -- a comment; with a semicolon
$$;
CREATE FUNCTION public.atomic(a integer) RETURNS integer LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT a + 1;
    SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END;
END;
CREATE FUNCTION public.body() RETURNS trigger LANGUAGE plpgsql AS $_$
BEGIN
    EXECUTE $q$ SELECT ';' $q$;
    NEW.note := 'COPY x FROM stdin;
\. not the end';
    RETURN NEW;
END $_$;
CREATE PROCEDURE public.work(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := a + 1; COMMIT; END';
CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE OPERATOR public.=== (FUNCTION = public.plain, LEFTARG = integer, RIGHTARG = integer);
CREATE CAST (public.pair AS text) WITH INOUT;
CREATE TABLE "Odd Schema"."Quoted ""Table""" (
    "Id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "select" text DEFAULT 'a;b' NOT NULL,
    doubled integer GENERATED ALWAYS AS (length("select") * 2) STORED,
    colour public.colour DEFAULT 'it''s; green'::public.colour,
    odd public.positive,
    extra public.hstore,
    spans public.span[],
    note text COLLATE public.numeric_c,
    "Größe €" integer,
    CONSTRAINT "no; spaces" CHECK (("select" <> ' '))
);
CREATE TABLE public.main (
    id serial PRIMARY KEY, code varchar(10) UNIQUE DEFERRABLE INITIALLY DEFERRED, period daterange, note text,
    parent integer REFERENCES public.main ON DELETE CASCADE,
    EXCLUDE USING gist (period WITH &&)
);
ALTER TABLE public.main ALTER COLUMN note SET STORAGE EXTERNAL, ALTER COLUMN code SET STATISTICS 500;
ALTER TABLE public.main SET (fillfactor = 70);
CREATE INDEX main_note ON public.main USING gin (note public.gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX main_expression ON public.main ((public.plain(id)), lower(note) DESC NULLS LAST) INCLUDE (code) WHERE note <> 'a;b';
CREATE UNIQUE INDEX main_partial ON public.main (code) NULLS NOT DISTINCT WHERE id > 5;
CREATE STATISTICS public.main_stats (ndistinct, dependencies) ON code, note FROM public.main;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF note ON public.main FOR EACH ROW WHEN (NEW.id > 5) EXECUTE FUNCTION public.body();
CREATE RULE nothing AS ON DELETE TO public.main WHERE OLD.id = 0 DO INSTEAD NOTHING;
CREATE TABLE public.measured (at timestamptz NOT NULL, place integer, value double precision) PARTITION BY LIST (place);
CREATE TABLE public.measured_1 PARTITION OF public.measured FOR VALUES IN (1, 2) PARTITION BY RANGE (at);
CREATE TABLE public.measured_1_a PARTITION OF public.measured_1 FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE public.measured_rest PARTITION OF public.measured DEFAULT;
CREATE INDEX measured_at ON public.measured (at DESC);
CREATE UNLOGGED TABLE public.scratch () INHERITS (public.main);
CREATE VIEW public.seen WITH (security_barrier) AS SELECT id, code FROM public.main WHERE note IS DISTINCT FROM ';' WITH CASCADED CHECK OPTION;
CREATE MATERIALIZED VIEW public.kept AS SELECT count(*) AS n, place FROM public.measured GROUP BY place;
CREATE UNIQUE INDEX kept_place ON public.kept (place);
CREATE RECURSIVE VIEW public.numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 10;
ALTER TABLE public.main ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.main FOR SELECT USING (id > 0);
CREATE SEQUENCE public.counter AS smallint INCREMENT 5 CYCLE;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE public.remote (id integer, note text) SERVER far;
CREATE TEXT SEARCH CONFIGURATION public.mine (COPY = simple);
COMMENT ON TABLE public.main IS 'it''s; a comment';
GRANT SELECT ON public.main TO role_of_production;
ALTER TABLE public.main OWNER TO role_of_production;
