-- IN, NOT IN and <>
SELECT id FROM orders WHERE kind IN ('web', 'app') AND user_id NOT IN (1, 2) AND note <> 'x'
-->
select
0 orders
  list kind = 'web'@0, 'app'@0 | (kind IN ('web', 'app'))
  inequality user_id <> 1@1, 2@1 | (user_id NOT IN (1, 2))
  inequality note <> 'x'@2 | (note <> 'x')
  output id
features unbounded

-- one element after IN is an equality
SELECT id FROM orders WHERE user_id IN (7)
-->
select
0 orders
  equality user_id = 7@0 | (user_id IN (7))
  output id
features unbounded

-- = ANY of a parameter, of an array literal and of an array constructor
SELECT id FROM orders WHERE user_id = ANY($1) AND id = ANY('{1,2}'::bigint[]) AND kind = ANY(ARRAY['a', 'b'])
-->
select
0 orders
  list user_id = ANY $1@0
  list id = ANY ('{1,2}'::int8[])@1 | (id = ANY ('{1,2}'::int8[]))
  list kind = 'a'@2, 'b'@2 | (kind = ANY (ARRAY['a', 'b']))
  output id
features unbounded

-- a folded list of version 18
SELECT id FROM orders WHERE user_id IN ($1 /*, ... */) AND kind = $2 LIMIT $3
-->
select limit $3@2
0 orders limit $3@2
  equality kind = $2@1
  list user_id = $1@0
  output id
features limit

-- IS NULL, IS NOT NULL, and the soft-delete form
SELECT id FROM orders WHERE deleted_at IS NULL AND note IS NOT NULL
-->
select
0 orders
  null deleted_at IS NULL | (deleted_at IS NULL)
  not-null note IS NOT NULL | (note IS NOT NULL)
  output id
features unbounded

-- booleans in every form
SELECT id FROM users WHERE active = true AND NOT (active = false) AND active IS TRUE AND (active IS NOT FALSE)
-->
select
0 users
  boolean active = TRUE@0 | (active = TRUE)
  boolean active = TRUE@1 | (active <> FALSE)
  boolean active = TRUE | (active IS TRUE)
  other active IS NOT FALSE | (active IS NOT FALSE)
  output id
features unbounded

-- a negated boolean
SELECT id FROM users WHERE NOT active
-->
select
0 users
  boolean active = FALSE | (NOT active)
  output id
features unbounded

-- a boolean compared with a parameter
SELECT id FROM users WHERE active = $1
-->
select
0 users
  equality active = $1@0
  output id
features unbounded

-- ranges, the constant on the left
SELECT id FROM orders WHERE 5 < total AND created_at >= '2025-01-01' AND '2026-01-01' > created_at
-->
select
0 orders
  range total > 5@0 | (5 < total)
  range created_at >= '2025-01-01'@1 | (created_at >= '2025-01-01')
  range created_at < '2026-01-01'@2 | ('2026-01-01' > created_at)
  output id
features unbounded

-- NOT BETWEEN is an OR
SELECT id FROM users WHERE age NOT BETWEEN 3 AND 5
-->
select
0 users
  range age < 3@0 or 0.0 | (age < 3)
  range age > 5@1 or 0.1 | (age > 5)
  output id
features unbounded

-- NOT is pushed down
SELECT id FROM orders WHERE NOT (kind = 'a' OR note IS NULL)
-->
select
0 orders
  inequality kind <> 'a'@0 | (kind <> 'a')
  not-null note IS NOT NULL | (note IS NOT NULL)
  output id
features unbounded

-- row comparison of keyset paging
SELECT id, created_at FROM orders WHERE (created_at, id) < ('2025-01-01', 77) ORDER BY created_at DESC, id DESC LIMIT 20
-->
select limit 20@2
0 orders limit 20@2
  range created_at < '2025-01-01'@0, 77@1 row created_at, id | (ROW(created_at, id) < ROW('2025-01-01', 77))
  sort created_at desc, id desc
  output created_at id
features limit order-by row-comparison

-- row equality
SELECT id FROM orders WHERE (user_id, kind) = ($1, 'web')
-->
select
0 orders
  equality user_id = $1@0
  equality kind = 'web'@1 | (kind = 'web')
  output id
