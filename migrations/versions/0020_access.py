"""Who may ask over HTTP: tokens, sessions, login links; the answers to repeated requests; the servers' key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_SIGNATURE = "media_access_prune(double precision, integer)"

# Executors prune and have no right on these tables. Each SELECT has its index; a day of tokens stays, for the audit.
_PRUNE = """
CREATE FUNCTION media_access_prune(keep_tokens double precision, most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    WITH tokens AS (
        DELETE FROM media_token WHERE id IN (
            SELECT id FROM media_token
            WHERE LEAST(revoked_at, expires_at) < now() - greatest(keep_tokens, 86400) * interval '1 second'
            ORDER BY LEAST(revoked_at, expires_at) LIMIT most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    ), sessions AS (
        DELETE FROM media_session WHERE secret_sha256 IN (
            SELECT secret_sha256 FROM media_session WHERE expires_at < now()
            ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    ), links AS (
        DELETE FROM media_login_link WHERE secret_sha256 IN (
            SELECT secret_sha256 FROM media_login_link WHERE expires_at < now()
            ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    ), answers AS (
        DELETE FROM media_idempotency_key WHERE (token_id, key) IN (
            SELECT token_id, key FROM media_idempotency_key WHERE created_at < now() - interval '1 day'
            ORDER BY created_at LIMIT most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    )
    SELECT ((SELECT count(*) FROM tokens) + (SELECT count(*) FROM sessions)
        + (SELECT count(*) FROM links) + (SELECT count(*) FROM answers))::integer
$$
"""


def upgrade() -> None:
    op.create_table(
        "media_token",
        sa.Column("id", sa.Text(), nullable=False, comment="the second part of mp_ID_SECRET"),
        sa.Column("name", sa.Text(), nullable=False, comment="for people; may be empty"),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tenant", sa.Text(), comment="whose tasks alone it is for; null: everybody's"),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", _MOMENT, comment="null: never"),
        sa.Column("last_used_at", _MOMENT, comment="to the minute"),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="media_token_pkey"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="media_token_may_do_something"),
        sa.CheckConstraint("length(secret_sha256) = 32", name="media_token_secret_is_a_digest"),
    )
    op.create_index("media_token_ended_idx", "media_token", [sa.text("LEAST(revoked_at, expires_at)")])
    op.create_table(
        "media_session",
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False, comment="of what the browser's cookie holds"),
        sa.Column("token_id", sa.Text(), comment="the token that it began with, and ends with; null: a login link"),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tenant", sa.Text(), comment="as of a token"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("last_used_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False, comment="however much it is used"),
        sa.PrimaryKeyConstraint("secret_sha256", name="media_session_pkey"),
        sa.CheckConstraint("length(secret_sha256) = 32", name="media_session_secret_is_a_digest"),
    )
    op.create_index("media_session_token_idx", "media_session", ["token_id"])
    op.create_index("media_session_expires_at_idx", "media_session", ["expires_at"])
    op.create_table(
        "media_login_link",
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, comment="it works once"),
        sa.PrimaryKeyConstraint("secret_sha256", name="media_login_link_pkey"),
        sa.CheckConstraint("length(secret_sha256) = 32", name="media_login_link_secret_is_a_digest"),
    )
    op.create_index("media_login_link_expires_at_idx", "media_login_link", ["expires_at"])
    op.create_table(
        "media_idempotency_key",
        sa.Column("token_id", sa.Text(), nullable=False, comment="whose key it is"),
        sa.Column("key", sa.Text(), nullable=False, comment="as the header Idempotency-Key has it"),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False, comment="of the method, the path and the body"),
        sa.Column("status", sa.Integer(), comment="HTTP's, of the answer; null while it is made"),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("headers", postgresql.JSONB(), comment="those of the answer that are given again"),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "key", name="media_idempotency_key_pkey"),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name="media_idempotency_key_key_in_range"),
        sa.CheckConstraint(
            "num_nonnulls(status, body, headers) IN (0, 3)", name="media_idempotency_key_answered_whole"
        ),
    )
    op.create_index("media_idempotency_key_created_at_idx", "media_idempotency_key", ["created_at"])
    op.create_table(
        "media_web_key",
        sa.Column("is_only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "key",
            sa.LargeBinary(),
            nullable=False,
            comment="signs share links and cursors, for all servers of the site",
        ),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("is_only", name="media_web_key_pkey"),
        sa.CheckConstraint("is_only", name="media_web_key_is_one"),
        sa.CheckConstraint("length(key) = 32", name="media_web_key_is_long"),
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.get_bind().exec_driver_sql(_PRUNE.format(schema=schema), execution_options={"no_parameters": True})
    op.execute(f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {_SIGNATURE}")
    for table in ("media_web_key", "media_idempotency_key", "media_login_link", "media_session", "media_token"):
        op.drop_table(table)
