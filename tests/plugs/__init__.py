"""Pulled plugs: what a disk may hold when the current fails at any moment, and what must still be true then."""
