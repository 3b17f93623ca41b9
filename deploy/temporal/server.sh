#!/bin/sh
# Temporal's server, told its password by a file: an environment is shown to whoever may ask the engine.
set -eu
POSTGRES_PWD=$(cat "$POSTGRES_PWD_FILE")
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
