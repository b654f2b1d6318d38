-- an equivalence class of three tables
SELECT u.name FROM users u JOIN orders o ON o.user_id = u.id JOIN events e ON e.user_id = o.user_id WHERE u.active
-->
select
0 users as u
  boolean active = TRUE | active
  join inner id = 2:user_id
  join inner id = 1:user_id
  output name
1 orders as o
  join inner user_id = 2:user_id
  join inner user_id = 0:id
2 events as e
  join inner user_id = 1:user_id
  join inner user_id = 0:id
features unbounded

-- comma joins
SELECT u.name FROM users u, orders o, items i WHERE o.user_id = u.id AND i.order_id = o.id AND i.sku = $1
-->
select
0 users as u
  join inner id = 1:user_id
  output name
1 orders as o
  join inner user_id = 0:id
  join inner id = 2:order_id
2 items as i
  equality sku = $1@0
  join inner order_id = 1:id
features unbounded

-- USING
SELECT id, i.sku FROM orders JOIN items i USING (id) WHERE id = 5
-->
select
0 orders
  equality id = 5@0 | (id = 5)
  join inner id = 1:id
  output id
1 items as i
  equality id = 5@0 | (id = 5)
  join inner id = 0:id
  output sku

-- NATURAL JOIN
SELECT * FROM shop.orders NATURAL JOIN archive.orders AS a WHERE archived_on > '2025-01-01'
-->
select
0 shop.orders
  join inner id = 1:id
  output id placed shop_id *
1 archive.orders as a
  range archived_on > '2025-01-01'@0 | (archived_on > '2025-01-01')
  join inner id = 0:id
  output archived_on *
features select-star unbounded

-- LEFT JOIN: conditions in ON and in WHERE
SELECT u.id, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id AND o.kind = 'web' AND u.active WHERE u.organisation_id = 3
-->
select
0 users as u
  equality organisation_id = 3@1 | (organisation_id = 3)
  join left id = 1:user_id
  output active id
1 orders as o
  equality kind = 'web'@0 | (kind = 'web')
  join right user_id = 0:id
  output total
features unbounded

-- LEFT JOIN that a condition makes inner
SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.kind = 'web'
-->
select
0 users as u
  join inner id = 1:user_id
  output id
1 orders as o
  equality kind = 'web'@0 | (kind = 'web')
  join inner user_id = 0:id
features unbounded

-- a constant crosses a LEFT JOIN
SELECT u.id, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.id = $1
-->
select
0 users as u
  equality id = $1@0
  join left id = 1:user_id
  output id
1 orders as o
  equality user_id = $1@0
  join right user_id = 0:id
  output total

-- a condition that lets NULL pass does not filter the table
SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE coalesce(o.kind, 'none') = 'none'
-->
select
0 users as u
  join left id = 1:user_id
  output id
1 orders as o
  join right user_id = 0:id
  output kind
features unbounded

-- RIGHT JOIN
SELECT u.id, o.total FROM orders o RIGHT JOIN users u ON o.user_id = u.id WHERE u.name = 'x'
-->
select
0 orders as o
  join right user_id = 1:id
  output total
1 users as u
  equality name = 'x'@0 | (name = 'x')
  join left id = 0:user_id
  output id
features unbounded

-- FULL JOIN
SELECT * FROM shop.orders s FULL JOIN archive.orders a USING (id) WHERE a.archived_on IS NULL
-->
select
0 shop.orders as s
  join full id = 1:id
  output id placed shop_id *
1 archive.orders as a
  join full id = 0:id
  output archived_on id *
features select-star

-- FULL JOIN that a condition makes one-sided
SELECT s.placed, a.archived_on FROM shop.orders s FULL JOIN archive.orders a ON a.id = s.id WHERE s.shop_id = 4
-->
select
0 shop.orders as s
  equality shop_id = 4@0 | (shop_id = 4)
  join left id = 1:id
  output placed
1 archive.orders as a
  join right id = 0:id
  output archived_on
features unbounded

-- nested outer joins
SELECT u.id FROM users u LEFT JOIN (orders o JOIN items i ON i.order_id = o.id AND i.sku = 'x') ON o.user_id = u.id WHERE u.active
-->
select
0 users as u
  boolean active = TRUE | active
  join left id = 1:user_id
  output id
