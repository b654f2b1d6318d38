-- UPDATE by key
UPDATE users SET name = $1, updated_at = now() WHERE id = $2
-->
update
0 users update
  equality id = $2@1
  output *
  written name updated_at
features current-time

-- UPDATE that reads its own columns and returns some
UPDATE items SET quantity = quantity + 1 WHERE order_id = 5 AND sku = 'x' RETURNING id, price
-->
update
0 items update
  equality order_id = 5@1 | (order_id = 5)
  equality sku = 'x'@2 | (sku = 'x')
  output id price quantity *
  written quantity
features returning

-- UPDATE with a subquery as value and as condition
UPDATE orders SET total = (SELECT sum(i.price) FROM items i WHERE i.order_id = orders.id)
WHERE user_id IN (SELECT id FROM users WHERE NOT active)
-->
update
0 orders update
  join semi user_id = 2:id
  output id *
  written total
1 items as i level 1
  join correlated order_id = 0:id
  output price
2 users level 1
  boolean active = FALSE | (NOT active)
  join semi id = 0:user_id
  output *
features aggregate correlated-subquery semi-join subquery

-- UPDATE of several columns at once
UPDATE orders SET (total, note) = (SELECT sum(price), max(sku) FROM items WHERE order_id = 5) WHERE id = 5
-->
update
0 orders update
  equality id = 5@1 | (id = 5)
  output *
  written note total
1 items level 1
  equality order_id = 5@0 | (order_id = 5)
  max sku
  output price sku
features aggregate subquery

-- UPDATE with a WITH query that picks rows
WITH picked AS (SELECT id FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED)
UPDATE orders o SET status = 'paid' FROM picked WHERE picked.id = o.id RETURNING o.id
-->
update
0 orders as o update
  join inner id = 1:id
  output id *
  written status
1 orders level 1 limit 10@1
  equality status = 'open'@0 | (status = 'open')
  sort created_at
  output id *
features cte for-update returning skip-locked

-- UPDATE of a view
UPDATE active_users SET name = 'x' WHERE email = 'a@b'
-->
update
0 users update level 1
  equality email = 'a@b'@1 | (email = 'a@b')
  boolean active = TRUE | active
  output *
  written name
features view

-- UPDATE of an array element
UPDATE users SET tags[1] = 'x', settings = jsonb_set(settings, '{a}', $1) WHERE id = 3
-->
update
0 users update
  equality id = 3@4 | (id = 3)
  output settings *
  written settings tags

-- DELETE with a subquery
DELETE FROM orders WHERE id IN (SELECT order_id FROM items WHERE sku = $1) AND deleted_at IS NOT NULL
-->
delete
0 orders delete
  not-null deleted_at IS NOT NULL | (deleted_at IS NOT NULL)
  join semi id = 1:order_id
  output *
1 items level 1
  equality sku = $1@0
  join semi order_id = 0:id
  output *
features semi-join

-- DELETE of everything old
DELETE FROM events WHERE at < $1
-->
delete
0 events delete
  range at < $1@0
  output *

-- DELETE with an alias and USING a subquery
DELETE FROM items i USING (SELECT id FROM orders WHERE kind = 'test') o WHERE i.order_id = o.id
-->
delete
0 items as i delete
  join inner order_id = 1:id
  output *
1 orders level 1
  equality kind = 'test'@0 | (kind = 'test')
  join inner id = 0:order_id
  output *

-- INSERT of several rows
INSERT INTO items (order_id, sku) VALUES (1, 'a'), (2, 'b'), (3, 'c')
-->
insert
0 items insert
  written order_id sku
features multi-row-values

-- INSERT of one row without a column list
INSERT INTO nodes VALUES ($1, $2, $3)
-->
insert
0 nodes insert
  written depth id name parent_id
features single-row-values

-- INSERT … SELECT
INSERT INTO archive.orders (id) SELECT o.id::int FROM orders o WHERE o.created_at < $1 AND o.deleted_at IS NULL
-->
insert
0 archive.orders insert
  written id
1 orders as o
  range created_at < $1@0
  null deleted_at IS NULL | (deleted_at IS NULL)
  output id
features insert-select

-- INSERT … SELECT from UNION
INSERT INTO nodes (id, name) SELECT id, name FROM places WHERE id = 5 UNION ALL SELECT 7, 'x'
-->
insert
0 nodes insert
  written id name
1 places
  equality id = 5@0 | (id = 5)
  output id name
features insert-select union-all

-- INSERT with unnest
INSERT INTO items (order_id, sku) SELECT * FROM unnest($1::bigint[], $2::text[])
-->
insert
0 items insert
  written order_id sku
features insert-select

-- INSERT with a subquery in VALUES
INSERT INTO items (order_id, sku) VALUES ((SELECT max(id) FROM orders WHERE user_id = $1), 'x') RETURNING *
-->
insert
0 items insert
  output id order_id price quantity sku *
  written order_id sku
1 orders level 1
  equality user_id = $1@0
  max id
  output id
features aggregate returning single-row-values subquery

-- ON CONFLICT DO NOTHING
INSERT INTO users (name, email) VALUES ('a', 'a@b') ON CONFLICT DO NOTHING
-->
insert
0 users insert
  written email name
features on-conflict single-row-values

-- ON CONFLICT DO UPDATE with a condition
INSERT INTO users AS u (name, email) VALUES ($1, $2)
ON CONFLICT (email) DO UPDATE SET name = excluded.name, age = u.age + 1 WHERE u.active AND excluded.name <> u.name
-->
insert
0 users as u insert
  output active age name
  written age email name
features on-conflict on-conflict-update single-row-values

-- INSERT with DEFAULT
INSERT INTO organisations (name, plan) VALUES ('x', DEFAULT)
-->
insert
0 organisations insert
  written name plan
features single-row-values

-- MERGE
MERGE INTO items i USING orders o ON i.order_id = o.id AND o.kind = 'web'
WHEN MATCHED AND i.quantity > 5 THEN UPDATE SET price = o.total
WHEN NOT MATCHED THEN INSERT (order_id, sku) VALUES (o.id, 'new')
-->
merge
0 items as i merge
  join right order_id = 1:id
  output quantity *
  written order_id price sku
1 orders as o
  join left id = 0:order_id
  output id kind total *

-- MERGE that only updates
MERGE INTO items i USING (SELECT id, total FROM orders WHERE user_id = $1) o ON i.order_id = o.id
WHEN MATCHED THEN DELETE
-->
merge
0 items as i merge
  join inner order_id = 1:id
  output *
1 orders level 1
  equality user_id = $1@0
  join inner id = 0:order_id
  output *

-- MERGE by source
MERGE INTO items i USING orders o ON i.order_id = o.id
WHEN NOT MATCHED BY SOURCE AND i.sku = 'x' THEN DELETE WHEN MATCHED THEN DO NOTHING
-->
merge
0 items as i merge
  join full order_id = 1:id
  output sku *
1 orders as o
  join full id = 0:order_id
  output *

-- rows that a driver wrapped into a SELECT
INSERT INTO items (order_id, sku) SELECT p0::bigint, p1::text FROM (VALUES ($1, $2, 0), ($3, $4, 1)) AS v (p0, p1, n) ORDER BY n RETURNING id
-->
insert
0 items insert
  output id
  written order_id sku
features multi-row-values order-by returning
