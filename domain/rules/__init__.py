"""The office's rules: what becomes of a command. One rule, one function; `decide` is the table."""
