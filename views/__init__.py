"""What a reader is shown: a log, a reader and a question → a document. No HTTP, no terminal, no Temporal."""
