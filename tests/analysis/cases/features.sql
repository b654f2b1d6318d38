-- NOT IN with a column that may be NULL
SELECT id FROM orders WHERE id NOT IN (SELECT parent_id FROM nodes)
-->
select
0 orders
  output id
1 nodes level 1
  output parent_id
features not-in-nullable not-in-subquery subquery unbounded

-- a random row
SELECT id FROM users WHERE active ORDER BY random() LIMIT 1
-->
select limit 1@0
0 users limit 1@0
  boolean active = TRUE | active
  output id
features limit order-by order-by-random random

-- every row deleted
DELETE FROM items
-->
delete
0 items delete
  output *
features no-condition

-- functions with effects
SELECT nextval('nodes_seq'), currval('nodes_seq'), random(), gen_random_uuid(), pg_sleep(0), pg_notify('a', 'b'), set_config('a.b', 'c', true)
-->
select
features currval nextval notify random random-uuid set-config sleep

-- what another session would get another result of
SELECT id FROM users WHERE email = current_user OR email = current_setting('work_mem')
-->
select
0 users
  list email = computed CURRENT_USER, computed current_setting('work_mem')
  output id
features session-value unbounded

-- INTERSECT ALL and EXCEPT ALL
SELECT id FROM nodes INTERSECT ALL (SELECT id FROM places EXCEPT ALL SELECT id FROM capitals)
-->
select
0 nodes
  output id
1 places
  output id
2 capitals
  output id
features except-all intersect-all

-- another server
-- invalid
SELECT d.a FROM dblink('x', 'SELECT 1') AS d (a int)
-->
select
features dblink

-- row locks that do not wait
SELECT id FROM orders WHERE id = 5 FOR SHARE NOWAIT
-->
select
0 orders
  equality id = 5@0 | (id = 5)
  output id *
features for-share nowait

-- everything of a table
SELECT id, name FROM nodes
-->
select
0 nodes
  output id name
features unbounded unfiltered

-- a cursor
-- invalid
DECLARE c CURSOR FOR SELECT id FROM orders WHERE kind = 'x' ORDER BY created_at
-->
select
0 orders
  equality kind = 'x'@0 | (kind = 'x')
  sort created_at
  output id
features cursor order-by

-- rows copied out
-- invalid
COPY (SELECT id FROM orders WHERE kind = 'x') TO STDOUT
-->
select
0 orders
  equality kind = 'x'@0 | (kind = 'x')
  output id
features copy

-- a table made of a query
-- invalid
CREATE TABLE t AS SELECT * FROM orders WHERE user_id = 3
-->
select
0 orders
  equality user_id = 3@0 | (user_id = 3)
  output created_at deleted_at id kind note status total user_id *
features create-as select-star

-- a plan
-- invalid
EXPLAIN (ANALYZE) DELETE FROM orders WHERE user_id = 3
-->
delete
0 orders delete
  equality user_id = 3@0 | (user_id = 3)
  output *
features explain

-- a prepared statement
-- invalid
PREPARE find (bigint) AS SELECT id FROM orders WHERE user_id = $1
-->
select
0 orders
  equality user_id = $1@0
  output id
features prepare unbounded

-- rows copied in
-- invalid
COPY orders FROM STDIN
-->
utility