1 orders as o
  join inner id = 2:order_id
  join right user_id = 0:id
2 items as i
  equality sku = 'x'@0 | (sku = 'x')
  join inner order_id = 1:id
features unbounded

-- a self join
SELECT c.name FROM nodes c JOIN nodes p ON c.parent_id = p.id WHERE p.name = 'root'
-->
select
0 nodes as c
  join inner parent_id = 1:id
  output name
1 nodes as p
  equality name = 'root'@0 | (name = 'root')
  join inner id = 0:parent_id
features unbounded

-- a range join
SELECT o.id FROM orders o JOIN bookings b ON o.created_at < upper(b.during) AND b.room = o.user_id
-->
select
0 orders as o
  range created_at < 1:(upper(during))
  join inner user_id = 1:room
  output id
1 bookings as b
  range (upper(during)) > 0:created_at
  join inner room = 0:user_id
features function-on-column unbounded

-- joined by an expression
SELECT u.id FROM users u JOIN organisations g ON lower(g.name) = lower(u.name)
-->
select
0 users as u
  join inner (lower(name)) = 1:(lower(name))
  output id
1 organisations as g
  join inner (lower(name)) = 0:(lower(name))
features unbounded unfiltered

-- joined over jsonb text
SELECT u.id FROM users u JOIN events e ON (e.payload ->> 'user')::bigint = u.id WHERE e.kind = 'login'
-->
select
0 users as u
  join inner id = 1:((payload ->> 'user')::int8)
  output id
1 events as e
  equality kind = 'login'@1 | (kind = 'login')
  join inner ((payload ->> 'user')::int8) = 0:id
features unbounded

-- EXISTS with its own condition
SELECT g.name FROM organisations g WHERE EXISTS (SELECT FROM users u WHERE u.organisation_id = g.id AND u.active)
-->
select
0 organisations as g
  join semi id = 1:organisation_id
  output name
1 users as u level 1
  boolean active = TRUE | active
  join semi organisation_id = 0:id
features semi-join unbounded

-- NOT EXISTS
SELECT u.id FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.created_at > $1)
-->
select
0 users as u
  join anti id = 1:user_id
  output id
1 orders as o level 1
  range created_at > $1@0
  join anti user_id = 0:id
features anti-join unbounded

-- IN with a subquery of its own join
SELECT name FROM users WHERE id IN (SELECT o.user_id FROM orders o JOIN items i ON i.order_id = o.id WHERE i.sku = 'x')
-->
select
0 users
  join semi id = 1:user_id
  output name
1 orders as o level 1
  join inner id = 2:order_id
  join semi user_id = 0:id
2 items as i level 1
  equality sku = 'x'@0 | (sku = 'x')
  join inner order_id = 1:id
features semi-join unbounded

-- NOT IN with a subquery
SELECT name FROM users WHERE id NOT IN (SELECT user_id FROM orders WHERE kind = 'web')
-->
select
0 users
  output id name
1 orders level 1
  equality kind = 'web'@0 | (kind = 'web')
  output user_id
features not-in-subquery subquery unbounded

-- IN with a grouped subquery
SELECT name FROM users WHERE id IN (SELECT user_id FROM orders GROUP BY user_id HAVING count(*) > 5)
-->
select
0 users
  join semi id = 1:user_id
  output name
1 orders level 1
  group user_id
  output user_id
features aggregate count-star group-by having semi-join unbounded

-- a correlated IN
SELECT name FROM users u WHERE 'web' IN (SELECT kind FROM orders o WHERE o.user_id = u.id)
-->
select
0 users as u
  output id name
1 orders as o level 1
  join correlated user_id = 0:id
  output kind
features correlated-subquery subquery unbounded

-- EXISTS under OR stays a subquery
SELECT name FROM users u WHERE u.active OR EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id)
-->
select
0 users as u
  output active id name
1 orders as o level 1
  join correlated user_id = 0:id
features correlated-subquery subquery unbounded

-- scalar subqueries correlated over two levels
SELECT name, (SELECT count(*) FROM orders o WHERE o.user_id = u.id
AND EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND i.sku = u.nick)) FROM users u
-->
select
0 users as u
  output id name nick
1 orders as o level 1
  join correlated user_id = 0:id
  join semi id = 2:order_id
