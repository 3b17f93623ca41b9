"""A page as a file: typeset (.pdf), to be edited and circulated (.docx), read on a screen (.html), as text (.md)."""
