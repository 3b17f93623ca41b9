"""A log as one file: taken while everything runs, and brought back into an empty home."""
