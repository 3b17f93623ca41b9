"""The `xmh inspection` commands."""
