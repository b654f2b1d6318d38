-- Writes a snapshot of one database into the current folder, as `advisor snapshot` does, with nothing but psql and pg_dump:
--
--     umask 077; mkdir snapshot; cd snapshot
--     psql -X -q -d DATABASE -f ../sql/export/snapshot.sql
--
-- Servers 13 to 18. Nothing is written to the server: the transaction is read-only and gives up rather than wait for locks.

\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
\pset footer off
\encoding UTF8

SELECT pg_catalog.current_schemas(false)::pg_catalog.text AS search_path \gset

BEGIN TRANSACTION READ ONLY;
SET LOCAL /* advisor */ search_path = pg_catalog, pg_temp;
SET LOCAL /* advisor */ row_security = off;
SET LOCAL /* advisor */ application_name = 'advisor';
SET LOCAL /* advisor */ statement_timeout = '120s';
SET LOCAL /* advisor */ lock_timeout = '5s';
SET LOCAL /* advisor */ datestyle = 'ISO, YMD';
SET LOCAL /* advisor */ intervalstyle = 'postgres';
SET LOCAL /* advisor */ timezone = 'UTC';
SET LOCAL /* advisor */ extra_float_digits = 1;
SET LOCAL /* advisor */ bytea_output = 'hex';

SELECT current_setting('server_version_num')::integer >= 170000 AS has_ranges,
       current_setting('server_version_num')::integer >= 140000 AS has_expressions,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pageinspect') AS has_pageinspect,
       (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
         WHERE e.extname = 'pageinspect') AS pageinspect,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS has_statements,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements'
                AND string_to_array(extversion, '.')::integer[] >= '{1,9}') AS has_statements_info,
       (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
         WHERE e.extname = 'pg_stat_statements') AS statements \gset

SELECT coalesce(string_agg(format('SELECT /* advisor */ version_num::text FROM ONLY %I.%I', n.nspname, c.relname), ' UNION '),
                'SELECT NULL::text WHERE false') AS alembic_rows
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'version_num'
 WHERE c.relname = 'alembic_version' AND c.relkind = 'r' AND NOT c.relrowsecurity
   AND a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND has_table_privilege(c.oid, 'SELECT') \gset

SELECT coalesce(jsonb_agg(version ORDER BY version COLLATE "C"), '[]')::text AS alembic_version
  FROM (:alembic_rows) AS found (version) \gset

\o settings.json
\ir settings.sql
\o snapshot.json
\ir database.sql
\o statistics.jsonl
\ir relations.sql
\ir columns.sql
\if :has_ranges
\ir ranges.sql
\elif :is_superuser
\ir ranges_before_17.sql
\endif
\ir extended.sql
\if :has_expressions
\ir expressions.sql
\endif
\ir indexes.sql
\if :has_pageinspect
\ir metapages.sql
\elif :is_superuser
\ir metapages_from_files.sql
\endif
\ir activity.sql
COMMIT;

-- Each column by itself: one that cannot be read in time is left out, with the server's word for it on stderr.
\set ON_ERROR_STOP off
SET /* advisor */ default_transaction_read_only = on;
SET /* advisor */ search_path = pg_catalog, pg_temp;
SET /* advisor */ statement_timeout = '1s';
SET /* advisor */ lock_timeout = '1s';
SET /* advisor */ datestyle = 'ISO, YMD';
SET /* advisor */ intervalstyle = 'postgres';
SET /* advisor */ timezone = 'UTC';
SET /* advisor */ enable_seqscan = off;
SET /* advisor */ max_parallel_workers_per_gather = 0;
\if :is_superuser
SET /* advisor */ track_counts = off;
\endif
\ir ends.sql
SET /* advisor */ statement_timeout = '120s';
\ir end.sql
\o

\setenv PGHOST :HOST
\setenv PGPORT :PORT
\setenv PGUSER :USER
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c default_transaction_read_only=on'
\! pg_dump --schema-only --no-owner --no-privileges --no-comments --no-publications --no-subscriptions --no-security-labels --no-tablespaces --lock-wait-timeout=5000 --encoding=UTF8 | sed -e '/^CREATE USER MAPPING .*;$/d' -e '/^CREATE USER MAPPING /,/^);$/d' > schema.sql

\if :has_statements
\o statements.csv
\if :has_statements_info
\ir statements.sql
\else
\ir statements_before_1_9.sql
\endif
\o
\else
\warn 'warning: no statements exported: the extension pg_stat_statements is not installed in this database'
\endif
