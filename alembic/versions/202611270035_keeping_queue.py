"""What keeps recordings waits in a queue of its own.

Revision ID: 202611270035
Revises: 202611270030
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270035"
down_revision = "202611270030"
branch_labels = None
depends_on = None

_KINDS = ("recordings.upload", "recordings.reconcile", "recordings.purge")


def upgrade() -> None:
    _move("KEEPING")


def downgrade() -> None:
    _move("LIGHT")


def _move(queue: str) -> None:
    jobs = sa.table("jobs", sa.column("kind"), sa.column("queue"))
    op.execute(jobs.update().where(jobs.c.kind.in_(_KINDS)).values(queue=queue))
