"""What the office prints, computed from the log."""