2 items as i level 2
  join semi order_id = 1:id
  join correlated sku = 0:nick
features aggregate correlated-subquery count-star semi-join subquery unbounded unfiltered

-- LATERAL with a limit: the latest row of each
SELECT u.name, l.total FROM users u CROSS JOIN LATERAL
(SELECT o.total FROM orders o WHERE o.user_id = u.id ORDER BY o.created_at DESC LIMIT 1) l WHERE u.active
-->
select
0 users as u
  boolean active = TRUE | active
  output id name
1 orders as o level 1 limit 1@0
  join correlated user_id = 0:id
  sort created_at desc
  output total
features lateral

-- LEFT JOIN LATERAL ON true
SELECT u.name, l.n FROM users u LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.user_id = u.id) l ON true
-->
select
0 users as u
  output id name
1 orders as o level 1
  join correlated user_id = 0:id
features aggregate count-star lateral unbounded unfiltered

-- unnest as a join partner
SELECT o.id FROM unnest($1::bigint[]) AS wanted (id) JOIN orders o ON o.id = wanted.id
-->
select
0 orders as o
  equality id = computed wanted.id
  output id

-- VALUES as a join partner
SELECT o.id FROM orders o JOIN (VALUES (1, 'a'), (2, 'b')) AS v (id, kind) ON v.id = o.user_id AND v.kind = o.kind
-->
select
0 orders as o
  equality user_id = computed v.id
  equality kind = computed v.kind
  output id

-- a function over a column of another table
SELECT u.id, t FROM users u, unnest(u.tags) AS t WHERE u.organisation_id = 5 AND t = 'x'
-->
select
0 users as u
  equality organisation_id = 5@0 | (organisation_id = 5)
  output id tags

-- > ALL and <> ALL of subqueries
SELECT id FROM orders WHERE total >= ALL (SELECT price FROM items) AND user_id <> ALL ($1)
-->
select
0 orders
  inequality user_id <> ALL $1@0
  output id total
1 items level 1
  output price
features subquery unbounded

-- three tables joined through USING
SELECT i.sku FROM users u JOIN orders o ON o.user_id = u.id JOIN items i ON i.order_id = o.id
WHERE u.email = $1 AND o.created_at BETWEEN $2 AND $3 ORDER BY o.created_at DESC, i.id LIMIT 50
-->
select limit 50@3
0 users as u limit 50@3
  equality email = $1@0
  join inner id = 1:user_id
1 orders as o limit 50@3
  range created_at >= $2@1
  range created_at <= $3@2
  join inner user_id = 0:id
  join inner id = 2:order_id
  output created_at
2 items as i limit 50@3
  join inner order_id = 1:id
  output id sku
sort spans tables
features limit order-by

-- a join on two columns with constants on one
SELECT a.id FROM orders a JOIN orders b ON a.user_id = b.user_id AND a.kind = b.kind WHERE a.kind = 'web' AND b.user_id = 5
-->
select
0 orders as a
  equality user_id = 5@1 | (user_id = 5)
  equality kind = 'web'@0 | (kind = 'web')
  join inner user_id = 1:user_id
  join inner kind = 1:kind
  output id
1 orders as b
  equality user_id = 5@1 | (user_id = 5)
  equality kind = 'web'@0 | (kind = 'web')
  join inner user_id = 0:user_id
  join inner kind = 0:kind
features unbounded

-- aliased join
SELECT j.sku FROM (orders o JOIN items i ON i.order_id = o.id) AS j (oid, uid) WHERE j.uid = 7
-->
select
0 orders as o
  equality user_id = 7@0 | (user_id = 7)
  join inner id = 1:order_id
1 items as i
  join inner order_id = 0:id
  output sku
features unbounded

-- an order over a limited subquery and the rows that belong to it
SELECT a.id, i.sku FROM (SELECT id FROM orders WHERE user_id = $1 ORDER BY created_at LIMIT $2) AS a
LEFT OUTER JOIN items AS i ON a.id = i.order_id ORDER BY a.id, i.sku
-->
select
0 orders level 1 limit $2@1
  equality user_id = $1@0
  sort created_at
  output id
1 items as i
  join right order_id = 0:id
  output sku
sort spans tables
features order-by
