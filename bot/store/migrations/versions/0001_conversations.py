"""Conversations, thumbs and Telegram's updates; a database from before migrations has some of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = depends_on = None


def upgrade() -> None:
    """Conversations, thumbs and Telegram's updates; a database from before migrations has some of them."""
    have = set(sa.inspect(op.get_bind()).get_table_names())
    if "conversations" not in have:
        op.create_table(
            "conversations",
            sa.Column("sender", sa.String(200), primary_key=True),
            sa.Column("context", sa.Text, nullable=False),
            sa.Column("turns", sa.Integer, nullable=False),
            sa.Column("updated", sa.DateTime, nullable=False, index=True),
        )
    if "turns" not in have:
        op.create_table(
            "turns",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            sa.Column("sender", sa.String(200), nullable=False),
            sa.Column("message_id", sa.String(100)),
            sa.Column("channel", sa.String(40)),
            sa.Column("created", sa.DateTime, nullable=False),
            sa.Column("text", sa.Text, nullable=False),
            sa.Column("language", sa.String(8)),
            sa.Column("intent", sa.String(120)),
            sa.Column("confidence", sa.Float),
            sa.Column("replies", sa.Text, nullable=False),
            sa.UniqueConstraint("sender", "message_id", name="one_reply_a_message"),
        )
        op.create_index("turns_of_a_sender", "turns", ["sender", "id"])
    if "feedback" not in have:
        op.create_table(
            "feedback",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            sa.Column("sender", sa.String(200), nullable=False),
            sa.Column("message_id", sa.String(100), nullable=False),
            sa.Column("item", sa.Integer, nullable=False),
            sa.Column("helpful", sa.Boolean, nullable=False),
            sa.Column("reason", sa.Text, nullable=False),
            sa.Column("entry", sa.String(120), index=True),
            sa.Column("language", sa.String(8)),
            sa.Column("channel", sa.String(40)),
            sa.Column("created", sa.DateTime, nullable=False, index=True),
            sa.UniqueConstraint("sender", "message_id", "item", name="one_thumb_a_reply"),
        )
    if "telegram_updates" not in have:
        op.create_table(
            "telegram_updates",
            sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("chat", sa.String(40), nullable=False, index=True),
            sa.Column("state", sa.String(10), nullable=False, index=True),
            sa.Column("payload", sa.Text),
            sa.Column("tries", sa.Integer, nullable=False),
            sa.Column("sent", sa.Integer, nullable=False),
            sa.Column("created", sa.DateTime, nullable=False, index=True),
        )


def downgrade() -> None:
    """Not foreseen: go back with a copy of the database."""
    raise NotImplementedError
