-- pg_stat_statements of this database, whatever columns its version has, with names of user and database in front. The
-- variable "statements" holds the extension's schema.
COPY (
SELECT r.rolname, d.datname, s.*
  FROM :"statements".pg_stat_statements AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.userid
 WHERE d.datname = current_database()
 ORDER BY s.queryid, s.userid, s.query COLLATE "C"
) TO STDOUT WITH (FORMAT csv, HEADER);
