-- What the planner reads from the metapages of indexes: the height of a b-tree, the sizes a GIN index notes, the
-- revmap of a BRIN index. Needs the extension pageinspect and a superuser; the variable "pageinspect" holds the
-- extension's schema.
SELECT json_build_object(
         'kind', 'metapage',
         'schema', x.nspname,
         'name', x.relname,
         'height', CASE WHEN x.amname = 'btree' THEN (:"pageinspect".bt_metap(x.qualified)).level END,
         'gin', CASE WHEN x.amname = 'gin' THEN (
           SELECT json_build_array(g.n_pending_pages, g.n_total_pages, g.n_entry_pages, g.n_data_pages, g.n_entries)
             FROM :"pageinspect".gin_metapage_info(:"pageinspect".get_raw_page(x.qualified, 0)) AS g) END,
         'brin_revmap_pages', CASE WHEN x.amname = 'brin' THEN (
           SELECT b.lastrevmappage - 1
             FROM :"pageinspect".brin_metapage_info(:"pageinspect".get_raw_page(x.qualified, 0)) AS b) END)::text
  FROM (SELECT n.nspname, c.relname, m.amname, format('%I.%I', n.nspname, c.relname) AS qualified
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind = 'i'
           AND m.amname IN ('btree', 'gin', 'brin')
           AND (c.relpersistence = 'p' OR c.relpersistence = 'u' AND NOT pg_is_in_recovery())
           AND pg_relation_size(c.oid) > 0
           AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND n.nspname !~ '^pg_(toast|temp)') AS x
 ORDER BY x.nspname COLLATE "C", x.relname COLLATE "C";
