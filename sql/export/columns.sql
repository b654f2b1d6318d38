-- Planner statistics of columns and index expressions, as pg_stats shows them; values as text in their output form. Below a domain,
-- the type is its base type.
WITH RECURSIVE step (oid, typmod, base) AS (
  SELECT t.oid, t.typtypmod, t.typbasetype FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd'
   UNION ALL
  SELECT step.oid, CASE WHEN step.typmod >= 0 THEN step.typmod ELSE t.typtypmod END, t.typbasetype
    FROM step JOIN pg_catalog.pg_type AS t ON t.oid = step.base WHERE t.typtype = 'd'
), domain (oid, typmod, base) AS MATERIALIZED (
  SELECT step.oid, step.typmod, step.base
    FROM step JOIN pg_catalog.pg_type AS t ON t.oid = step.base AND t.typtype <> 'd'
), type_of AS (
  SELECT n.nspname, c.relname, a.attname,
         CASE WHEN t.typtype = 'e' THEN 'enum'
              WHEN e.typtype = 'e' THEN 'enum[]'
              ELSE format_type(t.oid, CASE WHEN a.atttypmod >= 0 THEN a.atttypmod ELSE coalesce(domain.typmod, -1) END) END AS type
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN domain ON domain.oid = a.atttypid
    JOIN pg_catalog.pg_type AS t ON t.oid = coalesce(domain.base, a.atttypid)
    LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND t.typlen = -1
   WHERE a.attnum > 0 AND c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I')
)
SELECT json_build_object(
         'kind', 'column',
         'schema', s.schemaname,
         'table', s.tablename,
         'column', s.attname,
         'type', t.type,
         'inherited', s.inherited,
         'null_frac', s.null_frac,
         'avg_width', s.avg_width,
         'n_distinct', s.n_distinct,
         'most_common_vals', s.most_common_vals::text::text[],
         'most_common_freqs', s.most_common_freqs,
         'histogram_bounds', s.histogram_bounds::text::text[],
         'correlation', s.correlation,
         'most_common_elems', s.most_common_elems::text::text[],
         'most_common_elem_freqs', s.most_common_elem_freqs,
         'elem_count_histogram', s.elem_count_histogram)::text
  FROM pg_catalog.pg_stats AS s
  LEFT JOIN type_of AS t ON t.nspname = s.schemaname AND t.relname = s.tablename AND t.attname = s.attname
 WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema')
   AND s.schemaname !~ '^pg_(toast|temp)'
 ORDER BY s.schemaname COLLATE "C", s.tablename COLLATE "C", s.attname COLLATE "C", s.inherited;
