CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE users (
    id bigint PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, manager_id bigint REFERENCES users,
    email varchar(12), name text, n int, tags text[], created_at timestamp NOT NULL
);
CREATE TABLE messages (
    id bigint PRIMARY KEY, user_id bigint, tenant_id int NOT NULL, to_id bigint, status varchar(4),
    price numeric(5, 2), body text NOT NULL, created_at timestamp NOT NULL, seen_at timestamp
);
CREATE TABLE logs (user_id bigint, kind text, payload json, "at" timestamp);
CREATE TABLE keys (id bigserial PRIMARY KEY, "key" text NOT NULL UNIQUE, "order" int, n int NOT NULL DEFAULT 0);
CREATE TABLE "Bills" ("id" bigint PRIMARY KEY, "petId" bigint NOT NULL, "paidAt" timestamptz, "user" text);
CREATE TABLE remarks (id bigint PRIMARY KEY, subject_type text NOT NULL, subject_id bigint NOT NULL, body text);
CREATE TABLE handles (handle text, id int NOT NULL, active boolean NOT NULL, rank int NOT NULL);
CREATE UNIQUE INDEX handles_active ON handles (id) WHERE active;
CREATE UNIQUE INDEX handles_handle ON handles (handle);
CREATE TABLE amounts (id bigint PRIMARY KEY, amount numeric NOT NULL, held boolean NOT NULL);
CREATE TABLE audit (what text NOT NULL, id bigint);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO audit VALUES (TG_OP, OLD.id); RETURN NULL; END $$;
CREATE TRIGGER messages_noted AFTER DELETE ON messages FOR EACH ROW EXECUTE FUNCTION note();
CREATE VIEW open_messages AS SELECT id, user_id, body FROM messages WHERE status = 'open';
CREATE FUNCTION changing(int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT $1 + (random() * 3)::int $$;
CREATE FUNCTION endless(int) RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN LOOP END LOOP; END $$;
CREATE TABLE counts (tenant_id int, day date, n int, m int, "round" int, PRIMARY KEY (tenant_id, day));
CREATE TABLE turns (id int PRIMARY KEY DEFERRABLE, n int NOT NULL);
CREATE TABLE slots (id int NOT NULL UNIQUE DEFERRABLE, room int NOT NULL, label text, UNIQUE (room, label));
CREATE TABLE labels (label text NOT NULL, room int NOT NULL);
CREATE UNIQUE INDEX labels_label ON labels (lower(label));
CREATE TABLE parts (
    id int PRIMARY KEY, tenant_id int REFERENCES tenants, name text, maker int, kind int, above_maker int, above_kind int,
    above_id int REFERENCES parts, UNIQUE (maker, kind), FOREIGN KEY (above_maker, above_kind) REFERENCES parts (maker, kind)
);
CREATE TABLE codes (id int PRIMARY KEY, code text NOT NULL UNIQUE, above text REFERENCES codes (code));
