-- pg_stat_statements of this database, whatever columns its version has, with the time, the reset, evictions and names
-- of user and database in front. For extension 1.9 and later; the variable "statements" holds the extension's schema.
COPY (
SELECT now() AS captured_at, i.stats_reset, i.dealloc, r.rolname, d.datname, s.*
  FROM :"statements".pg_stat_statements AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.userid
 CROSS JOIN :"statements".pg_stat_statements_info AS i
 WHERE d.datname = current_database()
 ORDER BY s.queryid, s.userid, s.query COLLATE "C"
) TO STDOUT WITH (FORMAT csv, HEADER);
