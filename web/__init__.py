"""Console and API over HTTP: thin; it parses, asks the views or the door, and renders. Only `xmh web` imports it."""
