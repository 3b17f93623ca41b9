"""`xmh meeting`: from the notice to the minutes, typed."""
