-- Tables of the held-out cases: written by hand, in other styles than the generated ones (quoted names, natural keys,
-- composite keys, trees, another schema, undeclared references).
CREATE TABLE writer (id serial PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL);
CREATE TABLE novel (id serial PRIMARY KEY, writer_id int NOT NULL REFERENCES writer, title text NOT NULL, year int NOT NULL);
CREATE INDEX novel_writer ON novel (writer_id);
INSERT INTO writer (name, country) SELECT 'writer ' || i, (ARRAY['de', 'fr', 'pl'])[1 + i % 3] FROM generate_series(1, 60) i;
INSERT INTO novel (writer_id, title, year) SELECT 1 + i % 60, 'novel ' || i, 1900 + i % 120 FROM generate_series(1, 600) i;

CREATE TABLE album (id serial PRIMARY KEY, name text NOT NULL, genre text NOT NULL);
CREATE TABLE track (id serial PRIMARY KEY, album_id int NOT NULL REFERENCES album, seconds int NOT NULL);
CREATE INDEX track_album ON track (album_id);
INSERT INTO album (name, genre) SELECT 'album ' || i, (ARRAY['rock', 'jazz', 'folk', 'pop'])[1 + i % 4] FROM generate_series(1, 60) i;
INSERT INTO track (album_id, seconds) SELECT 1 + i % 60, 100 + i % 300 FROM generate_series(1, 700) i;

CREATE TABLE "OrderHead" ("orderId" bigint PRIMARY KEY, "customerNo" int NOT NULL, "placedAt" timestamptz NOT NULL);
CREATE TABLE "OrderItem" ("orderId" bigint NOT NULL REFERENCES "OrderHead", "lineNo" int NOT NULL, sku text NOT NULL, PRIMARY KEY ("orderId", "lineNo"));
INSERT INTO "OrderHead" SELECT i, i % 40, timestamptz '2025-01-01' + i * interval '1 hour' FROM generate_series(1, 400) i;
INSERT INTO "OrderItem" SELECT o, l, 'sku' || o * l FROM generate_series(1, 400) o, generate_series(1, 3) l;

CREATE TABLE country (iso char(2) PRIMARY KEY, name text NOT NULL, continent text NOT NULL);
CREATE TABLE town (id serial PRIMARY KEY, country_iso char(2) NOT NULL REFERENCES country, people int NOT NULL);
CREATE INDEX town_country ON town (country_iso);
INSERT INTO country SELECT chr(97 + i / 10) || chr(97 + i % 10), 'land ' || i, (ARRAY['eu', 'as', 'af'])[1 + i % 3] FROM generate_series(0, 59) i;
INSERT INTO town (country_iso, people) SELECT chr(97 + (i % 60) / 10) || chr(97 + (i % 60) % 10), i * 10 FROM generate_series(0, 899) i;

CREATE SCHEMA crm;
CREATE TABLE crm.contact (id uuid PRIMARY KEY, segment int NOT NULL, name text NOT NULL);
CREATE TABLE crm.call_note (id bigserial PRIMARY KEY, contact_id uuid NOT NULL, body text NOT NULL);
CREATE INDEX call_note_contact ON crm.call_note (contact_id);
INSERT INTO crm.contact SELECT md5('c' || i)::uuid, i % 12, 'contact ' || i FROM generate_series(1, 240) i;
INSERT INTO crm.call_note (contact_id, body) SELECT md5('c' || 1 + i % 240)::uuid, 'note' FROM generate_series(1, 900) i;

CREATE TABLE category (id int PRIMARY KEY, parent_id int REFERENCES category, label text NOT NULL);
CREATE INDEX category_parent ON category (parent_id);
INSERT INTO category SELECT i, CASE WHEN i <= 8 THEN NULL ELSE 1 + (i - 9) / 8 END, 'category ' || i FROM generate_series(1, 300) i;

CREATE TABLE shipment_batch (id bigint PRIMARY KEY, state text NOT NULL);
CREATE TABLE shipment_event (id bigserial PRIMARY KEY, shipment_batch_id bigint NOT NULL REFERENCES shipment_batch, kind text NOT NULL);
CREATE INDEX shipment_event_batch ON shipment_event (shipment_batch_id);
INSERT INTO shipment_batch SELECT i, (ARRAY['open', 'sent'])[1 + i % 2] FROM generate_series(1, 120) i;
INSERT INTO shipment_event (shipment_batch_id, kind) SELECT 1 + i % 120, 'scan' FROM generate_series(1, 900) i;

CREATE TABLE course_run (id bigserial PRIMARY KEY, term text NOT NULL);
CREATE TABLE enrolment (id bigserial PRIMARY KEY, course_run_id bigint NOT NULL REFERENCES course_run, grade int);
CREATE INDEX enrolment_run ON enrolment (course_run_id);
INSERT INTO course_run (term) SELECT 'term ' || i % 9 FROM generate_series(1, 120) i;
INSERT INTO enrolment (course_run_id, grade) SELECT 1 + i % 120, i % 6 FROM generate_series(1, 900) i;

