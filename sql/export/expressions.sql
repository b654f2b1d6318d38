-- What ANALYZE found for the expressions of extended statistics objects (CREATE STATISTICS ON (lower(name)) …). For servers
-- from 14 on. `number` is an expression's place in its object.
SELECT json_build_object(
         'kind', 'expression',
         'schema', s.statistics_schemaname,
         'name', s.statistics_name,
         'inherited', coalesce((to_jsonb(s) ->> 'inherited')::boolean, false),
         'number', array_position(pg_get_statisticsobjdef_expressions(e.oid), s.expr),
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
  FROM pg_catalog.pg_stats_ext_exprs AS s
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.statistics_schemaname
  JOIN pg_catalog.pg_statistic_ext AS e ON e.stxnamespace = n.oid AND e.stxname = s.statistics_name
 WHERE s.null_frac IS NOT NULL
 ORDER BY s.statistics_schemaname COLLATE "C", s.statistics_name COLLATE "C", to_jsonb(s) ->> 'inherited', s.expr COLLATE "C";
