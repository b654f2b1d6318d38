-- a subquery in FROM is merged
SELECT s.id FROM (SELECT id, user_id AS uid, kind FROM orders WHERE total > 5) AS s WHERE s.uid = 3 ORDER BY s.id
-->
select
0 orders level 1
  equality user_id = 3@1 | (user_id = 3)
  range total > 5@0 | (total > 5)
  sort id
  output id
features order-by unbounded

-- a condition moves into a grouped subquery when it is about the groups
SELECT * FROM (SELECT user_id, kind, count(*) AS n FROM orders GROUP BY user_id, kind) s WHERE s.user_id = 4 AND s.n > 2
-->
select
0 orders level 1
  equality user_id = 4@0 | (user_id = 4)
  group user_id, kind
  output kind user_id
features aggregate count-star group-by unbounded

-- it does not move past a LIMIT
SELECT * FROM (SELECT id, user_id FROM orders ORDER BY created_at DESC LIMIT 10) s WHERE s.user_id = 4
-->
select
0 orders level 1 limit 10@0
  sort created_at desc
  output id user_id

-- it moves past a window function only on its partition
SELECT * FROM (SELECT id, user_id, kind, row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC) AS n FROM orders) s
WHERE s.n = 1 AND s.user_id = 9 AND s.kind = 'web'
-->
select
0 orders level 1
  equality user_id = 9@1 | (user_id = 9)
  sort user_id, created_at desc
  output id kind user_id
features unbounded window

-- it moves into both sides of a UNION ALL
SELECT * FROM (SELECT id, user_id FROM orders UNION ALL SELECT id, user_id FROM events) s WHERE s.user_id = 4
-->
select
0 orders level 1
  equality user_id = 4@0 | (user_id = 4)
  output id user_id
1 events level 1
  equality user_id = 4@0 | (user_id = 4)
  output id user_id
features unbounded union-all

-- it does not move into EXCEPT
SELECT * FROM (SELECT id FROM orders EXCEPT SELECT id FROM events) s WHERE s.id = 4
-->
select
0 orders level 1
  output id
1 events level 1
  output id
features except unbounded

