"""The shape of a document: its paragraphs, its outline, its tables."""
