"""The `xmh assess` commands."""
