"""A claim finds its shard's tasks by an index of that shard total, made while executors use the total."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# As they were when this was written, whatever they become.
_CLAIMABLE = "(status = 'pending' OR (status = 'failed' AND fail_count < 3))"
_NAMES = "'^media_process_claim_[0-9]+_idx$'"

# An executor has no right to make an index: so this is a function of the tables' owner, who decides what it may do. It
# makes an index for each total of living executors, the three most used ones at most, and drops those of totals that
# nobody has used for a day. To build one keeps writers waiting, half a second to four for a million tasks: so nothing is
# built on more rows than `most_rows`, and where the table's lock is not free soon, this fails for now. A lock timeout
# longer than deadlock_timeout lets PostgreSQL cancel an autovacuum that holds the lock.
_FUNCTION = """
CREATE FUNCTION media_process_index_totals(most_rows bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    total integer;
    index_name text;
    rows_there bigint;
BEGIN
    -- Any number that nothing else uses: of two calls at once only one does anything.
    IF NOT pg_try_advisory_xact_lock({lock}) THEN
        RETURN false;
    END IF;
    FOR total IN
        SELECT shard_total FROM media_executor
        WHERE shard_total > 1 AND NOT confined AND state <> 'stopped'
        AND heartbeat_at > now() - lease * interval '1 second'
        GROUP BY shard_total ORDER BY count(*) DESC, shard_total LIMIT 3
    LOOP
        index_name := format('media_process_claim_%s_idx', total);
        CONTINUE WHEN to_regclass(index_name) IS NOT NULL;
        -- Without statistics yet: by the least space that a row takes.
        SELECT CASE WHEN reltuples >= 0 THEN reltuples ELSE pg_relation_size(oid) / 200 END INTO rows_there
        FROM pg_class WHERE oid = 'media_process'::regclass;
        IF rows_there > most_rows THEN
            RETURN false;
        END IF;
        EXECUTE format(
            'CREATE INDEX %I ON media_process ((id %% %s), priority DESC, id, next_attempt_at) WHERE {claimable}',
            index_name, total
        );
    END LOOP;
    FOR index_name IN
        SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'media_process'::regclass AND relname ~ {names} AND NOT EXISTS (
            SELECT FROM media_executor WHERE heartbeat_at > now() - interval '1 day'
            AND relname = format('media_process_claim_%s_idx', shard_total)
        )
    LOOP
        EXECUTE format('DROP INDEX %I', index_name);
    END LOOP;
    RETURN true;
END $$
"""

_DROP_ALL = f"""
DO $$ DECLARE
    index_name text;
BEGIN
    FOR index_name IN
        SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'media_process'::regclass AND relname ~ {_NAMES}
    LOOP
        EXECUTE format('DROP INDEX %I', index_name);
    END LOOP;
END $$
"""  # noqa: S608 - words of our own


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    claimable = _CLAIMABLE.replace("'", "''")
    made = _FUNCTION.format(schema=schema, lock=0x6D656471, claimable=claimable, names=_NAMES)
    op.get_bind().exec_driver_sql(made, execution_options={"no_parameters": True})
    op.execute("REVOKE ALL ON FUNCTION media_process_index_totals(bigint) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION media_process_index_totals(bigint)")
    op.execute(_DROP_ALL)
