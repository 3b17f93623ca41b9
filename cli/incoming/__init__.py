"""`xmh incoming`: 批示件."""
