"""What is true: the office's rule book. Pure: no I/O, no clock, no Temporal, no SQL."""
