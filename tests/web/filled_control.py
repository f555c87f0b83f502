"""Rows for the pages of those who run the site: pauses, schedules, webhooks with late messages, tokens, acts."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from mediaproc import randomness
from mediaproc.acts import schedules as schedule_acts
from mediaproc.acts.share_links import share
from mediaproc.core.access import Scope, digest
from mediaproc.core.cron import Cron
from mediaproc.core.message import MESSAGE_TYPES
from mediaproc.core.pause import Scope as PauseScope
from mediaproc.core.schedule import ScheduleName
from mediaproc.db import audit, pauses, webhooks
from mediaproc.db.access import tokens
from mediaproc.db.access.web_key import web_key
from mediaproc.db.database import Database


def add_webhook(connection: Connection, *, hostile: str) -> int:
    """A webhook that is told of whatever ends from here on, and a disabled one with a hostile address."""
    first = webhooks.add_webhook(
        connection, url="https://example.com/hooks/secret-path", events=list(MESSAGE_TYPES), tenant=None,
        secret="whsec_x", actor=hostile,
    )  # fmt: skip
    second = webhooks.add_webhook(
        connection, url=f"https://{hostile}/", events=["task.completed"], tenant=hostile, secret="whsec_y", actor="anna"
    )
    webhooks.disable_webhook(connection, webhook_id=second, because=f"It answered {hostile}.")
    return first


def kill_message(connection: Connection, *, webhook_id: int, hostile: str) -> None:
    """The first message to it is dead; the others wait."""
    connection.execute(
        text(
            "UPDATE media_delivery SET dead_at = now(), attempts = 9, last_status = 500, last_error = :error"
            " WHERE id = (SELECT min(id) FROM media_delivery WHERE webhook_id = :webhook)"
        ),
        {"webhook": webhook_id, "error": f"It answered 500: {hostile}."},
    )


def fill_control(database: Database, *, hostile: tuple[str, ...]) -> None:
    """A pause, changed and paused schedules, tokens and acts; their names and reasons are hostile."""
    schedule_acts.set_cron(database, name=ScheduleName.PRUNE, cron=Cron.parse("30 3 * * *"), actor=hostile[0])
    schedule_acts.set_cron(database, name=ScheduleName.SWEEP, cron=Cron.parse("*/5 * * * *"), actor="anna@node-a")
    schedule_acts.pause_schedule(database, name=ScheduleName.ALARMS, actor=hostile[1])
    with database.write() as connection:
        pauses.pause(connection, scope=PauseScope(profile="gif"), until=None, because=hostile[1], actor=hostile[0])
        for number, name in enumerate(hostile):
            tokens.add_token(
                connection, token_id=f"{number:012x}", secret_sha256=digest(name), scopes=tuple(Scope)[: number + 1],
                tenant=None if number else name, name=name, life=None if number % 2 else 3600, created_by=name,
            )  # fmt: skip
            audit.record(connection, actor=name, act="retry", selection=f"name:{name}", count=number, because=name)
        tokens.revoke(connection, ids=["000000000001"])


def shared_paths(database: Database, *, tasks: Mapping[str, int]) -> dict[str, str]:
    """Where the uploaders of tasks see what becomes of them."""
    with database.write() as connection:
        key = web_key(connection, offered=randomness.secret_bytes(32))
    links = {name: share(database, task_id=task_id, actor="anna") for name, task_id in tasks.items()}
    return {name: f"/share/{link.signed(key=key)}" for name, link in links.items()}
