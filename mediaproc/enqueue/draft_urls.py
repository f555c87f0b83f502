"""Enqueues a draft that lies at a URL: its task brings the draft, which then gets a task of its own."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from mediaproc import randomness
from mediaproc.core.draft_url.request import DraftUrlRequest
from mediaproc.core.keys import source_key
from mediaproc.core.outbound_url import AllowedHosts, require_form
from mediaproc.core.source_type import DRAFT_URL
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.draft_requests import hold_request, newest_request, request_key
from mediaproc.db.files import NewFile
from mediaproc.db.tasks.insert import TaskOfFile, insert_task
from mediaproc.db.uploads import record_upload
from mediaproc.store.interface import Store

PROFILE = "draft-fetch"


def enqueue_draft_url(
    draft_url: str,
    *,
    database: Database,
    store: Store,
    hosts: AllowedHosts | None = None,
    priority: int = 0,
    tenant: str = "",
    force: bool = False,
    stop: Event,
) -> TaskOfFile:
    """The task that brings the draft: the newest one of this URL and tenant while it goes on, else a new one.

    With `force` it is a new one in any case. `hosts` are those that may be asked, where this process knows them.

    Raises:
        WrongUse: the URL has no good form, or its host may not be asked.
        Unavailable, PartMissing: database or store.
        Stopped: `stop` was set.
    """
    require_form(draft_url) if hosts is None else hosts.require(draft_url)
    key = request_key(draft_url, tenant=tenant)
    going_on = None if force else _going_on(database, key)
    if going_on is not None:
        return going_on
    file = _stored(draft_url, database=database, store=store, stop=stop)
    with database.write() as connection:
        hold_request(connection, key=key)
        newest = None if force else newest_request(connection, key=key)
        if newest is not None and newest.goes_on:
            files.abandon_upload(connection, file_id=file.id)
            return _task(newest.task_id, state=newest.state)
        files.store_file(connection, file_id=file.id, bucket=file.bucket, object_key=file.object_key)
        record_upload(connection, file_id=file.id, tenant=tenant, filename=file.filename)
        return insert_task(
            connection,
            file_id=file.id,
            profile=PROFILE,
            filename=file.filename,
            priority=priority,
            tenant=tenant,
            request_key=key,
        )


def _going_on(database: Database, key: str) -> TaskOfFile | None:
    with database.read() as connection:
        newest = newest_request(connection, key=key)
    return _task(newest.task_id, state=newest.state) if newest is not None and newest.goes_on else None


def _task(task_id: int, *, state: str) -> TaskOfFile:
    return TaskOfFile(id=task_id, profile=PROFILE, state=state)


def _stored(draft_url: str, *, database: Database, store: Store, stop: Event) -> NewFile:
    """The request as a file in the store; its row is not `stored` yet."""
    content = DraftUrlRequest(draft_url=draft_url, nonce=randomness.secret_bytes(16).hex()).encoded()
    sha256 = hashlib.sha256(content).hexdigest()
    file = NewFile(
        id=sha256,
        filename="draft-url.json",
        bucket=store.bucket,
        object_key=source_key(sha256, extension=DRAFT_URL.extension),
        mime_type=DRAFT_URL.mime_type,
        size=len(content),
    )
    with database.write() as connection:
        files.begin_upload(connection, file=file)
    with TemporaryDirectory(prefix="mediaproc-") as folder:
        path = Path(folder) / file.filename
        path.write_bytes(content)
        store.put(file.object_key, path, sha256=sha256, content_type=file.mime_type, stop=stop)
    return file
