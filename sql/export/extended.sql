-- What ANALYZE found for extended statistics objects (CREATE STATISTICS) on plain columns. The texts name columns by
-- attribute number; `numbers` says which is which.
SELECT json_build_object(
         'kind', 'extended',
         'schema', s.statistics_schemaname,
         'name', s.statistics_name,
         'oid', e.oid::bigint,
         'inherited', coalesce((to_jsonb(s) ->> 'inherited')::boolean, false),
         'attributes', s.attnames,
         'numbers', ARRAY(SELECT unnest(e.stxkeys)),
         'n_distinct', s.n_distinct::text,
         'dependencies', s.dependencies::text,
         'most_common_vals', s.most_common_vals,
         'most_common_freqs', s.most_common_freqs,
         'most_common_base_freqs', s.most_common_base_freqs)::text
  FROM pg_catalog.pg_stats_ext AS s
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.statistics_schemaname
  JOIN pg_catalog.pg_statistic_ext AS e ON e.stxnamespace = n.oid AND e.stxname = s.statistics_name
 WHERE to_jsonb(s) ->> 'exprs' IS NULL
   AND (s.n_distinct IS NOT NULL OR s.dependencies IS NOT NULL OR s.most_common_vals IS NOT NULL)
 ORDER BY s.statistics_schemaname COLLATE "C", s.statistics_name COLLATE "C", to_jsonb(s) ->> 'inherited';
