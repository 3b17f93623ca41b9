"""The embedded default: a Temporal server and a worker in one data directory, started, watched and ended."""
