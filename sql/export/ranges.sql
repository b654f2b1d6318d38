-- Statistics of range columns, which pg_stats shows from PostgreSQL 17 on.
SELECT json_build_object(
         'kind', 'range',
         'schema', s.schemaname,
         'table', s.tablename,
         'column', s.attname,
         'inherited', s.inherited,
         'range_length_histogram', s.range_length_histogram::text::text[],
         'range_empty_frac', s.range_empty_frac,
         'range_bounds_histogram', s.range_bounds_histogram::text::text[])::text
  FROM pg_catalog.pg_stats AS s
 WHERE s.range_empty_frac IS NOT NULL
   AND s.schemaname NOT IN ('pg_catalog', 'information_schema')
   AND s.schemaname !~ '^pg_(toast|temp)'
 ORDER BY s.schemaname COLLATE "C", s.tablename COLLATE "C", s.attname COLLATE "C", s.inherited;
