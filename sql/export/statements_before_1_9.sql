-- The same as statements.sql for extensions before 1.9 (server 13), which do not tell reset and evictions.
COPY (
SELECT now() AS captured_at, r.rolname, d.datname, s.*
  FROM :"statements".pg_stat_statements AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.userid
 WHERE d.datname = current_database()
 ORDER BY s.queryid, s.userid, s.query COLLATE "C"
) TO STDOUT WITH (FORMAT csv, HEADER);
