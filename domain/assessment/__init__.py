"""考核: every unit's score frozen at a day, adjusted and appealed against, then settled and put to use."""
