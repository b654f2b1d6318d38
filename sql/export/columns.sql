-- Planner statistics of columns and index expressions, as pg_stats shows them; values as text in their output form.
SELECT json_build_object(
         'kind', 'column',
         'schema', s.schemaname,
         'table', s.tablename,
         'column', s.attname,
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
 WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema')
   AND s.schemaname !~ '^pg_(toast|temp)'
 ORDER BY s.schemaname COLLATE "C", s.tablename COLLATE "C", s.attname COLLATE "C", s.inherited;
