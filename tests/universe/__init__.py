"""Universes: the product under a simulated Temporal and a virtual clock, every choice from one integer.

Real are the log with all its checks (SQLite in memory), the workflows of matters and meetings, the door, the healing
and all of `domain/`. Simulated are Temporal, processes that die or freeze, the network and time. A universe that fails
plays again byte for byte: `python -m tests.universe replay SEED`.
"""