features unbounded

-- a list of rows
SELECT id FROM orders WHERE (user_id, kind) IN ((1, 'a'), (2, 'b'))
-->
select
0 orders
  equality user_id = 1@0 or 0.0 | (user_id = 1)
  equality kind = 'a'@1 or 0.0 | (kind = 'a')
  equality user_id = 2@2 or 0.1 | (user_id = 2)
  equality kind = 'b'@3 or 0.1 | (kind = 'b')
  output id
features or-over-columns unbounded

-- LIKE: prefix, infix, suffix, parameter, exact
SELECT id FROM users WHERE name LIKE 'ab%' AND nick LIKE '%cd%' AND title LIKE '%e' AND email LIKE $1 AND code LIKE 'x'
-->
select
0 users
  prefix name ~~ 'ab%'@1 | (name ~~ 'ab%')
  infix nick ~~ '%cd%'@2 | (nick ~~ '%cd%')
  infix title ~~ '%e'@3 | (title ~~ '%e')
  pattern email ~~ $1@0
  prefix code ~~ 'x'@4 | (code ~~ 'x')
  output id
features leading-wildcard unbounded

-- ILIKE and NOT LIKE
SELECT id FROM users WHERE name ILIKE '%ab%' AND nick NOT LIKE 'x%' AND title ILIKE $1
-->
select
0 users
  infix name ~~* '%ab%'@1 | (name ~~* '%ab%')
  inequality nick !~~ 'x%'@2 | (nick !~~ 'x%')
  pattern title ~~* $1@0
  output id
features leading-wildcard unbounded

-- regular expressions, starts_with and SIMILAR TO
SELECT id FROM users WHERE name ~ '^ab' AND nick ~* 'cd' AND starts_with(name, 'a') AND title SIMILAR TO 'a|b'
-->
select
0 users
  regex name ~ '^ab'@0 | (name ~ '^ab')
  regex nick ~* 'cd'@1 | (nick ~* 'cd')
  prefix name ^@ 'a'@2 | starts_with(name, 'a')
  regex title ~ computed pg_catalog.similar_to_escape('a|b') | (title ~ pg_catalog.similar_to_escape('a|b'))
  output id
features unbounded

