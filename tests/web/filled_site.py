"""Rows for the pages: tasks in every state, executors, pauses, some with hostile names; made by our own statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Rejected
from mediaproc.db import resumable_uploads
from mediaproc.db.database import Database
from mediaproc.db.tasks import operator_acts
from mediaproc.db.tasks.claim import Claimant
from tests.db.sample_rows import (
    claimed_at_once,
    complete,
    executor,
    failed,
    insert_task,
    rejected,
    set_back,
    some_notes,
)
from tests.web.filled_control import add_webhook, fill_control, kill_message, shared_paths

# What runs, breaks out, blinds or reverses where it is not shown as text.
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "\"'><svg onload=alert(3)>{{ 7 * 7 }}{% raw %}",
    "javascript:alert(4)//\u202egnp.exe\u200b",
    "very-long-name-without-any-space-" * 6 + ".mkv",
)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """The ids of tasks, by where they are."""

    pending: int
    processing: int
    failed: int
    exhausted: int
    rejected: int
    completed: int
    hostile: tuple[int, ...]
    webhook: int
    # Where their uploaders see some of the tasks.
    shared: Mapping[str, str]
    # Over HTTP; its name and its error are hostile.
    upload: str


def fill(database: Database) -> Filled:
    """The tables of a site where something of everything has happened; they must be empty before."""
    with database.write() as connection:
        webhook = add_webhook(connection, hostile=HOSTILE[0])
        node, other = executor(connection, host="node-a"), executor(connection, host=HOSTILE[0])
        done, given_up, broken, no_video, working = (insert_task(connection, number) for number in range(1, 6))
        complete(connection, claimed_at_once(connection, done, by=node), notes=some_notes(HOSTILE[0]))
        connection.execute(
            text(
                "UPDATE media_process_history SET decision = 'encode',"
                " flags = flags || '{video_codec,interlaced,audio_codec}'"
            )
        )
        for _ in range(3):
            set_back(connection, claimed_at_once(connection, given_up, by=node), failed())
        set_back(connection, claimed_at_once(connection, broken, by=other), failed())
        set_back(connection, claimed_at_once(connection, no_video, by=node), rejected())
        claimed_at_once(connection, working, by=node)
        connection.execute(text("UPDATE media_process SET progress = 0.61 WHERE id = :id"), {"id": working})
        hostile = tuple(
            _add_hostile(connection, number, name=name, by=other) for number, name in enumerate(HOSTILE, 10)
        )
        upload = _refused_upload(connection)
        pending = insert_task(connection, 50, filename="holiday in the mountains.avi")
        kill_message(connection, webhook_id=webhook, hostile=HOSTILE[0])
        cancelled = insert_task(connection, 51, filename="a film that somebody stopped.avi")
        operator_acts.cancel(connection, ids=[cancelled])
    fill_control(database, hostile=HOSTILE)
    tasks = {"pending": pending, "processing": working, "exhausted": given_up, "completed": done}
    shared = shared_paths(database, tasks=tasks | {"cancelled": cancelled, "hostile": hostile[0]})
    return Filled(
        pending=pending, processing=working, failed=broken, exhausted=given_up, rejected=no_video, completed=done,
        hostile=hostile, webhook=webhook, shared=shared, upload=upload,
    )  # fmt: skip


def _refused_upload(connection: Connection) -> str:
    upload_id, writer = "0" * 32, uuid4()
    resumable_uploads.create(
        connection, upload_id=upload_id, bucket="b", size=5, metadata={"filename": HOSTILE[0]}, tenant="", actor="anna"
    )
    resumable_uploads.begin_writing(connection, upload_id=upload_id, writer=writer, offset=0, lease=60.0)
    resumable_uploads.record_outcome(
        connection, upload_id=upload_id, writer=writer, outcome="refused", file_id=None, task_ids=[],
        error=HOSTILE[1], error_class="unreadable",
    )  # fmt: skip
    return upload_id


def _add_hostile(connection: Connection, number: int, *, name: str, by: Claimant) -> int:
    """A task whose name, error and log are all the same text."""
    task_id = insert_task(connection, number, filename=name)
    task = claimed_at_once(connection, task_id, by=by)
    set_back(connection, task, Rejected(error_class=ErrorClass.UNREADABLE, error=f"It is {name}."))
    connection.execute(
        text("UPDATE media_process_attempt SET log_tail = :log WHERE claim_token = :token"),
        {"log": f"{name}\n\x1b[31m{name}\r\n", "token": task.claim_token},
    )
    return task_id
