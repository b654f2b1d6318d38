-- quoted and non-ASCII names
SELECT "Id", g."Ort name" FROM "Größe" g WHERE g."höhe" > 1.5 AND g."select" AND "Ort name" = 'Köln' ORDER BY "Ort name"
-->
select
0 Größe as g
  equality "Ort name" = 'Köln'@1 | ("Ort name" = 'Köln')
  range "höhe" > 1.5@0 | ("höhe" > 1.5)
  boolean "select" = TRUE | "select"
  sort "Ort name"
  output Id Ort name
features order-by unbounded

-- a schema by name
SELECT id FROM shop.orders WHERE shop.orders.shop_id = 5
-->
select
0 shop.orders
  equality shop_id = 5@0 | (shop_id = 5)
  output id
features unbounded

-- the same table name in two schemas
SELECT a.id FROM shop.orders a JOIN archive.orders b ON a.id = b.id WHERE b.archived_on = $1
-->
select
0 shop.orders as a
  join inner id = 1:id
  output id
1 archive.orders as b
  equality archived_on = $1@0
  join inner id = 0:id
features unbounded

-- the search path decides: shop
-- search_path: shop, public
SELECT id FROM orders WHERE shop_id = 5
-->
select
0 shop.orders
  equality shop_id = 5@0 | (shop_id = 5)
  output id
features unbounded

-- the search path decides: archive, then shop
-- search_path: archive, shop
SELECT id FROM orders WHERE archived_on IS NULL
-->
select
0 archive.orders
  null archived_on IS NULL | (archived_on IS NULL)
  output id
features unbounded

-- a search path without the table
-- search_path: archive
-- invalid
SELECT id FROM users WHERE id = 5
-->
select
unresolved users: no such table in the search path archive; there is one in public
unresolved id: it belongs to a relation whose columns are not known

-- an unknown table
-- invalid
SELECT x.a FROM nowhere x WHERE x.b = 5
-->
select
unresolved nowhere: no such table in the search path public
unresolved x.a: the columns of that relation are not known
unresolved x.b: the columns of that relation are not known

-- an unknown table beside a known one
-- invalid
SELECT o.id FROM orders o JOIN nowhere n ON n.order_id = o.id WHERE o.kind = 'a' AND other = 3
-->
select
0 orders as o
  equality kind = 'a'@0 | (kind = 'a')
  equality id = computed n.order_id
  output id
unresolved nowhere: no such table in the search path public
unresolved n.order_id: the columns of that relation are not known
unresolved other: it belongs to a relation whose columns are not known

-- an unknown column
-- invalid
SELECT id FROM orders WHERE colour = 'red' AND kind = 'web'
-->
select
0 orders
  equality kind = 'web'@1 | (kind = 'web')
  output id
unresolved colour: no such column
features unbounded

-- an unknown alias
-- invalid
SELECT z.id FROM orders o WHERE o.kind = 'web'
-->
select
0 orders as o
  equality kind = 'web'@0 | (kind = 'web')
unresolved z.id: no such table or column here
features unbounded

-- an ambiguous column is never guessed
-- invalid
SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id WHERE created_at > $1 AND kind = 'web'
-->
select
0 users as u
  join inner id = 1:user_id
  output id
1 orders as o
  equality kind = 'web'@1 | (kind = 'web')
  join inner user_id = 0:id
unresolved created_at: ambiguous
features unbounded

-- a column of the outer query, found when the inner has none
SELECT id FROM users WHERE EXISTS (SELECT 1 FROM items WHERE order_id = age)
-->
select
0 users
  join semi age = 1:order_id
  output id
1 items level 1
  join semi order_id = 0:age
features semi-join unbounded

-- the inner table hides the outer
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM items WHERE id = 5)
-->
select
0 orders
  output id
1 items level 1
  equality id = 5@1 | (id = 5)
features semi-join unbounded

-- column aliases of a table
SELECT t.a FROM nodes AS t (a, b) WHERE t.b = 3 AND name = 'x'
-->
select
0 nodes as t
  equality parent_id = 3@0 | (parent_id = 3)
  equality name = 'x'@1 | (name = 'x')
  output id
features unbounded

