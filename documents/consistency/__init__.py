"""One fact, one value: what papers say of meetings, matters and counts is held against the log and each other."""
