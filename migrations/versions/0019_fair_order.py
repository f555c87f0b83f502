"""Tasks are claimed by a position that is fair between tenants, and no longer by priority and id."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# As they were when this was written, whatever they become.
_CLAIMABLE = "(status = 'pending' OR (status = 'failed' AND fail_count < 3))"
_INDEX_TOTALS = "media_process_index_totals(bigint)"
_ORDERS = ("priority DESC, id", '"position", id')

# The virtual time: how far the order has come, in seconds of one slot's work. What is in processing tells it, else what
# waits. Where there is neither, no tenant is behind another one: else a tenant that is new to an idle site would begin at
# 0, and everybody who had tasks before would wait for as much work of its as the site has ever done.
# Whatever the statistics say, each SELECT has an index for it: a plan made for an empty table would stay for a burst.
_VIRTUAL_NOW = """
CREATE FUNCTION media_process_virtual_now() RETURNS double precision
LANGUAGE plpgsql STABLE SET search_path = {schema}, pg_temp SET enable_seqscan = off AS $$
DECLARE
    reached double precision;
BEGIN
    SELECT max("position" + priority * 60.0) INTO reached FROM media_process WHERE status = 'processing';
    IF reached IS NULL THEN
        SELECT "position" + priority * 60.0 INTO reached FROM media_process WHERE {claimable}
        ORDER BY "position", id LIMIT 1;
    END IF;
    IF reached IS NULL THEN
        SELECT max(last_start) INTO reached FROM media_tenant;
    END IF;
    RETURN coalesce(reached, 0);
END $$
"""

# Clients of before know of no position and no tenant: while nodes are upgraded, what they enqueue starts now, by its
# priority, and counts for nobody. Its file is also nobody's in particular, which keeps it when a tenant deletes its own.
# So that they need no further right, this runs in the owner's name.
_OF_OLDER_CLIENTS = """
CREATE FUNCTION media_process_of_older_clients() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    NEW."position" := media_process_virtual_now() - NEW.priority * 60.0;
    INSERT INTO media_upload (file_id, tenant, filename) VALUES (NEW.file_id, NEW.tenant, NEW.filename)
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$
"""
_TRIGGER = """
CREATE TRIGGER media_process_of_older_clients BEFORE INSERT ON media_process
FOR EACH ROW WHEN (NEW."position" = '-Infinity') EXECUTE FUNCTION media_process_of_older_clients()
"""

# What waits keeps its order: by priority, then by age. The tasks of each priority stand within 60 s, the head start of
# one priority before the next; those of the lowest, behind which nothing stands, a second from each other, the least that
# a task counts for: so a tenant that comes now need not wait for all of them.
_KEPT_ORDER = """
UPDATE media_process SET "position" = line.place FROM (
    SELECT id, priority * -60.0 + (row_number() OVER by_age - 1) * CASE
        WHEN priority = min(priority) OVER () THEN 1 ELSE least(1, 60.0 / count(*) OVER (PARTITION BY priority)) END
        AS place
    FROM media_process WINDOW by_age AS (PARTITION BY priority ORDER BY id)
) AS line WHERE line.id = media_process.id
"""
_NOBODYS_TENANT = """
INSERT INTO media_tenant (tenant, last_start, last_cost)
SELECT '', max("position" + priority * 60.0), 1 FROM media_process HAVING count(*) > 0
"""

_DROP_INDEXES_OF_TOTALS = """
DO $$ DECLARE
    index_name text;
BEGIN
    FOR index_name IN
        SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'media_process'::regclass AND relname ~ '^media_process_claim_[0-9]+_idx$'
    LOOP
        EXECUTE format('DROP INDEX %I', index_name);
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "media_tenant",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("last_start", sa.Double(), nullable=False, comment="of its latest task, without that one's priority"),
        sa.Column("last_cost", sa.REAL(), nullable=False, comment="of its latest task: seconds of one slot's work"),
        sa.Column(
            "weight",
            sa.REAL(),
            server_default=sa.text("1"),
            nullable=False,
            comment="its share of the slots while others wait too; 2 is twice that of the others",
        ),
        sa.PrimaryKeyConstraint("tenant", name="media_tenant_pkey"),
        sa.CheckConstraint("weight BETWEEN 0.001 AND 1000", name="media_tenant_weight_in_range"),
        sa.CheckConstraint(
            "last_start > '-Infinity' AND last_start < 'Infinity' AND last_cost >= 0 AND last_cost < 'Infinity'",
            name="media_tenant_start_is_finite",
        ),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("media_tenant_last_start_idx", "media_tenant", ["last_start"])
    op.add_column(
        "media_process",
        sa.Column(
            "position",
            sa.Double(),
            server_default=sa.text("'-Infinity'"),
            nullable=False,
            comment="the least one is claimed next: see mediaproc.core.position",
        ),
    )
    op.add_column(
        "media_process",
        sa.Column(
            "expected_cost",
            sa.REAL(),
            server_default=sa.text("1"),
            nullable=False,
            comment="seconds of one slot's work, as expected at the enqueue",
        ),
    )
    _drop_claim_indexes()
    op.execute(_KEPT_ORDER)
    op.execute(_NOBODYS_TENANT)
    _make_claim_indexes("position", *_ORDERS)
    for name, condition in (
        ("position", "position > '-Infinity' AND position < 'Infinity'"),
        ("expected_cost", "expected_cost > 0 AND expected_cost < 'Infinity'"),
    ):
        op.create_check_constraint(f"media_process_{name}_is_finite", "media_process", condition)
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for made in (_VIRTUAL_NOW, _OF_OLDER_CLIENTS, _TRIGGER):
        _run(made.format(schema=schema, claimable=_CLAIMABLE))


def downgrade() -> None:
    op.execute("DROP TRIGGER media_process_of_older_clients ON media_process")
    op.execute("DROP FUNCTION media_process_of_older_clients(), media_process_virtual_now()")
    _drop_claim_indexes()
    op.drop_column("media_process", "position")
    op.drop_column("media_process", "expected_cost")
    _make_claim_indexes(sa.text("priority DESC"), *reversed(_ORDERS))
    op.drop_table("media_tenant")


def _drop_claim_indexes() -> None:
    for name in ("media_process_claim_idx", "media_process_claim_bucket_idx"):
        op.drop_index(name, "media_process")
    op.execute(_DROP_INDEXES_OF_TOTALS)


def _make_claim_indexes(first: str | sa.TextClause, before: str, after: str) -> None:
    """Those of all; and the function that makes one for each shard total makes others from now on."""
    for name, begin in (("media_process_claim_idx", ()), ("media_process_claim_bucket_idx", (sa.text("(id % 128)"),))):
        columns = [*begin, first, "id", "next_attempt_at"]
        op.create_index(name, "media_process", columns, postgresql_where=sa.text(_CLAIMABLE))
    function = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{_INDEX_TOTALS}'::regprocedure)"))
    if before not in function:
        raise LookupError(f"media_process_index_totals makes no index by {before}.")
    _run(function.replace(before, after))


def _run(statement: str) -> None:
    # A % in it is no parameter.
    op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
