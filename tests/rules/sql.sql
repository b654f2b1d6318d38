CREATE EXTENSION pg_trgm;
CREATE EXTENSION citext;
CREATE TABLE users (
    id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text, bio text, "Nick" text, code varchar(8), n int, tags text[],
    settings jsonb, born date, joined timestamptz NOT NULL
);
CREATE INDEX users_email_trgm ON users USING gin (email gin_trgm_ops);
CREATE INDEX users_name ON users (name);
CREATE TABLE messages (
    id bigint PRIMARY KEY, user_id bigint, to_id bigint, status text NOT NULL, content text, created_at timestamptz NOT NULL
);
CREATE INDEX messages_user_id ON messages (user_id);
CREATE INDEX messages_lower_status ON messages (lower(status));
CREATE TABLE small (id bigint PRIMARY KEY, name text, other text, tags text[], code varchar(8), at timestamptz NOT NULL);
CREATE VIEW recent AS SELECT * FROM messages WHERE created_at > '2024-01-01';
CREATE TABLE folk (id bigint PRIMARY KEY, name citext NOT NULL, note citext, born date);
