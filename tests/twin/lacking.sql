--
-- PostgreSQL database dump
--
CREATE SCHEMA ext;
CREATE SCHEMA odd;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA ext;
CREATE EXTENSION IF NOT EXISTS nowhere WITH SCHEMA ext;
CREATE COLLATION public.loose (provider = icu, locale = 'xx-nowhere-u-ks-level2', deterministic = false);
CREATE DOMAIN public.key AS uuid DEFAULT ext.nowhere_key() CONSTRAINT key_check CHECK (ext.nowhere_good(VALUE));
CREATE FUNCTION public.in_python(integer) RETURNS integer LANGUAGE plpython3u IMMUTABLE AS $$return 1$$;
CREATE TABLE public.a_default (id uuid DEFAULT ext.nowhere_key() NOT NULL, k public.key, n integer DEFAULT (ext.nowhere_number() + 1), label text);
CREATE TABLE public.b_check (id integer NOT NULL, label text, CONSTRAINT ok CHECK ((id > 0)), CONSTRAINT far CHECK (ext.nowhere_good(id)));
CREATE TABLE public.c_generated (id integer NOT NULL, token bytea, hash text GENERATED ALWAYS AS (ext.nowhere_hash(token)) STORED, label text);
CREATE TABLE public.d_key (id integer NOT NULL, label text) PARTITION BY RANGE (ext.nowhere_bucket(id));
CREATE TABLE public.d_key_1 (id integer NOT NULL, label text);
CREATE TABLE public.d_key_2 (id integer NOT NULL, label text);
ALTER TABLE ONLY public.d_key ATTACH PARTITION public.d_key_1 FOR VALUES FROM (0) TO (10);
ALTER TABLE ONLY public.d_key ATTACH PARTITION public.d_key_2 FOR VALUES FROM (10) TO (20);
CREATE TABLE public.e_policy (id integer NOT NULL, tenant integer, label text);
CREATE TABLE public.f_type (id integer NOT NULL, place ext.nowhere_point DEFAULT '0'::ext.nowhere_point, places ext.nowhere_point[], label text,
    CONSTRAINT near CHECK ((place OPERATOR(ext.<~>) '1'::ext.nowhere_point)));
CREATE TABLE public.g_index (id integer NOT NULL, label text COLLATE public.loose, french text COLLATE pg_catalog."xx-nowhere");
CREATE TABLE public.h_python (id integer DEFAULT public.in_python(1), label text, CONSTRAINT p CHECK ((public.in_python(id) > 0)));
CREATE TABLE public.i_sequence (id integer DEFAULT nextval('public.gone_seq'::regclass) NOT NULL, label text);
CREATE TABLE public.j_exclude (id integer NOT NULL, room ext.nowhere_room, label text);
CREATE TABLE public.k_search (id integer, label text, words tsvector GENERATED ALWAYS AS (to_tsvector('public.nowhere_words'::regconfig, label)) STORED);
CREATE UNLOGGED TABLE public.l_schema (id uuid DEFAULT gone.key(), v gone.kind, label text);
CREATE DOMAIN public.mail AS ext.nowhere_text DEFAULT 'x'::ext.nowhere_text CONSTRAINT at CHECK ((VALUE OPERATOR(ext.~) '@'::ext.nowhere_text));
CREATE TYPE public.pair AS (a ext.nowhere_text, b integer);
CREATE FUNCTION public.slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS $_$SELECT ext.nowhere_plain($1)$_$;
CREATE TABLE public.m_user_types (id integer, m public.mail, p public.pair, label text);
CREATE TABLE public.n_inlined (id integer, label text, s text GENERATED ALWAYS AS (public.slug(label)) STORED);
CREATE VIEW public.o_view AS SELECT n_inlined.id, ext.nowhere_hash(n_inlined.label) AS hash FROM public.n_inlined;
CREATE MATERIALIZED VIEW public.p_matview AS SELECT n_inlined.id, n_inlined.label, ext.nowhere_hash(n_inlined.label) AS hash FROM public.n_inlined WITH NO DATA;
CREATE INDEX m_label ON public.m_user_types (label);
CREATE INDEX n_label ON public.n_inlined (label);
CREATE INDEX n_slug ON public.n_inlined (public.slug(label));
CREATE INDEX p_label ON public.p_matview (label);
ALTER TABLE ONLY public.b_check ALTER COLUMN label SET DEFAULT ext.nowhere_label();
ALTER TABLE ONLY public.a_default ADD CONSTRAINT a_default_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.j_exclude ADD CONSTRAINT busy EXCLUDE USING gist (room WITH OPERATOR(ext.<~>));
ALTER TABLE public.e_policy ADD CONSTRAINT far CHECK (ext.nowhere_good(id)) NOT VALID;
CREATE INDEX a_label ON public.a_default (label);
CREATE INDEX b_label ON public.b_check (label);
CREATE INDEX c_label ON public.c_generated (label);
CREATE INDEX c_hash ON public.c_generated (hash);
CREATE INDEX d_label ON ONLY public.d_key (label);
CREATE INDEX d_1_label ON public.d_key_1 (label);
CREATE INDEX e_label ON public.e_policy (label);
CREATE INDEX f_label ON public.f_type (label);
CREATE INDEX g_label ON public.g_index (label);
CREATE INDEX g_french ON public.g_index (french);
CREATE INDEX g_far ON public.g_index (ext.nowhere_hash(label));
CREATE INDEX g_where ON public.g_index (label) WHERE ext.nowhere_good(id);
CREATE INDEX h_label ON public.h_python (label);
CREATE INDEX l_label ON public.l_schema (label);
CREATE STATISTICS public.far ON (ext.nowhere_hash(label)), id FROM public.g_index;
ALTER INDEX public.d_label ATTACH PARTITION public.d_1_label;
CREATE POLICY own ON public.e_policy USING (((tenant = 4) AND ext.nowhere_good(id)));
CREATE POLICY far ON public.e_policy AS RESTRICTIVE USING (ext.nowhere_good(id));
ALTER TABLE public.e_policy ENABLE ROW LEVEL SECURITY;
--
-- PostgreSQL database dump complete
--
