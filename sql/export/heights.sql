-- Heights of b-trees, read from their metapages. Needs the extension pageinspect and a superuser; the variable
-- "pageinspect" holds the extension's schema.
SELECT json_build_object(
         'kind', 'height',
         'schema', n.nspname,
         'name', c.relname,
         'height', (:"pageinspect".bt_metap(format('%I.%I', n.nspname, c.relname))).level)::text
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'i'
   AND m.amname = 'btree'
   AND c.relpersistence <> 't'
   AND pg_relation_size(c.oid) > 0
   AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_(toast|temp)'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C";
