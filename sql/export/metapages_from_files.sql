-- The same as metapages.sql without the extension pageinspect: a superuser may read the first page of an index from its
-- file (which can be as old as the last checkpoint). Numbers stand in little-endian order; where the page does not hold
-- the method's magic number or version (it was never written since the index was built), nothing is said.
SELECT json_build_object(
         'kind', 'metapage',
         'schema', p.nspname,
         'name', p.relname,
         'from_file', true,
         'height', CASE WHEN p.amname = 'btree' AND p.magic = x'053162'::bigint THEN
           get_byte(p.page, 36) + (get_byte(p.page, 37) << 8) END,
         'gin', CASE WHEN p.amname = 'gin' AND get_byte(p.page, 72) IN (1, 2) THEN (
           SELECT json_agg(get_byte(p.page, o) + (get_byte(p.page, o + 1) << 8) + (get_byte(p.page, o + 2) << 16)
                           + (get_byte(p.page, o + 3)::bigint << 24) ORDER BY o)
             FROM unnest('{36, 48, 52, 56, 64}'::integer[]) AS o) END,
         'brin_revmap_pages', CASE WHEN p.amname = 'brin' AND p.magic = x'A8109CFA'::bigint THEN
           get_byte(p.page, 36) + (get_byte(p.page, 37) << 8) + (get_byte(p.page, 38) << 16) - 1 END)::text
  FROM (SELECT r.*, get_byte(r.page, 24) + (get_byte(r.page, 25) << 8) + (get_byte(r.page, 26) << 16)
                    + (get_byte(r.page, 27)::bigint << 24) AS magic
          FROM (SELECT n.nspname, c.relname, m.amname,
                       pg_read_binary_file(pg_relation_filepath(c.oid), 0, 128, true) AS page
                  FROM pg_catalog.pg_class AS c
                  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'i'
                   AND m.amname IN ('btree', 'gin', 'brin')
                   AND (c.relpersistence = 'p' OR c.relpersistence = 'u' AND NOT pg_is_in_recovery())
                   AND pg_relation_size(c.oid) > 0
                   AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                   AND n.nspname !~ '^pg_(toast|temp)') AS r
         WHERE length(r.page) = 128) AS p
 ORDER BY p.nspname COLLATE "C", p.relname COLLATE "C";
