"""The tables' history: one script per change, applied by `eventlog.schema.migrate`, the same on both databases."""
