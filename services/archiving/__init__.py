"""归档: ended matters under a 档号, in packages that can be examined without us."""
