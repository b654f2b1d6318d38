-- Views over views, with a barrier, materialised ones with indexes, a recursive one.
CREATE VIEW mix.cheap_item AS SELECT id, owner_id, title, price, made, mood FROM mix.item WHERE price < <<int 20 200>>;
CREATE VIEW mix.cheap_sale AS SELECT c.id, c.title, e.kind, e.at, e.amount FROM mix.cheap_item c JOIN mix.event e ON e.item_id = c.id WHERE e.kind <> 'view';
CREATE VIEW mix.best_sale AS SELECT title, count(*) AS sold, sum(amount) AS total FROM mix.cheap_sale GROUP BY title;
CREATE VIEW mix.guarded WITH (security_barrier) AS SELECT id, title, author, status, tenant FROM mix.note WHERE tenant < <<int 5 100>>;
CREATE VIEW mix.owned AS SELECT id, title, tenant, at FROM mix.note WHERE status = 'ok';
CREATE MATERIALIZED VIEW mix.daily AS SELECT date_trunc('day', at) AS day, kind, count(*) AS n, sum(amount) AS total FROM mix.event GROUP BY 1, 2;
CREATE MATERIALIZED VIEW mix.per_owner WITH (fillfactor = 80) AS SELECT owner_id, mood, count(*) AS n FROM mix.item GROUP BY 1, 2;
-- shuffle
CREATE INDEX <<name>> ON mix.daily (day);
CREATE UNIQUE INDEX <<name>> ON mix.daily (kind, day);
CREATE INDEX <<name>> ON mix.per_owner (owner_id, n);
-- end
CREATE VIEW mix.busy AS SELECT p.owner_id, o.name, p.n FROM mix.per_owner p JOIN mix.owner o ON o.id = p.owner_id WHERE p.n > <<int 1 9>>;
CREATE VIEW mix.tree AS WITH RECURSIVE up (id, depth) AS (SELECT id, 0 FROM mix.parent WHERE id < 10 UNION ALL SELECT p.id, u.depth + 1 FROM up u JOIN mix.parent p ON p.id = u.id * 2 WHERE u.depth < 9) SELECT * FROM up;
CREATE FUNCTION mix.audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER audit BEFORE UPDATE ON mix.owner FOR EACH ROW EXECUTE FUNCTION mix.audit();
CREATE RULE no_delete AS ON DELETE TO mix.owner DO INSTEAD UPDATE mix.owner SET joined = NULL WHERE id = old.id;
--! DELETE FROM mix.owner WHERE id = <<int 1 1500>>
--! SELECT * FROM mix.tree WHERE depth > <<int 0 4>>
--! SELECT * FROM mix.best_sale WHERE sold > <<int 1 30>> ORDER BY total DESC LIMIT 10
--! SELECT * FROM mix.cheap_sale WHERE at >= '2025-0<<int 1 9>>-01' AND kind = 'sale'
--! SELECT * FROM mix.guarded WHERE title = 'title <<int 1 3000>>' AND mix.cheap(author)
