"""The tables the scripts must add up to."""

from sqlmodel import SQLModel

import eventlog.tables  # noqa: F401  (registers the tables)

METADATA = SQLModel.metadata
