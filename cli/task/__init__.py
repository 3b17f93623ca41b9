"""`xmh task`: the life of a matter, typed."""
