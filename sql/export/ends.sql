-- For the leading key of each b-tree: a query for its smallest and largest value, which the planner, too, looks up in the
-- index when a condition reaches beyond the histogram. Each reads both ends of one index. Only columns of built-in types,
-- domains and enumerations that this role may read, without row security, and expressions of the server's own functions;
-- the largest tables first, at most 5000. Such a look-up counts as a scan, unless `track_counts` is off (which a
-- superuser may set). Where it counts, an index that was never scanned and that could be dropped for it is left alone.
WITH found AS (
  SELECT sn.nspname AS schema, s.relname AS relation, s.attname AS attribute, n.nspname, c.relname, c.relpages,
         max(s.expression) AS expression,
         current_setting('track_counts') = 'on'
         AND bool_or(EXISTS (SELECT FROM pg_catalog.pg_index AS other
                              WHERE other.indrelid = i.indrelid AND other.indkey[0] = i.indkey[0]
                                AND NOT (other.indisunique OR other.indisexclusion OR other.indisreplident)
                                AND pg_stat_get_numscans(other.indexrelid) = 0)) AS unscanned
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS icn ON icn.oid = ic.relnamespace
    JOIN pg_catalog.pg_am AS m ON m.oid = ic.relam AND m.amname = 'btree'
    JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[0] AND o.opcdefault
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS ia ON ia.attrelid = ic.oid AND ia.attnum = 1
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.attnum > 0
    JOIN pg_catalog.pg_type AS t ON t.oid = coalesce(a.atttypid, ia.atttypid)
    JOIN pg_catalog.pg_type AS b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
   CROSS JOIN LATERAL (
     SELECT CASE WHEN a.attnum IS NULL THEN icn.oid ELSE n.oid END AS namespace,
            CASE WHEN a.attnum IS NULL THEN ic.relname ELSE c.relname END AS relname,
            coalesce(a.attname, ia.attname) AS attname,
            coalesce('x.' || quote_ident(a.attname), pg_get_indexdef(i.indexrelid, 1, false)) AS expression) AS s
    JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.namespace
   WHERE i.indisvalid AND i.indisready AND i.indislive
     AND i.indpred IS NULL
     AND (a.attnum IS NOT NULL AND i.indcollation[0] = a.attcollation AND has_column_privilege(c.oid, a.attnum, 'SELECT')
          OR i.indkey[0] = 0 AND has_table_privilege(c.oid, 'SELECT')
             AND pg_get_indexdef(i.indexrelid) !~ ' COLLATE '
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)))
     AND c.relkind IN ('r', 'm') AND c.relispopulated
     AND (c.relpersistence = 'p' OR c.relpersistence = 'u' AND NOT pg_is_in_recovery())
     AND (b.typtype = 'b' AND b.typnamespace = 'pg_catalog'::regnamespace OR b.typtype = 'e')
     AND has_schema_privilege(n.oid, 'USAGE')
     AND NOT row_security_active(c.oid)
     AND n.nspname NOT IN ('pg_catalog', 'information_schema')
     AND n.nspname !~ '^pg_(toast|temp)'
   GROUP BY sn.nspname, s.relname, s.attname, n.nspname, c.relname, c.relpages
), query AS (
  SELECT format('SELECT /* advisor */ json_build_object(''kind'', ''ends'', ''schema'', %1$L, ''table'', %2$L, ''column'', %3$L,'
                ' ''low'', CASE WHEN length(e.low) <= 200 THEN e.low END,'
                ' ''high'', CASE WHEN length(e.high) <= 200 THEN e.high END)::text FROM (SELECT'
                ' (SELECT %4$s FROM ONLY %5$I.%6$I AS x WHERE %4$s IS NOT NULL ORDER BY %4$s LIMIT 1)::text AS low,'
                ' (SELECT %4$s FROM ONLY %5$I.%6$I AS x WHERE %4$s IS NOT NULL ORDER BY %4$s DESC LIMIT 1)::text AS high'
                ') AS e', schema, relation, attribute, expression, nspname, relname)
    FROM found
   WHERE NOT unscanned
   ORDER BY relpages DESC, schema COLLATE "C", relation COLLATE "C", attribute COLLATE "C"
   LIMIT 5000
)
SELECT * FROM query
 UNION ALL
SELECT format('SELECT ''{"kind": "unscanned_ends", "count": %s}''', count(*)) FROM found WHERE unscanned HAVING count(*) > 0
\gexec
