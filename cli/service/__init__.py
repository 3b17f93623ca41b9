"""`xmh up down status doctor worker recover migrate upgrade`: what runs, what is wrong, and how to start it again."""
