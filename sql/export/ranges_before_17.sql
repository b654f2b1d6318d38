-- Statistics of range columns for servers before 17, where only a superuser can read them, from pg_statistic itself.
SELECT json_build_object(
         'kind', 'range',
         'schema', n.nspname,
         'table', c.relname,
         'column', a.attname,
         'inherited', s.stainherit,
         'range_length_histogram', lengths.bounds::text::text[],
         'range_empty_frac', lengths.numbers[1],
         'range_bounds_histogram', bounds.bounds::text::text[])::text
  FROM pg_catalog.pg_statistic AS s
  JOIN pg_catalog.pg_class AS c ON c.oid = s.starelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
 CROSS JOIN LATERAL (VALUES (s.stakind1, s.stanumbers1, s.stavalues1::text), (s.stakind2, s.stanumbers2, s.stavalues2::text),
                            (s.stakind3, s.stanumbers3, s.stavalues3::text), (s.stakind4, s.stanumbers4, s.stavalues4::text),
                            (s.stakind5, s.stanumbers5, s.stavalues5::text)) AS lengths (kind, numbers, bounds)
  LEFT JOIN LATERAL (VALUES (s.stakind1, s.stavalues1::text), (s.stakind2, s.stavalues2::text),
                            (s.stakind3, s.stavalues3::text), (s.stakind4, s.stavalues4::text),
                            (s.stakind5, s.stavalues5::text)) AS bounds (kind, bounds) ON bounds.kind = 7
 WHERE lengths.kind = 6
   AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_(toast|temp)'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attname COLLATE "C", s.stainherit;