-- a partitioned table
SELECT id FROM events WHERE at >= '2026-01-01' AND at < '2026-02-01' AND kind = 'login' ORDER BY at
-->
select
0 events
  equality kind = 'login'@2 | (kind = 'login')
  range at >= '2026-01-01'@0 | (at >= '2026-01-01')
  range at < '2026-02-01'@1 | (at < '2026-02-01')
  sort at
  output id
features order-by unbounded

-- a partition by itself
SELECT id FROM events_2026 WHERE user_id = $1
-->
select
0 events_2026
  equality user_id = $1@0
  output id
features unbounded

-- inheritance, and ONLY
SELECT name FROM places WHERE name = 'x' UNION ALL SELECT name FROM ONLY places WHERE id = 3
-->
select
0 places
  equality name = 'x'@0 | (name = 'x')
  output name
1 places
  equality id = 3@1 | (id = 3)
  output name
features union-all

-- an inherited column
SELECT country FROM capitals WHERE name = 'x' AND country = 'y'
-->
select
0 capitals
  equality name = 'x'@0 | (name = 'x')
  equality country = 'y'@1 | (country = 'y')
  output country
features unbounded

-- a generated column
SELECT id FROM users WHERE lower_name = 'x'
-->
select
0 users
  equality lower_name = 'x'@0 | (lower_name = 'x')
  output id
features unbounded

-- a system catalog
SELECT relname FROM pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'public'
-->
select
unresolved pg_class: a system catalog
unresolved pg_catalog.pg_namespace: a system catalog
unresolved n.oid: the columns of that relation are not known
unresolved c.relnamespace: the columns of that relation are not known
unresolved relname: it belongs to a relation whose columns are not known
unresolved nspname: it belongs to a relation whose columns are not known
features system-catalog

-- a name in upper case means the same
SELECT U.ID FROM USERS U WHERE U.EMAIL = 'x'
-->
select
0 users as u
  equality email = 'x'@0 | (email = 'x')
  output id

-- a function of another schema
SELECT id FROM users WHERE public.shout(name) = 'X!' AND pg_catalog.lower(name) = 'x'
-->
select
0 users
  equality (public.shout(name)) = 'X!'@0 | (public.shout(name) = 'X!')
  equality (pg_catalog.lower(name)) = 'x'@1 | (pg_catalog.lower(name) = 'x')
  output id
features function-on-column unbounded

-- an operator of a schema
SELECT id FROM users WHERE age OPERATOR(pg_catalog.=) 5
-->
select
0 users
  equality age = 5@0 | (age = 5)
  output id
features unbounded

-- the merged column of USING by its own alias
SELECT k.id FROM shop.orders JOIN archive.orders USING (id) AS k WHERE k.id = 4
-->
select
0 shop.orders
  equality id = 4@0 | (id = 4)
  join inner id = 1:id
  output id
1 archive.orders
  equality id = 4@0 | (id = 4)
  join inner id = 0:id

-- columns that CYCLE adds, and no slot for its marks
WITH RECURSIVE t AS (SELECT id, parent_id FROM nodes WHERE id = 5 UNION ALL
SELECT n.id, n.parent_id FROM nodes n JOIN t ON t.id = n.parent_id) CYCLE id SET looped USING path
SELECT id FROM t WHERE NOT looped AND id < 7
-->
select
0 nodes level 1
  equality id = 5@0 | (id = 5)
  output id parent_id
1 nodes as n level 1
  join inner parent_id = 0:id
  output id parent_id
features cte recursive-cte unbounded union-all

-- rows before and after a change
UPDATE nodes SET name = 'x' WHERE id = 5 RETURNING old.name, new.parent_id
-->
update
0 nodes update
  equality id = 5@1 | (id = 5)
  output name parent_id *
  written name
features returning

-- a virtual generated column is its expression
SELECT id, full_name FROM users WHERE full_name = 'a b' ORDER BY full_name
-->
select
0 users
  equality ((name || (' '::text)) || (nick::text)) = 'a b'@0 | (((name || (' '::text)) || (nick::text)) = 'a b')
  sort ((name || (' '::text)) || (nick::text))
  output id name nick
features order-by unbounded
