"""The tables of who may ask over HTTP: tokens, browsers' sessions, login links; and what was answered to a key."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

media_token = Table(
    "media_token",
    metadata,
    Column("id", Text, primary_key=True, comment="the second part of mp_ID_SECRET"),
    Column("name", Text, nullable=False, comment="for people; may be empty"),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("tenant", Text, comment="whose tasks alone it is for; null: everybody's"),
    Column("secret_sha256", LargeBinary, nullable=False),
    now_by_default("created_at"),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Moment, comment="null: never"),
    Column("last_used_at", Moment, comment="to the minute"),
    Column("revoked_at", Moment),
    CheckConstraint("cardinality(scopes) > 0", name="media_token_may_do_something"),
    CheckConstraint("length(secret_sha256) = 32", name="media_token_secret_is_a_digest"),
    # For the retention.
    Index("media_token_ended_idx", text("LEAST(revoked_at, expires_at)")),
)

media_session = Table(
    "media_session",
    metadata,
    Column("secret_sha256", LargeBinary, primary_key=True, comment="of what the browser's cookie holds"),
    # No foreign key: a session whose token is not there is over.
    Column("token_id", Text, comment="the token that it began with, and ends with; null: a login link"),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("tenant", Text, comment="as of a token"),
    Column("actor", Text, nullable=False),
    now_by_default("created_at"),
    now_by_default("last_used_at"),
    Column("expires_at", Moment, nullable=False, comment="however much it is used"),
    CheckConstraint("length(secret_sha256) = 32", name="media_session_secret_is_a_digest"),
    Index("media_session_token_idx", "token_id"),
    # For the retention.
    Index("media_session_expires_at_idx", "expires_at"),
)

media_login_link = Table(
    "media_login_link",
    metadata,
    Column("secret_sha256", LargeBinary, primary_key=True),
    now_by_default("created_at"),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment, comment="it works once"),
    CheckConstraint("length(secret_sha256) = 32", name="media_login_link_secret_is_a_digest"),
    # For the retention.
    Index("media_login_link_expires_at_idx", "expires_at"),
)

media_idempotency_key = Table(
    "media_idempotency_key",
    metadata,
    Column("token_id", Text, primary_key=True, comment="whose key it is"),
    Column("key", Text, primary_key=True, comment="as the header Idempotency-Key has it"),
    Column("request_sha256", LargeBinary, nullable=False, comment="of the method, the path and the body"),
    Column("status", Integer, comment="HTTP's, of the answer; null while it is made"),
    Column("body", LargeBinary),
    Column("headers", JSONB, comment="those of the answer that are given again"),
    now_by_default("created_at"),
    CheckConstraint("length(key) BETWEEN 1 AND 255", name="media_idempotency_key_key_in_range"),
    CheckConstraint("num_nonnulls(status, body, headers) IN (0, 3)", name="media_idempotency_key_answered_whole"),
    # For the retention.
    Index("media_idempotency_key_created_at_idx", "created_at"),
)

media_web_key = Table(
    "media_web_key",
    metadata,
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    Column("key", LargeBinary, nullable=False, comment="signs share links and cursors, for all servers of the site"),
    now_by_default("created_at"),
    CheckConstraint("is_only", name="media_web_key_is_one"),
    CheckConstraint("length(key) = 32", name="media_web_key_is_long"),
)
