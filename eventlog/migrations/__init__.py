"""The tables' history: one script per change, applied by `eventlog.migrate.migrate`, the same on both databases."""
