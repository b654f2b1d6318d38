CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, team_id bigint NOT NULL);
CREATE TABLE messages (
    id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, created_at timestamptz NOT NULL, content text NOT NULL
);
CREATE INDEX ix_users_team_id ON users (team_id);
