-- Run by psql as superuser: three roles, three databases, least rights. Again as often as one likes: what a first start that
-- was interrupted left undone is done, and the passwords become those of the environment, or of the files it names (..._FILE).
\set ON_ERROR_STOP on
\set temporal_password `printenv TEMPORAL_DB_PASSWORD || cat "$TEMPORAL_DB_PASSWORD_FILE"`
\set owner_password `printenv XMH_OWNER_DB_PASSWORD || cat "$XMH_OWNER_DB_PASSWORD_FILE"`
\set worker_password `printenv XMH_DB_PASSWORD || cat "$XMH_DB_PASSWORD_FILE"`
-- An empty one would be none at all: whoever is not told one stops here, by a division by zero.
SELECT 1 / least(length(:'temporal_password'), length(:'owner_password'), length(:'worker_password')) AS told \gset

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['temporal', 'xmh_owner', 'xmh']) AS wanted (name)
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE temporal LOGIN PASSWORD :'temporal_password';
ALTER ROLE xmh_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE xmh LOGIN PASSWORD :'worker_password';

SELECT format('CREATE DATABASE %I OWNER temporal', name) FROM unnest(ARRAY['temporal', 'temporal_visibility']) AS wanted (name)
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
-- Byte order: the log is sorted by number and time, and names are sorted by the program, never by the database's locale.
SELECT $$CREATE DATABASE xmh OWNER xmh_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'$$
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'xmh') \gexec

REVOKE ALL ON DATABASE temporal, temporal_visibility, xmh FROM PUBLIC;
GRANT CONNECT ON DATABASE xmh TO xmh;

\connect xmh
-- Rows, not tables: who does not own a table can neither drop its triggers nor truncate it, so the log stays append-only
-- even for whoever holds the worker's password. Every migration sets what else it may do, table by table, to what the
-- append does (eventlog/migrations/rights.py): whoever may insert events is taken for the worker's role.
ALTER DEFAULT PRIVILEGES FOR ROLE xmh_owner GRANT SELECT, INSERT ON TABLES TO xmh;
ALTER DEFAULT PRIVILEGES FOR ROLE xmh_owner GRANT USAGE, SELECT ON SEQUENCES TO xmh;
