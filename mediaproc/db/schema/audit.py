"""The table of what persons and programs did."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Table, Text, text

from mediaproc.db.schema.conventions import metadata, now_by_default

# The first word of an act: `schedule set` is a `schedule`.
KIND = "split_part(act, ' ', 1)"

media_audit = Table(
    "media_audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    now_by_default("at"),
    Column("actor", Text, nullable=False, comment="who: user@host from a terminal"),
    Column("act", Text, nullable=False),
    Column("selection", Text, nullable=False, comment="what was meant, as it was written"),
    Column("count", BigInteger, nullable=False, comment="of what this transaction really changed"),
    Column("because", Text, comment="the reason that was given, if any"),
    CheckConstraint("count >= 0", name="media_audit_count_not_negative"),
    # For the retention.
    Index("media_audit_at_idx", "at"),
    # What one person did, and what was done of one kind, the latest first.
    Index("media_audit_actor_idx", "actor", "id"),
    Index("media_audit_kind_idx", text(KIND), "id"),
)
