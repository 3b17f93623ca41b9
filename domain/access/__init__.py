"""Who may come in: accounts and their record, as streams of the same log; never a secret in an event."""
