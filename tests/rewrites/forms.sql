CREATE TYPE mood AS ENUM ('low', 'Mid', 'high');
CREATE TABLE "order" (id integer NOT NULL, "order" smallint NOT NULL, n mood NOT NULL, user_id json, "key" integer NOT NULL);
CREATE TABLE users (id uuid NOT NULL, "key" numeric(5,2) NOT NULL, user_id numeric, round timestamptz, status integer, place numeric(5,2), PRIMARY KEY (id));
CREATE UNIQUE INDEX ON users (status);
CREATE TABLE logs (id uuid NOT NULL, "at" jsonb NOT NULL, name text, price smallint, code boolean, "order" boolean, round jsonb NOT NULL, users_id uuid, PRIMARY KEY (id), FOREIGN KEY (users_id) REFERENCES users);
