"""What happens next: timers and messages. Decisions are `domain/`'s, facts are the log's."""
