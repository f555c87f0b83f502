"""The table of tenants: where each one's latest task stands in the order, and its weight."""

from sqlalchemy import REAL, CheckConstraint, Column, Double, Index, Table, Text, text

from mediaproc.db.schema.conventions import metadata

media_tenant = Table(
    "media_tenant",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("last_start", Double, nullable=False, comment="of its latest task, without that one's priority"),
    Column("last_cost", REAL, nullable=False, comment="of its latest task: seconds of one slot's work"),
    Column(
        "weight",
        REAL,
        nullable=False,
        server_default=text("1"),
        comment="its share of the slots while others wait too; 2 is twice that of the others",
    ),
    CheckConstraint("weight BETWEEN 0.001 AND 1000", name="media_tenant_weight_in_range"),
    CheckConstraint(
        "last_start > '-Infinity' AND last_start < 'Infinity' AND last_cost >= 0 AND last_cost < 'Infinity'",
        name="media_tenant_start_is_finite",
    ),
    # The largest start of all, for a task that comes while nothing waits and nothing runs.
    Index("media_tenant_last_start_idx", "last_start"),
    # Each enqueue rewrites its tenant's row.
    postgresql_with={"fillfactor": "50"},
)
