"""A plan as somebody wrote it (work plan, 分工方案, minutes, speech, table) becomes a list of draft matters.

By rules, not by a language model: what a rule did not find in the text is not there. The rules stand in `rules/` as
tables of patterns with their names and examples; the files beside it are the small engine that applies them:

`readers` (a file → `Source`) → `lines` (paragraphs) → `outline` (chapters and items) → `prose` and `tables` (→ items) →
`draft` (the whole), with `clauses`, `deadlines`, `targets` and `names` for the fields of an item, and `sheet` for the
.xlsx that a clerk reviews.
"""
