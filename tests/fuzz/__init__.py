"""Seeded guesses at what people, scripts and attackers give to the command line, and what must hold of every answer."""
