#!/bin/sh
# Make the namespace the worker serves, unless it is there. Histories of ended matters are kept for 90 days; the log is
# the record, they only help to explain.
set -eu

temporal operator cluster health
temporal operator namespace describe -n "$NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create -n "$NAMESPACE" --retention 90d