-- a constant reaches a grouped subquery through a join
SELECT u.name, s.n FROM users u JOIN (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s ON s.user_id = u.id
WHERE u.id = $1
-->
select
0 users as u
  equality id = $1@0
  join inner id = 1:user_id
  output name
1 orders level 1
  equality user_id = $1@0
  group user_id
  output user_id
features aggregate count-star group-by

-- DISTINCT subquery
SELECT s.user_id FROM (SELECT DISTINCT user_id, kind FROM orders) s WHERE s.kind = 'web'
-->
select
0 orders level 1
  equality kind = 'web'@0 | (kind = 'web')
  group user_id, kind
  output kind user_id
features distinct unbounded

-- a WITH query mentioned twice is kept apart
WITH recent AS (SELECT id, user_id FROM orders WHERE created_at > $1)
SELECT a.id FROM recent a JOIN recent b ON b.user_id = a.user_id WHERE a.user_id = 3
-->
select
0 orders level 1
  range created_at > $1@0
  output id user_id
features cte unbounded

-- MATERIALIZED and NOT MATERIALIZED
WITH a AS MATERIALIZED (SELECT * FROM orders WHERE kind = 'a'), b AS NOT MATERIALIZED (SELECT * FROM items WHERE sku = 'b')
SELECT a.id FROM a JOIN b ON b.order_id = a.id WHERE a.user_id = 7 AND b.quantity = 2
-->
select
0 orders level 1
  equality kind = 'a'@0 | (kind = 'a')
  output id user_id
1 items level 1
  equality sku = 'b'@1 | (sku = 'b')
  equality quantity = 2@3 | (quantity = 2)
  join inner order_id = 0:id
features cte unbounded

-- a recursive WITH query
WITH RECURSIVE tree AS (
SELECT id, parent_id FROM nodes WHERE id = $1
UNION ALL
SELECT n.id, n.parent_id FROM nodes n JOIN tree t ON n.parent_id = t.id
) SELECT n.name FROM tree JOIN nodes n ON n.id = tree.id
-->
select
0 nodes level 1
  equality id = $1@0
  output id parent_id
1 nodes as n level 1
  join inner parent_id = 0:id
  output id parent_id
2 nodes as n
  equality id = computed tree.id
  output name
features cte recursive-cte union-all

-- WITH queries over WITH queries, with renamed columns
WITH a (x, y) AS (SELECT id, user_id FROM orders), b AS (SELECT x FROM a WHERE y = 5) SELECT * FROM b WHERE x = 6
-->
select
0 orders level 2
  equality user_id = 5@0 | (user_id = 5)
  equality id = 6@1 | (id = 6)
  output id
features cte

-- a WITH query shadows a table
WITH orders AS (SELECT id, name FROM users) SELECT name FROM orders WHERE id = 3
-->
select
0 users level 1
  equality id = 3@0 | (id = 3)
  output name
features cte

-- a WITH query that changes data
WITH gone AS (DELETE FROM items WHERE order_id = $1 RETURNING sku) INSERT INTO nodes (id, name) SELECT 1, sku FROM gone
-->
insert
0 items delete level 1
  equality order_id = $1@0
  output sku *
1 nodes insert
  written id name
features cte data-modifying-cte insert-select returning

-- a WITH query that is never mentioned
WITH unused AS (SELECT * FROM orders WHERE kind = 'x') SELECT name FROM users WHERE id = 1
-->
select
0 users
  equality id = 1@1 | (id = 1)
  output name
features cte

-- a view over a view with a join
SELECT sku FROM open_order_items WHERE user_id = 5
-->
select
0 orders level 2
  equality status = ('open'::order_status) | (status = ('open'::order_status))
  equality user_id = 5@0 | (user_id = 5)
  null deleted_at IS NULL | (deleted_at IS NULL)
  join inner id = 1:order_id
1 items as i level 1
  join inner order_id = 0:id
  output sku
features unbounded view

-- a view joined to a table, with a constant crossing into it
SELECT v.name FROM active_users v JOIN orders o ON o.user_id = v.id WHERE o.user_id = $1
-->
select
0 users level 1
  equality id = $1@0
  boolean active = TRUE | active
  join inner id = 1:user_id
  output name
1 orders as o
  equality user_id = $1@0
  join inner user_id = 0:id
features view

-- a materialised view is a table
SELECT n FROM daily WHERE day = $1
-->
select
0 daily
  equality day = $1@0
  output n
features unbounded

-- UNION ALL with an order over it
SELECT id, created_at FROM orders WHERE user_id = 1 UNION ALL SELECT id, at FROM events WHERE user_id = 1
ORDER BY created_at DESC LIMIT 10
-->
select limit 10@2
0 orders limit 10@2
  equality user_id = 1@0 | (user_id = 1)
  sort created_at desc
  output created_at id
1 events limit 10@2
  equality user_id = 1@1 | (user_id = 1)
  sort at desc
  output at id
features limit order-by union-all

-- UNION, INTERSECT
SELECT user_id FROM orders WHERE kind = 'a' UNION (SELECT id FROM users WHERE active INTERSECT SELECT user_id FROM events)
-->
select
0 orders
  equality kind = 'a'@0 | (kind = 'a')
  output user_id
1 users
  boolean active = TRUE | active
  output id
2 events
  output user_id
features intersect union

-- order by position, alias and expression
SELECT user_id AS who, created_at::date AS day, total FROM orders ORDER BY 1, day DESC NULLS LAST, lower(note)
-->
select
0 orders
  sort user_id, (created_at::date) desc nulls last, (lower(note))
  output created_at total user_id
features order-by unbounded unfiltered

-- an alias wins in ORDER BY, the column in GROUP BY
SELECT lower(kind) AS kind, count(*) FROM orders GROUP BY kind ORDER BY kind
-->
select
0 orders
  group kind
  output kind
features aggregate count-star group-by order-by unbounded unfiltered

-- order through an equivalence class
SELECT o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id, o.created_at
-->
select
0 users as u
  join inner id = 1:user_id
1 orders as o
  join inner user_id = 0:id
  sort user_id, created_at
  output id
features order-by unbounded unfiltered

-- order with constants and repetitions
SELECT id FROM orders WHERE kind = 'a' ORDER BY kind, 'x'::text, created_at, created_at DESC
-->
select
0 orders
  equality kind = 'a'@0 | (kind = 'a')
  sort kind, created_at
  output id
features order-by unbounded

-- USING an operator
SELECT id FROM orders ORDER BY total USING >, id USING <
-->
select
0 orders
  sort total desc, id
  output id
features order-by unbounded unfiltered

-- NULLS FIRST
SELECT id FROM orders ORDER BY deleted_at NULLS FIRST, created_at DESC NULLS LAST
-->
select
0 orders
  sort deleted_at nulls first, created_at desc nulls last
  output id
features order-by unbounded unfiltered

-- GROUP BY with an order and HAVING
SELECT user_id, kind, count(*) FROM orders WHERE deleted_at IS NULL GROUP BY user_id, kind HAVING count(*) > 3 AND kind <> 'x'
ORDER BY user_id
-->
select
0 orders
  null deleted_at IS NULL | (deleted_at IS NULL)
  inequality kind <> 'x'@1 | (kind <> 'x')
  sort user_id
  group user_id, kind
  output kind user_id
features aggregate count-star group-by having order-by unbounded

-- ordered by an aggregate
SELECT user_id, sum(total) FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 10
-->
select limit 10@0
0 orders limit 10@0
  group user_id
  output total user_id
features aggregate group-by limit order-by

-- GROUPING SETS
SELECT user_id, kind, count(*) FROM orders GROUP BY GROUPING SETS ((user_id), (kind), ())
-->
select
0 orders
  output kind user_id
features aggregate count-star group-by grouping-sets

-- DISTINCT
SELECT DISTINCT user_id, kind FROM orders WHERE created_at > $1
-->
select
0 orders
  range created_at > $1@0
  group user_id, kind
  output kind user_id
features distinct unbounded

-- DISTINCT ON with its order
SELECT DISTINCT ON (user_id) user_id, total FROM orders ORDER BY user_id, created_at DESC
-->
select
0 orders
  sort user_id, created_at desc
  group user_id
  output total user_id
features distinct distinct-on order-by unbounded unfiltered

-- DISTINCT ON without an order
SELECT DISTINCT ON (user_id, kind) * FROM orders
-->
select
0 orders
  sort user_id, kind
  group user_id, kind
  output created_at deleted_at id kind note status total user_id *
features distinct distinct-on select-star unbounded unfiltered

-- window functions, inline and named
SELECT id, rank() OVER (PARTITION BY user_id ORDER BY total DESC), sum(total) OVER w FROM orders
WINDOW w AS (PARTITION BY kind) ORDER BY id
-->
select
0 orders
  sort user_id, total desc
  output id kind total
features order-by unbounded unfiltered window

-- min, max, count of a column
SELECT min(created_at), max(total), count(note), count(DISTINCT kind) FROM orders WHERE user_id = 5
-->
select
0 orders
  equality user_id = 5@0 | (user_id = 5)
  min created_at
  max total
  count note
  count kind
  output created_at kind note total
features aggregate

-- an aggregate with FILTER and ORDER BY
SELECT count(*) FILTER (WHERE kind = 'web'), array_agg(id ORDER BY created_at) FROM orders WHERE user_id = 5
-->
select
0 orders
  equality user_id = 5@1 | (user_id = 5)
  output created_at id kind
features aggregate count-star

-- OFFSET and FETCH FIRST
SELECT id FROM orders ORDER BY id OFFSET 100 ROWS FETCH FIRST 10 ROWS ONLY
-->
select limit 10@1 offset 100@0
0 orders limit 10@1
  sort id
  output id
features limit offset order-by

-- parameters for LIMIT and OFFSET
SELECT id FROM orders ORDER BY id LIMIT $1 OFFSET $2
-->
select limit $1@0 offset $2@1
0 orders limit $1@0
  sort id
  output id
features limit offset order-by parameterised-offset

-- LIMIT ALL and FETCH FIRST ROW WITH TIES
SELECT id FROM (SELECT id, total FROM orders ORDER BY total FETCH FIRST 3 ROWS WITH TIES) s LIMIT ALL
-->
select
0 orders level 1 limit 3@0
  sort total
  output id
features with-ties

-- a queue
SELECT id FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
-->
select limit 1@1
0 orders limit 1@1
  equality status = 'open'@0 | (status = 'open')
  sort created_at
  output id *
features for-update limit order-by skip-locked

-- whole-row reference and composite expansion
SELECT u, (o).id FROM users u JOIN orders o ON o.user_id = u.id WHERE o.id = 3
-->
select
0 users as u
  join inner id = 1:user_id
  output active address age born code created_at email full_name id lower_name name nick organisation_id rating score search settings tags title token updated_at *
1 orders as o
  equality id = 3@0 | (id = 3)
  join inner user_id = 0:id
  output id

-- count of everything
SELECT count(*) FROM orders
-->
select
0 orders
features aggregate count-star

-- no table at all
SELECT 1, now(), $1::int
-->
select
features current-time

-- VALUES
VALUES (1, 'a'), (2, 'b')
-->
select

-- TABLE
TABLE orders
-->
select
0 orders
  output created_at deleted_at id kind note status total user_id *
features select-star unbounded unfiltered

-- a set-returning function in FROM with a column list
SELECT x.a FROM orders o, jsonb_to_recordset(o.note::jsonb) AS x (a int, b text) WHERE o.id = 5 AND x.a = 3
-->
select
0 orders as o
  equality id = 5@0 | (id = 5)
  output note

-- json aggregation over a subquery
SELECT json_agg(row_to_json(s)) FROM (SELECT id, total FROM orders WHERE user_id = $1 ORDER BY id) s
-->
select
0 orders level 1
  equality user_id = $1@0
  sort id
  output id total
features aggregate

-- an order inside a subquery that nothing limits
SELECT s.id FROM (SELECT id, user_id FROM orders ORDER BY created_at) s WHERE s.user_id = 3
-->
select
0 orders level 1
  equality user_id = 3@0 | (user_id = 3)
  sort created_at
  output id user_id
features unbounded

-- TABLESAMPLE
SELECT id FROM orders TABLESAMPLE SYSTEM (10) WHERE kind = 'x'
-->
select
0 orders
  equality kind = 'x'@1 | (kind = 'x')
  output id
features tablesample unbounded

-- advisory lock
SELECT pg_advisory_xact_lock(5)
-->
select
features advisory-lock
