-- For the leading column of each b-tree: a query for its smallest and largest value, which the planner, too, looks up in
-- the index when a condition reaches beyond the histogram. Each reads both ends of one index. Only columns of built-in
-- types that this role may read, without row security; the largest tables first, at most 5000. An index that was never
-- scanned is left alone, so that it still shows as unused (the planner's own look-ups count as scans).
SELECT format('SELECT json_build_object(''kind'', ''ends'', ''schema'', %1$L, ''table'', %2$L, ''column'', %3$L,'
              ' ''low'', CASE WHEN length(e.low) <= 200 THEN e.low END,'
              ' ''high'', CASE WHEN length(e.high) <= 200 THEN e.high END)::text FROM (SELECT'
              ' (SELECT x.%3$I FROM %1$I.%2$I AS x WHERE x.%3$I IS NOT NULL ORDER BY x.%3$I LIMIT 1)::text AS low,'
              ' (SELECT x.%3$I FROM %1$I.%2$I AS x WHERE x.%3$I IS NOT NULL ORDER BY x.%3$I DESC LIMIT 1)::text AS high'
              ') AS e',
              found.nspname, found.relname, found.attname)
  FROM (SELECT DISTINCT n.nspname, c.relname, a.attname, c.relpages
          FROM pg_catalog.pg_index AS i
          JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
          JOIN pg_catalog.pg_am AS m ON m.oid = ic.relam AND m.amname = 'btree'
          JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[0] AND o.opcdefault
          JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.attnum > 0
          JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
         WHERE i.indisvalid AND i.indisready AND i.indislive
           AND i.indpred IS NULL
           AND i.indcollation[0] = a.attcollation
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS other
                            WHERE other.indrelid = i.indrelid AND other.indkey[0] = i.indkey[0]
                              AND pg_stat_get_numscans(other.indexrelid) = 0)
           AND c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND c.relispopulated
           AND t.typtype = 'b' AND t.typnamespace = 'pg_catalog'::regnamespace
           AND has_column_privilege(c.oid, a.attnum, 'SELECT')
           AND has_schema_privilege(n.oid, 'USAGE')
           AND NOT row_security_active(c.oid)
           AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND n.nspname !~ '^pg_(toast|temp)') AS found
 ORDER BY found.relpages DESC, found.nspname COLLATE "C", found.relname COLLATE "C", found.attname COLLATE "C"
 LIMIT 5000
\gexec
