"""A home with a founded log."""

from tests.support.homes import founded_home, home, log

__all__ = ["founded_home", "home", "log"]
