"""签发: what is numbered, signed, recorded and filed; and everything that was, by its number."""
