#!/bin/sh
# Make what docker-compose.yml reads out of secrets/: a password for each role of PostgreSQL, and the addresses they stand in.
# Again as often as one likes: a password that is there stays. To change one, remove its file, run this, then
#   docker compose up --detach postgres
#   docker compose exec postgres psql -U postgres -f /docker-entrypoint-initdb.d/10-roles.sql
#   docker compose up --detach --force-recreate
set -eu
umask 077
folder=${1:-secrets}
mkdir -p "$folder"
chmod 0700 "$folder"

password() { # name
  [ -s "$folder/$1" ] || openssl rand -hex 24 > "$folder/$1"
}

address() { # name, role, its password
  printf 'postgresql://%s:%s@postgres:5432/xmh\n' "$2" "$(cat "$folder/$3")" > "$folder/$1.part"
  mv "$folder/$1.part" "$folder/$1"
}

password postgres_password
password temporal_db_password
password xmh_owner_db_password
password xmh_db_password
address xmh_database_url xmh xmh_db_password
address xmh_owner_database_url xmh_owner xmh_owner_db_password
# The folder keeps others out; a container is given one file, and reads it as a user of its own.
chmod 0444 "$folder"/*password "$folder"/*_url
