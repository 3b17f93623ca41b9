"""Events lose `causation`, which no build ever filled.

Their hashes stay: what is hashed keeps an empty field in its place (`eventlog/chain.py`).
"""

import sqlalchemy as sa
from alembic import op

from eventlog.errors import LogDamaged

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Drop the column, unless somebody wrote into it: then it is evidence, and the log is left as it is.

    Raises:
        LogDamaged: an event names a cause.
    """
    written = op.get_bind().execute(sa.text("SELECT min(position) FROM events WHERE causation IS NOT NULL")).scalar()
    if written is not None:
        raise LogDamaged(
            f"事件日志第 {written} 条填有 causation，任何版本都不曾填写，日志未升级；请从备份恢复，或请人查明来由"
        )
    op.drop_column("events", "causation")