CREATE TABLE feed_post (id bigserial PRIMARY KEY, wall int NOT NULL, person_id bigint NOT NULL);
CREATE TABLE person (id bigserial PRIMARY KEY, nick text NOT NULL);
INSERT INTO person (nick) SELECT 'p' || i FROM generate_series(1, 300) i;
INSERT INTO feed_post (wall, person_id) SELECT i % 30, 1 + (i * 7) % 300 FROM generate_series(1, 600) i;
ALTER TABLE feed_post ADD FOREIGN KEY (person_id) REFERENCES person;

CREATE TABLE price_list (sku text PRIMARY KEY, cents int NOT NULL);
CREATE TABLE seat_hold (show_id int NOT NULL, seat int NOT NULL, holder text, PRIMARY KEY (show_id, seat));
INSERT INTO seat_hold SELECT s, n, 'x' FROM generate_series(1, 20) s, generate_series(1, 60) n;

CREATE TABLE warehouse_bin (id int PRIMARY KEY, aisle int NOT NULL);
CREATE TABLE bin_content (id serial PRIMARY KEY, warehouse_bin_id int NOT NULL REFERENCES warehouse_bin, pieces int NOT NULL);
CREATE INDEX bin_content_bin ON bin_content (warehouse_bin_id);
INSERT INTO warehouse_bin SELECT i, i % 10 FROM generate_series(1, 200) i;
INSERT INTO bin_content (warehouse_bin_id, pieces) SELECT 1 + i % 200, i FROM generate_series(1, 800) i;

CREATE TABLE playlist (id bigserial PRIMARY KEY, mood text NOT NULL);
CREATE TABLE playlist_entry (id bigserial PRIMARY KEY, playlist_id bigint NOT NULL REFERENCES playlist, place int NOT NULL);
CREATE INDEX playlist_entry_list ON playlist_entry (playlist_id);
INSERT INTO playlist (mood) SELECT 'mood ' || i % 8 FROM generate_series(1, 100) i;
INSERT INTO playlist_entry (playlist_id, place) SELECT 1 + i % 100, i FROM generate_series(1, 700) i;

CREATE TABLE keyword (id serial PRIMARY KEY, word text NOT NULL UNIQUE);

CREATE TABLE login (token text PRIMARY KEY, member_id int NOT NULL);
CREATE TABLE member (id int PRIMARY KEY, nick text NOT NULL, room int NOT NULL);
INSERT INTO member SELECT i, 'm' || i, i % 8 FROM generate_series(1, 400) i;
INSERT INTO login SELECT 't' || i, i FROM generate_series(1, 400) i;

CREATE TABLE ledger_line (id bigserial PRIMARY KEY, account int NOT NULL, cents int NOT NULL);
INSERT INTO ledger_line (account, cents) SELECT i % 9, i FROM generate_series(1, 900) i;

CREATE TABLE recipe (id serial PRIMARY KEY, cuisine text NOT NULL);
CREATE TABLE ingredient (id serial PRIMARY KEY, recipe_id int NOT NULL REFERENCES recipe, name text NOT NULL);
INSERT INTO recipe (cuisine) SELECT 'c' || i % 5 FROM generate_series(1, 100) i;
INSERT INTO ingredient (recipe_id, name) SELECT 1 + i % 100, 'i' || i FROM generate_series(1, 500) i;

CREATE TABLE chat_room (id int PRIMARY KEY, title text NOT NULL);
CREATE TABLE chatter (id int PRIMARY KEY, chat_room_id int NOT NULL REFERENCES chat_room, unread int NOT NULL);
INSERT INTO chat_room SELECT i, 'room ' || i FROM generate_series(1, 8) i;
INSERT INTO chatter SELECT i, 1 + i % 8, i % 5 FROM generate_series(1, 240) i;

CREATE TABLE day_sale (id bigserial PRIMARY KEY, sold_on date NOT NULL, cents int NOT NULL);
INSERT INTO day_sale (sold_on, cents) SELECT date '2025-01-01' + i % 60, i FROM generate_series(1, 900) i;

CREATE TABLE stock_count (id serial PRIMARY KEY, shelf int NOT NULL, pieces int NOT NULL);

CREATE TABLE counter_row (id int PRIMARY KEY, value int NOT NULL);
INSERT INTO counter_row SELECT i, 0 FROM generate_series(1, 20) i;

CREATE TABLE work_item (id bigserial PRIMARY KEY, payload text NOT NULL, state text NOT NULL);
INSERT INTO work_item (payload, state) SELECT 'p', 'new' FROM generate_series(1, 200) i;

CREATE TABLE gift_card (id int PRIMARY KEY, holder int NOT NULL, cents int NOT NULL);
CREATE TABLE gift_use (id bigserial PRIMARY KEY, gift_card_id int NOT NULL REFERENCES gift_card, cents int NOT NULL);
INSERT INTO gift_card SELECT i, i % 30, 1000 FROM generate_series(1, 200) i;
INSERT INTO gift_use (gift_card_id, cents) SELECT 1 + i % 200, 5 FROM generate_series(1, 600) i;
ANALYZE;
