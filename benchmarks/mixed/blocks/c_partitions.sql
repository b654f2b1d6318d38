-- Partitions to two levels: by range, list and hash, an index on one leaf only, an index of the whole tree, a default partition.
CREATE TABLE mix.event (
    id bigint NOT NULL, item_id bigint, kind text NOT NULL, amount numeric(12, 2), at timestamptz NOT NULL, payload jsonb
) PARTITION BY RANGE (at);
CREATE TABLE mix.event_2023 PARTITION OF mix.event FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE mix.event_2024 PARTITION OF mix.event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
    PARTITION BY <<pick HASH (item_id)|HASH (id)>>;
-- shuffle
CREATE TABLE mix.event_2024_<<name>> PARTITION OF mix.event_2024 FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE mix.event_2024_<<name>> PARTITION OF mix.event_2024 FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE mix.event_2024_<<name>> PARTITION OF mix.event_2024 FOR VALUES WITH (MODULUS 3, REMAINDER 2);
-- end
CREATE TABLE mix.event_2025 PARTITION OF mix.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE mix.event_2025_view PARTITION OF mix.event_2025 FOR VALUES IN ('view');
CREATE TABLE mix.event_2025_sale PARTITION OF mix.event_2025 FOR VALUES IN ('sale', 'refund') WITH (fillfactor = 70);
CREATE TABLE mix.event_2025_rest PARTITION OF mix.event_2025 DEFAULT;
CREATE TABLE mix.event_rest PARTITION OF mix.event DEFAULT;
INSERT INTO mix.event
SELECT n, 1 + n * 13 % <<int 500 12000>>, (ARRAY['view', 'view', 'view', 'sale', 'refund', 'share'])[1 + n % 6],
       n % 1500 * 0.1, timestamptz '2023-06-01' + n * interval '<<int 35 60>> minutes', jsonb_build_object('k', n % 10)
FROM generate_series(1, 24000) n;
-- shuffle
ALTER TABLE mix.event ADD CONSTRAINT <<name>> PRIMARY KEY (id, at, kind, item_id);
CREATE INDEX <<name>> ON mix.event (item_id, at);
CREATE INDEX <<name>> ON mix.event_2023 (kind, at);
CREATE INDEX <<name>> ON mix.event_2025_view (amount);
CREATE INDEX <<name>> ON mix.event_2025 (at) WHERE kind <> 'view';
CREATE INDEX <<name>> ON mix.event USING brin (at) WITH (pages_per_range = 16);
-- end
ALTER TABLE mix.event_2025_sale SET (parallel_workers = <<int 0 4>>);
CREATE TABLE mix.metric (sensor integer, at date, value float8) PARTITION BY RANGE (date_part('year', at::timestamp), sensor);
CREATE TABLE mix.metric_low PARTITION OF mix.metric FOR VALUES FROM (2020, MINVALUE) TO (2024, 50);
CREATE TABLE mix.metric_high PARTITION OF mix.metric FOR VALUES FROM (2024, 50) TO (2030, MAXVALUE);
INSERT INTO mix.metric SELECT n % 100, date '2021-01-01' + n % 1500, n % 77 FROM generate_series(1, 9000) n;
CREATE INDEX <<name>> ON mix.metric_high (sensor, at);
--& event e JOIN item i ON e.item_id = i.id
--& event e JOIN event f ON e.item_id = f.item_id AND e.at = f.at
--? metric: date_part('year', at::timestamp) = <<int 2020 2026>>
--? event: payload @> '{"k": <<int 0 12>>}'
--! SELECT count(*) FROM mix.event
--! SELECT * FROM mix.event WHERE kind = '<<pick view|sale|refund|none>>' AND at >= '<<pick 2023|2024|2025|2026>>-<<pick 01|04|07|11>>-01' ORDER BY at DESC LIMIT <<int 1 60>>
--! SELECT kind, sum(amount) FROM mix.event WHERE at BETWEEN '2024-0<<int 1 6>>-01' AND '2025-0<<int 1 9>>-15' GROUP BY kind
--! SELECT * FROM mix.event WHERE at > '2026-<<pick 01|02|03>>-01'
--! SELECT DISTINCT ON (item_id) item_id, at FROM mix.event WHERE item_id < <<int 5 900>> ORDER BY item_id, at DESC
--! SELECT * FROM mix.event_2025 WHERE amount = <<int 1 150>>
--! DELETE FROM mix.event WHERE at < '2023-0<<int 6 9>>-03' AND kind = 'view'
--! UPDATE mix.event SET amount = 0 WHERE item_id = <<int 1 5000>> AND kind = 'sale'
--! SELECT e.kind, count(*) FROM mix.event e JOIN mix.item i ON i.id = e.item_id WHERE i.mood = 'happy' GROUP BY 1
--! SELECT * FROM mix.event e WHERE e.item_id IN (SELECT i.id FROM mix.item i WHERE i.owner_id = <<int 1 1400>>) ORDER BY e.at LIMIT 10
