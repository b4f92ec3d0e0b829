"""The inbox by index; marks without their words; one-time passwords; attempts to sign in."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = depends_on = None

ROWS_AT_ONCE = 1000
UNSURE = 0.6


def upgrade() -> None:
    """The inbox by index; marks without their words; one-time passwords; attempts to sign in."""
    op.add_column("turns", sa.Column("trouble", sa.String(10), nullable=False, server_default=""))
    op.create_index("turns_in_trouble", "turns", ["trouble", "created"])
    op.add_column("inbox_marks", sa.Column("digest", sa.String(64), nullable=False, server_default=""))
    op.add_column("inbox_marks", sa.Column("entry", sa.String(120)))
    op.add_column("inbox_marks", sa.Column("asked", sa.DateTime))
    op.add_column("inbox_marks", sa.Column("vector", sa.LargeBinary))
    op.create_index("ix_inbox_marks_digest", "inbox_marks", ["digest"])
    op.add_column("staff", sa.Column("one_time_until", sa.DateTime))
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime, nullable=False, index=True),
    )
    op.create_index("attempts_of_somebody", "sign_in_attempts", ["who", "created"])
    _fill()


def _fill() -> None:
    """What is new in old rows; questions that the log repeated are taken out of it."""
    connection = op.get_bind()
    last = 0
    while True:
        rows = connection.execute(
            sa.text("SELECT id, replies FROM turns WHERE id > :last ORDER BY id LIMIT :most"),
            {"last": last, "most": ROWS_AT_ONCE},
        ).fetchall()
        if not rows:
            break
        last = rows[-1][0]
        found = [{"id": row[0], "trouble": trouble} for row in rows if (trouble := _trouble(json.loads(row[1])))]
        if found:
            connection.execute(sa.text("UPDATE turns SET trouble = :trouble WHERE id = :id"), found)
    marks = connection.execute(sa.text("SELECT id, text FROM inbox_marks")).fetchall()
    for number, text in marks:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        connection.execute(
            sa.text("UPDATE inbox_marks SET digest = :digest WHERE id = :id"), {"digest": digest, "id": number}
        )
    connection.execute(sa.text("UPDATE audit SET subject = '' WHERE action IN ('inbox-done', 'inbox-ignored')"))


def _trouble(replies: list[dict[str, object]]) -> str:
    for reply in replies:
        if reply.get("kind") in ("unknown", "fallback"):
            return str(reply["kind"])
    if any(r.get("kind") == "answer" and float(str(r.get("confidence", 1.0))) < UNSURE for r in replies):
        return "unsure"
    return ""


def downgrade() -> None:
    """Not foreseen: go back with a copy of the database."""
    raise NotImplementedError
