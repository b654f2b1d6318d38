#!/bin/sh
# Takes the snapshot that the plan gate and `advisor advise` plan with: schema, planner statistics, settings, and the
# texts of pg_stat_statements. Not one row, and with --redact not one value. Run it where production can be reached,
# weekly or so, and commit the folder @SNAPSHOT@.
#
# What the role needs, said once by somebody who may (PostgreSQL 14 or later):
#
#     CREATE ROLE advisor LOGIN PASSWORD '…';
#     GRANT pg_read_all_stats TO advisor;     -- statements of other roles, counters
#     GRANT pg_read_all_data TO advisor;      -- pg_dump --schema-only takes a shared lock on tables that may be read
#
# The session is read-only, waits 5 s for a lock at most and gives up after 2 minutes a statement.
#
#     DATABASE_URL=postgresql://advisor@db.example/app ./take-snapshot.sh      (PGPASSWORD or ~/.pgpass for the password)
#
# Nobody may run Python there? `advisor export-sql DIR` writes files that do the same with psql and pg_dump alone; then
# `advisor snapshot FOLDER -o @SNAPSHOT@ --redact` takes the values out.
set -eu
cd "$(dirname "$0")"
umask 077
advisor snapshot "${DATABASE_URL:?set DATABASE_URL}" -o @SNAPSHOT@ --redact
