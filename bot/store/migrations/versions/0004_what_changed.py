"""The log keeps what a change did beside why it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = depends_on = None


def upgrade() -> None:
    """The log keeps what a change did beside why it was made."""
    op.add_column("audit", sa.Column("changes", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Not foreseen: go back with a copy of the database."""
    raise NotImplementedError
