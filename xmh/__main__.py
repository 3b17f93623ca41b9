"""`python -m xmh`."""

from xmh import run

run()
