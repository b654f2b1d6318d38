-- equality, a boolean column, BETWEEN and an order with a limit
SELECT * FROM users WHERE email = 'x@y' AND active AND age BETWEEN 3 AND 5 ORDER BY created_at DESC LIMIT 10
-->
select limit 10@3
0 users limit 10@3
  equality email = 'x@y'@0 | (email = 'x@y')
  boolean active = TRUE | active
  range age >= 3@1 | (age >= 3)
  range age <= 5@2 | (age <= 5)
  sort created_at desc
  output active address age born code created_at email id lower_name name nick organisation_id rating score search settings tags title token updated_at *
features limit order-by select-star

-- a constant reaches the other side of a join
SELECT u.id, o.total FROM users u JOIN orders o ON o.user_id = u.id
WHERE u.id = 5 AND o.kind IN ('a', 'b') ORDER BY o.created_at
-->
select
0 users as u
  equality id = 5@0 | (id = 5)
  join inner id = 1:user_id
  output id
1 orders as o
  equality user_id = 5@0 | (user_id = 5)
  list kind = 'a'@1, 'b'@1 | (kind IN ('a', 'b'))
  join inner user_id = 0:id
  sort created_at
  output total
features order-by

-- rows without partner: an anti-join
SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.organisation_id = $1 AND o.user_id IS NULL
-->
select
0 users as u
  equality organisation_id = $1@0
  join anti id = 1:user_id
  output id
1 orders as o
  join anti user_id = 0:id
features unbounded

-- a condition on a grouped view reaches its table
SELECT * FROM user_totals WHERE user_id = 7
-->
select
0 users as u level 1
  equality id = 7@0 | (id = 7)
  join inner id = 1:user_id
  group id, name
  output id name
1 orders as o level 1
  equality user_id = 7@0 | (user_id = 7)
  join inner user_id = 0:id
  output total
features aggregate count-star group-by view

-- a view without grouping is merged into the query
SELECT id FROM active_users a WHERE lower(a.name) = $1
-->
select
0 users level 1
  equality (lower(name)) = $1@0
  boolean active = TRUE | active
  output id
features function-on-column unbounded view

-- EXISTS and IN become semi-joins
SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.kind = 'web')
AND id IN (SELECT user_id FROM orders)
-->
select
0 users as u
  join semi id = 1:user_id
  join semi id = 2:user_id
  output id
1 orders as o level 1
  equality kind = 'web'@1 | (kind = 'web')
  join semi user_id = 0:id
  join semi user_id = 2:user_id
2 orders level 1
  join semi user_id = 1:user_id
  join semi user_id = 0:id
features semi-join unbounded

-- a WITH query mentioned once is merged
WITH x AS (SELECT * FROM orders WHERE kind = 'a') SELECT x.id FROM x JOIN items i ON i.order_id = x.id WHERE x.user_id = 4
-->
select
0 orders level 1
  equality kind = 'a'@0 | (kind = 'a')
  equality user_id = 4@1 | (user_id = 4)
  join inner id = 1:order_id
  output id
1 items as i
  join inner order_id = 0:id
features cte unbounded

-- UPDATE with FROM
UPDATE orders o SET note = 'done' FROM users u WHERE u.id = o.user_id AND u.name LIKE 'a%'
-->
update
0 orders as o update
  join inner user_id = 1:id
  output *
  written note
1 users as u
  prefix name ~~ 'a%'@1 | (name ~~ 'a%')
  join inner id = 0:user_id
  output *

-- INSERT with ON CONFLICT
INSERT INTO orders (user_id, kind) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind RETURNING id
-->
insert
0 orders insert
  output id
  written kind user_id
features on-conflict on-conflict-update returning single-row-values

-- DELETE with USING
DELETE FROM items USING orders o WHERE order_id = o.id AND o.deleted_at < now() - interval '30 days'
-->
delete
0 items delete
  join inner order_id = 1:id
  output *
1 orders as o
  range deleted_at < computed (now() - ('30 days'::interval))
  join inner id = 0:order_id
  output *
features current-time

-- OR over several columns
SELECT count(*) FROM orders WHERE kind = 'a' OR kind = 'b' OR user_id = 4
-->
select
0 orders
  equality kind = 'a'@0 or 0.0 | (kind = 'a')
  equality kind = 'b'@1 or 0.1 | (kind = 'b')
  equality user_id = 4@2 or 0.2 | (user_id = 4)
features aggregate count-star or-over-columns

-- a correlated subquery in the output list and a cast column
SELECT (SELECT max(created_at) FROM orders o WHERE o.user_id = u.id) FROM users u WHERE u.created_at::date = '2020-01-01'
-->
select
0 users as u
  equality (created_at::date) = '2020-01-01'@0 cast date not immutable
  output id
1 orders as o level 1
  join correlated user_id = 0:id
  max created_at
  output created_at
features aggregate cast-on-column correlated-subquery subquery unbounded
