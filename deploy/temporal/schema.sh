#!/bin/sh
# Bring Temporal's two databases to the schema of this release; running it again changes nothing.
# The SQL_* variables tell temporal-sql-tool where they are, the schema is the one it carries.
set -eu
if [ -n "${SQL_PASSWORD_FILE:-}" ]; then
  SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
  export SQL_PASSWORD
fi

migrate() { # database, schema
  temporal-sql-tool --db "$1" setup-schema -v 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}

migrate temporal temporal
migrate temporal_visibility visibility
