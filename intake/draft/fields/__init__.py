"""The fields of a task: who, until when, how much."""
