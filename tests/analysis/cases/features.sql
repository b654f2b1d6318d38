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
features no-condition

-- functions with effects
SELECT nextval('nodes_seq'), currval('nodes_seq'), random(), gen_random_uuid(), pg_sleep(0), pg_notify('a', 'b'), set_config('a.b', 'c', true)
-->
select
features currval nextval notify random random-uuid set-config sleep

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
  output *
features for-share nowait

-- everything of a table
SELECT id, name FROM nodes
-->
select
0 nodes
  output id name
features unbounded unfiltered
