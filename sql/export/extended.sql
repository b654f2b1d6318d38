-- What ANALYZE found for combinations within extended statistics objects (CREATE STATISTICS). The texts name columns by
-- attribute number, which `numbers` explains, and expressions by -1, -2 …
SELECT json_build_object(
         'kind', 'extended',
         'schema', s.statistics_schemaname,
         'name', s.statistics_name,
         'oid', e.oid::bigint,
         'inherited', coalesce((to_jsonb(s) ->> 'inherited')::boolean, false),
         'attributes', coalesce(s.attnames, '{}'),
         'expression_count', coalesce(jsonb_array_length(nullif(to_jsonb(s) -> 'exprs', 'null')), 0),
         'numbers', ARRAY(SELECT unnest(e.stxkeys)),
         'n_distinct', s.n_distinct::text,
         'dependencies', s.dependencies::text,
         'most_common_vals', s.most_common_vals,
         'most_common_freqs', s.most_common_freqs,
         'most_common_base_freqs', s.most_common_base_freqs)::text
  FROM pg_catalog.pg_stats_ext AS s
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.statistics_schemaname
  JOIN pg_catalog.pg_statistic_ext AS e ON e.stxnamespace = n.oid AND e.stxname = s.statistics_name
 WHERE s.n_distinct IS NOT NULL OR s.dependencies IS NOT NULL OR s.most_common_vals IS NOT NULL
    OR to_jsonb(s) ->> 'exprs' IS NOT NULL
 ORDER BY s.statistics_schemaname COLLATE "C", s.statistics_name COLLATE "C", to_jsonb(s) ->> 'inherited';
