"""Other programs are told what became of tasks, through an outbox; the alarms that are on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_UNDELIVERED = "delivered_at IS NULL AND dead_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "media_webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "events", postgresql.ARRAY(sa.Text()), nullable=False, comment="the types of the messages that it asked for"
        ),
        sa.Column("tenant", sa.Text(), comment="whose tasks it is told of; null: everybody's, and of the site itself"),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("earlier_secret", sa.Text(), comment="the one before, which signs too until earlier_secret_until"),
        sa.Column("earlier_secret_until", sa.DateTime(timezone=True)),
        sa.Column("actor", sa.Text(), nullable=False, comment="who added it"),
        sa.Column("disabled_at", sa.DateTime(timezone=True), comment="since when it is told nothing"),
        sa.Column("disabled_because", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="media_webhook_pkey"),
        sa.CheckConstraint(
            "(earlier_secret IS NULL) = (earlier_secret_until IS NULL)", name="media_webhook_earlier_secret_ends"
        ),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_because IS NULL)", name="media_webhook_disabled_for_a_reason"
        ),
    )
    op.create_table(
        "media_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "message_id",
            sa.Uuid(),
            server_default=sa.func.gen_random_uuid(),
            nullable=False,
            comment="the header webhook-id: the same at each repeat, and in no other site or restored copy of this one",
        ),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), comment="null: it is about the site"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="as it is sent, byte for byte, each time"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="that came to an end"),
        sa.Column(
            "lease_token",
            sa.Uuid(),
            comment="of the executor that delivers it; next_attempt_at is then its lease's end",
        ),
        sa.Column("last_status", sa.Integer(), comment="HTTP's, of the last attempt; null where none came back"),
        sa.Column("last_error", sa.Text(), comment="one sentence"),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("dead_at", sa.DateTime(timezone=True), comment="since when it is not tried any more"),
        sa.PrimaryKeyConstraint("id", name="media_delivery_pkey"),
        sa.CheckConstraint("attempts >= 0", name="media_delivery_attempts_not_negative"),
        sa.CheckConstraint(
            "num_nonnulls(delivered_at, dead_at) <= 1"
            " AND (lease_token IS NULL OR num_nonnulls(delivered_at, dead_at) = 0)",
            name="media_delivery_ends_once",
        ),
    )
    op.create_index(
        "media_delivery_due_idx",
        "media_delivery",
        ["webhook_id", "next_attempt_at", "id"],
        postgresql_where=sa.text(_UNDELIVERED),
    )
    op.create_index(
        "media_delivery_task_idx",
        "media_delivery",
        ["webhook_id", "task_id", "id"],
        postgresql_where=sa.text(_UNDELIVERED),
    )
    op.create_index(
        "media_delivery_dead_idx",
        "media_delivery",
        ["webhook_id", "id"],
        postgresql_where=sa.text("dead_at IS NOT NULL"),
    )
    op.create_index("media_delivery_created_at_idx", "media_delivery", ["created_at"])
    op.create_table(
        "media_alarm",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False, comment="what was told when it began"),
        sa.PrimaryKeyConstraint("type", name="media_alarm_pkey"),
    )


def downgrade() -> None:
    op.drop_table("media_alarm")
    op.drop_table("media_delivery")
    op.drop_table("media_webhook")
