"""Where decisions are made: series, a meeting from its notice to its minutes, and how outcomes reach matters."""
