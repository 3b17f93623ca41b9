"""What was recorded: the append-only log, its read model, and the proof that neither was touched."""
