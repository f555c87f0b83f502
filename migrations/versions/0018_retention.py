"""Old rows are found by an index, and an object that is to be deleted is named until it is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# A role that could delete lines of audit could remove the trace of what it did: so this is a function of the tables'
# owner, and a day's lines stay whatever it is asked for.
_PRUNE_AUDIT = """
CREATE FUNCTION media_audit_prune(keep_seconds double precision, most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    WITH gone AS (
        DELETE FROM media_audit WHERE id IN (
            SELECT id FROM media_audit
            WHERE at < now() - greatest(keep_seconds, 86400) * interval '1 second'
            ORDER BY at LIMIT most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    )
    SELECT count(*)::integer FROM gone
$$
"""


# An executor must not name another rendition than the one that it uploaded, nor remove what was done lately. So these
# only take what is a day old, whatever they are asked for, and nothing whose object is still to be swept.
_OLD = """
    id = ANY (tasks) AND finished_at < now() - greatest(keep_seconds, 86400) * interval '1 second'
    AND NOT EXISTS (
        SELECT FROM media_process_attempt AS attempt WHERE attempt.task_id = history.id AND sweep_after IS NOT NULL
    )
"""
_DELETE_RENDITIONS = f"""
CREATE FUNCTION media_history_delete_renditions(tasks bigint[], keep_seconds double precision, in_bucket text)
RETURNS TABLE (task_id bigint, key text)
LANGUAGE sql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $$
    WITH deleted AS (
        UPDATE media_process_history AS history
        SET outcome = 'deleted', delete_bucket = output_bucket, delete_key = output_key,
            output_bucket = NULL, output_key = NULL, output_size = NULL, output_sha256 = NULL, verification = NULL
        WHERE {_OLD} AND outcome = 'completed' AND output_bucket = in_bucket
        RETURNING history.id, history.file_id, history.delete_key
    ), without_address AS (
        -- A file's address is that of its latest rendition.
        UPDATE media_files AS file SET url = NULL FROM deleted
        WHERE file.id = deleted.file_id AND right(file.url, length(deleted.delete_key)) = deleted.delete_key
    )
    SELECT id, delete_key FROM deleted
$$
"""  # noqa: S608 - words of our own
_PRUNE_HISTORY = f"""
CREATE FUNCTION media_history_prune(tasks bigint[], keep_seconds double precision) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $$
    WITH gone AS (
        DELETE FROM media_process_history AS history
        WHERE {_OLD} AND output_key IS NULL AND delete_key IS NULL
        RETURNING history.id, history.file_id
    ), without_attempts AS (
        DELETE FROM media_process_attempt AS attempt USING gone WHERE attempt.task_id = gone.id
    )
    SELECT file_id FROM gone
$$
"""  # noqa: S608
_SIGNATURES = (
    "media_audit_prune(double precision, integer)",
    "media_history_delete_renditions(bigint[], double precision, text)",
    "media_history_prune(bigint[], double precision)",
)


def upgrade() -> None:
    op.create_index(
        "media_process_attempt_log_tail_idx",
        "media_process_attempt",
        ["finished_at"],
        postgresql_where=sa.text("log_tail IS NOT NULL"),
    )
    for column, comment in (
        ("delete_bucket", "where `delete_key` is"),
        ("delete_key", "its rendition, which is still to be deleted; null once it is gone"),
    ):
        op.add_column("media_process_history", sa.Column(column, sa.Text(), comment=comment))
    op.create_check_constraint(
        "media_process_history_deletes_a_known_key",
        "media_process_history",
        "(delete_key IS NULL) = (delete_bucket IS NULL)",
    )
    op.create_index(
        "media_process_history_delete_idx",
        "media_process_history",
        ["id"],
        postgresql_where=sa.text("delete_key IS NOT NULL"),
    )
    op.create_index("media_delivery_of_task_idx", "media_delivery", ["task_id"])
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for function in (_PRUNE_AUDIT, _DELETE_RENDITIONS, _PRUNE_HISTORY):
        op.get_bind().exec_driver_sql(function.format(schema=schema), execution_options={"no_parameters": True})
    for signature in _SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")


def downgrade() -> None:
    for signature in _SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_index("media_delivery_of_task_idx", "media_delivery")
    op.drop_index("media_process_history_delete_idx", "media_process_history")
    op.drop_constraint("media_process_history_deletes_a_known_key", "media_process_history")
    for column in ("delete_key", "delete_bucket"):
        op.drop_column("media_process_history", column)
    op.drop_index("media_process_attempt_log_tail_idx", "media_process_attempt")
