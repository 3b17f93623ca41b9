"""A plan as somebody wrote it (work plan, 分工方案, minutes, speech, table) becomes a list of draft matters.

By rules, not by a language model: what a rule did not find in the text is not there. The rules stand in `rules/` as
tables of patterns with their names and examples; the files beside it are the small engine that applies them:

`readers/` (a file → text and tables) → `shape/` (paragraphs, outline, grids) → `prose`, `sentences` and `tables`
(→ tasks) → `draft` (the whole), with `fields/` for who, until when and how much, `partition` for what became of every
character, `model` for the result, and `sheet` for the .xlsx that a clerk reviews. `text` is what all of them see.
"""
