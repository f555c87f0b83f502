"""Removes one guard from the protocol's statements when they are sent to the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

# The pattern of each guard in a statement's text, and its replacement.
_GUARDS = {
    "token in settle_completed": (
        r"(DELETE FROM media_process WHERE .*?)media_process\.claim_token = %\(\w+\)s::UUID",
        r"\1media_process.status = 'processing'",
    ),
    "token in settle_setback": (
        r"(WITH settled_task AS\s+\(UPDATE .*?)media_process\.claim_token = %\(\w+\)s::UUID",
        r"\1media_process.status = 'processing'",
    ),
    "token in take_back_strike": (
        r"(WITH returned_attempt .*?)media_process_attempt\.claim_token = %\(\w+\)s::UUID",
        r"\1true",
    ),
    "hold-off in fail_expired_leases": (r"pg_postmaster_start_time\(\) < now\(\) - %\(\w+\)s", "true"),
    "token in announce_output": (
        r"(UPDATE media_process_attempt SET output_bucket=.*?)media_process\.claim_token = %\(\w+\)s::UUID",
        r"\1true",
    ),
    "position in claim_due(after=...)": (
        r"\(media_process\.position, media_process\.id\) > \(%\(\w+\)s(?:::\w+)?, (%\(\w+\)s::BIGINT)\)",
        r"media_process.id > \1",
    ),
}
# Guards whose lack random steps find seldom or slowly: a test takes the steps one by one.
_RARE_GUARDS = {
    "second look in mark_swept": (r"SET sweep_after=CASE WHEN .*? END", "SET sweep_after=NULL"),
    "lock in fail_claims_of_dead": (r"pg_locks\.granted", "false"),
    "outcome in losers_outputs": (
        r"media_process_attempt\.outcome IS NOT NULL AND media_process_attempt\.outcome != %\(\w+\)s(::VARCHAR)?",
        "true",
    ),
    "tokens in take_back_failures": (
        r"(WITH struck_attempts .*?)media_process_attempt\.claim_token = ANY \(%\(\w+\)s::UUID\[\]\)",
        r"\1true",
    ),
    "outcome in take_back_failures": (
        r"media_process_attempt\.outcome IN \([^()]*\(\w+\)s::VARCHAR, [^()]*\(\w+\)s::VARCHAR\)(?= AND \(SELECT)",
        "true",
    ),
    "token in renew": (
        r"media_process\.claim_token = (held|unlocked)_claims\.claim_token",
        "media_process.status = 'processing'",
    ),
}
# Guards that only matter between concurrent sessions: the state machine takes one step after another.
_GUARDS_AGAINST_OTHERS = {
    "SKIP LOCKED": (r" SKIP LOCKED", ""),
    "await_row": (r" FOR UPDATE$", ""),
}

GUARDS, RARE_GUARDS = tuple(_GUARDS), tuple(_RARE_GUARDS)


@contextmanager
def without_guard(engine: Engine, *, guard: str) -> Iterator[None]:
    """Inside the block the engine sends every statement without this guard."""
    pattern, instead = (_GUARDS | _RARE_GUARDS | _GUARDS_AGAINST_OTHERS)[guard]

    def sent(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:  # noqa: ANN401
        return re.sub(pattern, instead, statement, flags=re.DOTALL), parameters

    event.listen(engine, "before_cursor_execute", sent, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", sent)
