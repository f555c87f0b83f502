"""The tables of what other programs are told: to whom, the outbox, and the alarms that are on."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

# On its way: neither delivered nor given up. Statements repeat it as it is, for the partial indexes.
UNDELIVERED = "delivered_at IS NULL AND dead_at IS NULL"

media_webhook = Table(
    "media_webhook",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False, comment="the types of the messages that it asked for"),
    Column("tenant", Text, comment="whose tasks it is told of; null: everybody's, and of the site itself"),
    Column("secret", Text, nullable=False),
    Column("earlier_secret", Text, comment="the one before, which signs too until earlier_secret_until"),
    Column("earlier_secret_until", Moment),
    Column("actor", Text, nullable=False, comment="who added it"),
    Column("disabled_at", Moment, comment="since when it is told nothing"),
    Column("disabled_because", Text),
    now_by_default("created_at"),
    CheckConstraint(
        "(earlier_secret IS NULL) = (earlier_secret_until IS NULL)", name="media_webhook_earlier_secret_ends"
    ),
    CheckConstraint("(disabled_at IS NULL) = (disabled_because IS NULL)", name="media_webhook_disabled_for_a_reason"),
)

media_delivery = Table(
    "media_delivery",
    metadata,
    # The order of a task's messages: whoever writes one holds the task's row.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "message_id",
        Uuid,
        nullable=False,
        server_default=func.gen_random_uuid(),
        comment="the header webhook-id: the same at each repeat, and in no other site or restored copy of this one",
    ),
    # No foreign keys: neither a task's end nor a webhook's removal waits for its deliveries.
    Column("webhook_id", BigInteger, nullable=False),
    Column("task_id", BigInteger, comment="null: it is about the site"),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False, comment="as it is sent, byte for byte, each time"),
    now_by_default("created_at"),
    now_by_default("next_attempt_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="that came to an end"),
    Column("lease_token", Uuid, comment="of the executor that delivers it; next_attempt_at is then its lease's end"),
    Column("last_status", Integer, comment="HTTP's, of the last attempt; null where none came back"),
    Column("last_error", Text, comment="one sentence"),
    Column("delivered_at", Moment),
    Column("dead_at", Moment, comment="since when it is not tried any more"),
    CheckConstraint("attempts >= 0", name="media_delivery_attempts_not_negative"),
    CheckConstraint(
        "num_nonnulls(delivered_at, dead_at) <= 1 AND (lease_token IS NULL OR num_nonnulls(delivered_at, dead_at) = 0)",
        name="media_delivery_ends_once",
    ),
    # What is due for a webhook, the earliest first.
    Index("media_delivery_due_idx", "webhook_id", "next_attempt_at", "id", postgresql_where=text(UNDELIVERED)),
    # Whether an earlier message about the task is still on its way to the webhook.
    Index("media_delivery_task_idx", "webhook_id", "task_id", "id", postgresql_where=text(UNDELIVERED)),
    Index("media_delivery_dead_idx", "webhook_id", "id", postgresql_where=text("dead_at IS NOT NULL")),
    # For the deletion of a file, with what was told of it.
    Index("media_delivery_of_task_idx", "task_id"),
    # For the retention.
    Index("media_delivery_created_at_idx", "created_at"),
)

media_alarm = Table(
    "media_alarm",
    metadata,
    Column("type", Text, primary_key=True),
    now_by_default("since"),
    Column("sentence", Text, nullable=False, comment="what was told when it began"),
)
