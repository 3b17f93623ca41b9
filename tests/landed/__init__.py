"""Homes that earlier builds left behind, taken over by this one: log, keys, histories in Temporal, issued papers."""