-- jsonb: containment, existence, path, extracted text
SELECT id FROM users WHERE settings @> '{"a": 1}' AND settings ? 'k' AND settings ?| ARRAY['a', 'b']
AND settings ->> 'lang' = 'de' AND settings @? '$.a[*] ? (@ > 2)' AND settings #>> '{a,b}' = $1
-->
select
0 users
  equality (settings ->> 'lang') = 'de'@5 | ((settings ->> 'lang') = 'de')
  equality (settings #>> '{a,b}') = $1@0
  containment settings @> '{"a": 1}'@1 | (settings @> '{"a": 1}')
  existence settings ? 'k'@2 | (settings ? 'k')
  existence settings ?| computed ARRAY['a', 'b'] | (settings ?| ARRAY['a', 'b'])
  path settings @? '$.a[*] ? (@ > 2)'@6 | (settings @? '$.a[*] ? (@ > 2)')
  output id
features unbounded

-- jsonb: a number taken out
SELECT id FROM users WHERE (settings ->> 'age')::int > 30 AND settings['lang'] = '"de"'
-->
select
0 users
  equality ((settings)['lang']) = '"de"'@3 | ((settings)['lang'] = '"de"')
  range ((settings ->> 'age')::int4) > 30@1 cast int4 | (((settings ->> 'age')::int4) > 30)
  output id
features unbounded

-- jsonb: nested containment written as a path
SELECT id FROM events WHERE payload -> 'user' ->> 'name' = 'x' AND payload @@ '$.a == 1'
-->
select
0 events
  equality ((payload -> 'user') ->> 'name') = 'x'@2 | (((payload -> 'user') ->> 'name') = 'x')
  path payload @@ '$.a == 1'@3 | (payload @@ '$.a == 1')
  output id
features unbounded

-- arrays
SELECT id FROM users WHERE tags @> ARRAY['a'] AND tags && $1 AND 'x' = ANY(tags) AND tags[1] = 'y' AND tags <@ '{a,b}'
-->
select
0 users
  equality ((tags)[1]) = 'y'@4 | ((tags)[1] = 'y')
  containment tags @> computed ARRAY['a'] | (tags @> ARRAY['a'])
  overlap tags && $1@0
  other ('x' = ANY (tags)) | ('x' = ANY (tags))
  containment tags <@ '{a,b}'@5 | (tags <@ '{a,b}')
  output id
features any-of-array-column unbounded

-- range types
SELECT id FROM bookings WHERE during && tstzrange('2025-01-01', '2025-02-01') AND during @> now() AND seats @> 3 AND 5 <@ seats
-->
select
0 bookings
  overlap during && computed tstzrange('2025-01-01', '2025-02-01') | (during && tstzrange('2025-01-01', '2025-02-01'))
  containment during @> computed now()
  containment seats @> 3@2 | (seats @> 3)
  containment seats @> 5@3 | (5 <@ seats)
  output id
features current-time unbounded

-- full text, both ways
SELECT id FROM users WHERE search @@ to_tsquery('english', 'cat & dog')
AND to_tsvector('english', name) @@ plainto_tsquery('english', $1) AND to_tsvector(title) @@ to_tsquery('x')
-->
select
0 users
  search search @@ computed to_tsquery('english', 'cat & dog') | (search @@ to_tsquery('english', 'cat & dog'))
  search (to_tsvector('english', name)) @@ computed plainto_tsquery('english', $1)
  search (to_tsvector(title)) @@ computed to_tsquery('x') not immutable
  output id
features function-on-column unbounded

-- trigram similarity
SELECT id FROM users WHERE name % 'jon' AND similarity(name, 'jon') > 0.4 ORDER BY name <-> 'jon' LIMIT 5
-->
select limit 5@4
0 users limit 5@4
  similarity name % 'jon'@0
  range (similarity(name, 'jon')) > 0.4@2 | (similarity(name, 'jon') > 0.4)
  sort (name <-> 'jon') distance <-> name
  output id
features function-on-column limit order-by

-- nearest neighbour and containment of points
SELECT id FROM places WHERE spot <@ box '((0,0),(1,1))' ORDER BY spot <-> point '(0,0)' LIMIT 3
-->
select limit 3@2
0 places limit 3@2
  spatial spot <@ ('((0,0),(1,1))'::box)@0 | (spot <@ ('((0,0),(1,1))'::box))
  sort (spot <-> ('(0,0)'::point)) distance <-> spot
  output id
features limit order-by

-- functions around columns
SELECT id FROM users WHERE lower(email) = 'x@y' AND date_trunc('day', created_at) = '2025-01-01'
AND extract(year FROM updated_at) = 2025 AND coalesce(nick, '') = 'z' AND shout(name) = 'A!' AND whisper(name) = 'a'
-->
select
0 users
  equality (lower(email)) = 'x@y'@0 | (lower(email) = 'x@y')
  equality (date_trunc('day', created_at)) = '2025-01-01'@2 not immutable
  equality (pg_catalog.extract('year', updated_at)) = 2025@4 | (pg_catalog.extract('year', updated_at) = 2025)
  equality (COALESCE(nick, '')) = 'z'@6 | (COALESCE(nick, '') = 'z')
  equality (shout(name)) = 'A!'@7 | (shout(name) = 'A!')
  equality (whisper(name)) = 'a'@8 not immutable
  output id
features function-on-column unbounded unknown-function

-- explicit casts, immutable and not
SELECT id FROM users WHERE created_at::date = '2025-01-01' AND updated_at::date = '2025-01-01' AND id::text = '5'
AND nick::text = 'x' AND age::bigint = 7 AND (score::text) = '3' AND code::text = 'c'
-->
select
0 users
  equality (created_at::date) = '2025-01-01'@0 cast date not immutable
  equality (updated_at::date) = '2025-01-01'@1 cast date | ((updated_at::date) = '2025-01-01')
  equality (id::text) = '5'@2 cast text | ((id::text) = '5')
  equality nick = 'x'@3 | (nick = 'x')
  equality (age::int8) = 7@4 cast int8 | ((age::int8) = 7)
  equality (score::text) = '3'@5 cast text | ((score::text) = '3')
  equality (code::text) = 'c'@6 cast text | ((code::text) = 'c')
  output id
features cast-on-column unbounded

-- implicit casts: the column is cast, or is not
SELECT id FROM users WHERE age = 5.5 AND id = 7.0 AND score = 3 AND rating = 1.5 AND born = timestamptz '2025-01-01'
AND age = 7::bigint AND code = 'abc'::text AND nick = 'x'::text AND updated_at > now()
-->
select
0 users
  equality (age::numeric) = 5.5@0 cast numeric | ((age::numeric) = 5.5)
  equality (id::numeric) = 7.0@1 cast numeric | ((id::numeric) = 7.0)
  equality score = 3@2 | (score = 3)
  equality rating = 1.5@3 | (rating = 1.5)
  equality born = ('2025-01-01'::timestamptz)@4
  equality age = (7::int8)@5 | (age = (7::int8))
  equality (code::text) = ('abc'::text)@6 cast text | ((code::text) = ('abc'::text))
  equality nick = ('x'::text)@7 | (nick = ('x'::text))
  range updated_at > computed now()
  output id
features current-time implicit-cast-on-column unbounded

-- implicit cast between columns
SELECT u.id FROM users u JOIN items i ON i.price = u.age
-->
select
0 users as u
  join inner (age::numeric) = 1:price
  output id
1 items as i
  join inner price = 0:(age::numeric)
features unbounded unfiltered

-- enum and domain
SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id WHERE o.status = 'open' AND o.status IN ('open', 'paid')
AND u.email = 'a@b' AND o.status::text = 'done'
-->
select
0 users as u
  equality email = 'a@b'@2 | (email = 'a@b')
  join inner id = 1:user_id
  output id
1 orders as o
  equality status = 'open'@0 | (status = 'open')
  equality (status::text) = 'done'@3 cast text not immutable
  list status = 'open'@1, 'paid'@1 | (status IN ('open', 'paid'))
  join inner user_id = 0:id
features cast-on-column

-- collations
SELECT id FROM users WHERE title = 'x' AND name COLLATE "C" >= 'm' ORDER BY name COLLATE "C", title
-->
select
0 users
  equality title = 'x'@0 | (title = 'x')
  range name COLLATE "C" >= 'm'@1 | ((name COLLATE "C") >= 'm')
  sort name COLLATE "C", title
  output id
features order-by unbounded

-- uuid, inet and names that look like types
SELECT id FROM users WHERE token = '00000000-0000-0000-0000-000000000001' AND address << '10.0.0.0/8' AND address = '10.0.0.1'
-->
select
0 users
  equality token = '00000000-0000-0000-0000-000000000001'@0 | (token = '00000000-0000-0000-0000-000000000001')
  equality address = '10.0.0.1'@2 | (address = '10.0.0.1')
  overlap address << '10.0.0.0/8'@1 | (address << '10.0.0.0/8')
  output id
features unbounded

-- OR on one column is a list
SELECT id FROM orders WHERE kind = 'a' OR kind = 'b' OR kind IN ('c', 'd')
-->
select
0 orders
  list kind = 'a'@0, 'b'@1, 'c'@2, 'd'@2 | ((kind = 'a') OR (kind = 'b') OR (kind IN ('c', 'd')))
  output id
features unbounded

-- OR over columns, with conditions ANDed within an arm
SELECT id FROM orders WHERE (user_id = 5 AND kind = 'web') OR (deleted_at IS NULL AND total > 100)
-->
select
0 orders
  equality user_id = 5@0 or 0.0 | (user_id = 5)
  equality kind = 'web'@1 or 0.0 | (kind = 'web')
  null deleted_at IS NULL or 0.1 | (deleted_at IS NULL)
  range total > 100@2 or 0.1 | (total > 100)
  output id
features or-over-columns unbounded

-- OR over tables restricts each of them
SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id
WHERE (o.kind = 'a' AND i.sku = 'x') OR (o.kind = 'b' AND i.sku = 'y')
-->
select
0 orders as o
  list kind = 'a'@0, 'b'@2
  join inner id = 1:order_id
  output id
1 items as i
  list sku = 'x'@1, 'y'@3
  join inner order_id = 0:id
features or-over-tables unbounded

-- OR over tables that restricts none
SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id WHERE o.kind = 'a' OR i.sku = 'x'
-->
select
0 orders as o
  join inner id = 1:order_id
  output id kind
1 items as i
  join inner order_id = 0:id
  output sku
features or-over-tables unbounded

-- an optional filter
SELECT id FROM orders WHERE ($1::text IS NULL OR kind = $1) AND ($2::bigint IS NULL OR user_id = $2)
-->
select
0 orders
  equality kind = $1@0
  equality user_id = $2@1
  output id
features unbounded

-- two columns of one table compared
SELECT id FROM orders WHERE created_at < deleted_at AND total + 5 > 10 AND id % 10 = 3
-->
select
0 orders
  equality (id % 10) = 3@3 | ((id % 10) = 3)
  other (created_at < deleted_at) | (created_at < deleted_at)
  range (total + 5) > 10@1 | ((total + 5) > 10)
  output id
features unbounded

-- IS DISTINCT FROM and NULLIF
SELECT id FROM orders WHERE note IS DISTINCT FROM 'x' AND nullif(kind, '') = 'y'
-->
select
0 orders
  equality (NULLIF(kind, '')) = 'y'@2 | (NULLIF(kind, '') = 'y')
  other (note IS DISTINCT FROM 'x') | (note IS DISTINCT FROM 'x')
  output id
features function-on-column unbounded

-- CASE in a condition
SELECT id FROM orders WHERE CASE WHEN kind = 'a' THEN total ELSE 0 END > 5
-->
select
0 orders
  range (CASE WHEN (kind = 'a') THEN total ELSE 0 END) > 5@2 | (CASE WHEN (kind = 'a') THEN total ELSE 0 END > 5)
  output id
features unbounded

-- a condition that depends on the clock
SELECT id FROM orders WHERE created_at > now() - interval '7 days' AND created_at < CURRENT_DATE
-->
select
0 orders
  range created_at > computed (now() - ('7 days'::interval))
  range created_at < computed CURRENT_DATE
  output id
features current-time unbounded

-- a subquery as value
SELECT id FROM orders WHERE total > (SELECT avg(total) FROM orders) AND user_id = (SELECT id FROM users WHERE email = 'a@b')
-->
select
0 orders
  range total > computed (SELECT …)
  equality user_id = computed (SELECT …)
  output id
1 orders level 1
  output total
2 users level 1
  equality email = 'a@b'@0 | (email = 'a@b')
  output id
features aggregate subquery unbounded

-- columns of a system table are no index keys
SELECT id FROM orders WHERE ctid = '(0,1)' AND tableoid = 'orders'::regclass AND kind = 'x'
-->
select
0 orders
  equality kind = 'x'@2 | (kind = 'x')
  output id
features unbounded

-- literals with quotes and backslashes
SELECT id FROM orders WHERE kind = 'it''s' AND note = E'a\\b' AND note <> U&'\0061'
-->
select
0 orders
  equality kind = 'it''s'@0 | (kind = 'it''s')
  equality note = E'a\\b'@1 | (note = E'a\\b')
  inequality note <> 'a'@2 | (note <> 'a')
  output id
features unbounded

-- negative and large numbers
SELECT id FROM orders WHERE user_id = -5 AND id = 9999999999 AND total < -1.5e3
-->
select
0 orders
  equality user_id = -5@0 | (user_id = -5)
  equality id = 9999999999@1 | (id = 9999999999)
  range total < -1.5e3@2 | (total < -1.5e3)
  output id

-- dates by function and by name
SELECT id FROM users WHERE born = to_date('2025', 'YYYY') AND created_at > 'yesterday'::timestamptz AND born > date '2025-01-01'
-->
select
0 users
  equality born = computed to_date('2025', 'YYYY')
  range created_at > ('yesterday'::timestamptz)@2
  range born > ('2025-01-01'::date)@3 | (born > ('2025-01-01'::date))
  output id
features unbounded

-- GREATEST, ARRAY subscript and composite access
SELECT id FROM users WHERE greatest(age, 3) = 5 AND (tags)[2] = 'x' AND array_length(tags, 1) > 2
-->
select
0 users
  equality (GREATEST(age, 3)) = 5@1 | (GREATEST(age, 3) = 5)
  equality ((tags)[2]) = 'x'@3 | ((tags)[2] = 'x')
  range (array_length(tags, 1)) > 2@5 | (array_length(tags, 1) > 2)
  output id
features function-on-column unbounded

-- a folded list is a list, also where one element is left of it
SELECT id FROM orders WHERE user_id IN ($1 /*, ... */) AND note = ANY(ARRAY[$2 /*, ... */]) AND kind IN ($3) LIMIT $4
-->
select limit $4@3
0 orders limit $4@3
  list user_id = $1@0
  list note = $2@1
  equality kind = $3@2
  output id
features limit

-- patterns put together
SELECT id FROM users WHERE name LIKE $1 || '%' AND nick LIKE '%' || $2 || '%' AND title LIKE concat('%', $3::text) AND email LIKE 'a' || $4
-->
select
0 users
  prefix name ~~ computed ($1 || '%')
  infix nick ~~ computed (('%' || $2) || '%')
  infix title ~~ computed concat('%', ($3::text))
  prefix email ~~ computed ('a' || $4)
  output id
features leading-wildcard unbounded

-- a cast of the parameter that costs the index
SELECT id FROM orders WHERE user_id = $1::numeric AND id = $2::int AND created_at >= $3::date AND kind = $4::varchar
-->
select
0 orders
  equality (user_id::numeric) = $1@0 cast numeric
  equality id = $2@1
  equality kind = $4@3
  range created_at >= $3@2
  output id
features implicit-cast-on-column

-- conditions that framework code adds
SELECT id FROM orders WHERE 1 = 1 AND kind = 'a' AND (0 = 1 OR user_id = 5)
-->
select
0 orders
  equality kind = 'a'@2 | (kind = 'a')
  output id user_id
features unbounded

-- what a foreign key asks
SELECT 1 FROM ONLY "public"."users" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x
-->
select
0 users as x
  equality id = $1@0
  output *
features for-share

-- what all alternatives share is taken out of the OR
-- values decide
SELECT o.id FROM orders o, items i WHERE (o.id = i.order_id AND o.kind = 'web' AND i.quantity BETWEEN 1 AND 5 AND o.total > 1)
OR (o.id = i.order_id AND o.kind = 'web' AND i.quantity BETWEEN 7 AND 9 AND i.sku = 'x')
-->
select
0 orders as o
  equality kind = 'web'@0 | (kind = 'web')
  join inner id = 1:order_id
  output id total
1 items as i
  range quantity >= 1@1 or 0.0 | (quantity >= 1)
  range quantity <= 5@2 or 0.0 | (quantity <= 5)
  range quantity >= 7@5 or 0.1 | (quantity >= 7)
  range quantity <= 9@6 or 0.1 | (quantity <= 9)
  equality sku = 'x'@7 or 0.1 | (sku = 'x')
  join inner order_id = 0:id
  output quantity sku
features or-over-columns or-over-tables unbounded

-- an alternative that says less than the others
-- values decide
SELECT id FROM orders WHERE (kind = 'a' AND total > 5) OR kind = 'a'
-->
select
0 orders
  equality kind = 'a'@0 | (kind = 'a')
  output id
features unbounded

-- intervals keep their unit
SELECT id FROM users WHERE born < date '2025-01-01' - interval '90' day AND updated_at > timestamp '2025-01-01' + interval '1' year
AND updated_at < timestamp '2025-01-01' + interval '1-2' year to month AND updated_at <> timestamp '2025-01-01' + interval(3) '5.1234 s'
-->
select
0 users
  range born < computed (('2025-01-01'::date) - ('90'::interval day)) | (born < (('2025-01-01'::date) - ('90'::interval day)))
  range updated_at > computed (('2025-01-01'::timestamp) + ('1'::interval year)) | (updated_at > (('2025-01-01'::timestamp) + ('1'::interval year)))
  range updated_at < computed (('2025-01-01'::timestamp) + ('1-2'::interval year to month)) | (updated_at < (('2025-01-01'::timestamp) + ('1-2'::interval year to month)))
  inequality updated_at <> computed (('2025-01-01'::timestamp) + ('5.1234 s'::interval(3))) | (updated_at <> (('2025-01-01'::timestamp) + ('5.1234 s'::interval(3))))
  output id
features unbounded
