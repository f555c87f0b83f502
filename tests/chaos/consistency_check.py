"""The check of what a chaos run leaves: no task lost or done twice, no object damaged, no strike without a reason."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed
from mediaproc.core.lifecycle import FAIL_LIMIT
from mediaproc.store.write_check import PREFIX
from tests.chaos.disruptions import Row
from tests.parts.site import Site


@dataclass(frozen=True, kw_only=True)
class FinalState:
    """The rows of the tables, and what is wrong with the objects.

    `enqueued` are the files that an enqueue reported as stored, `damaged` complaints about objects that a row names,
    `unnamed` the objects and scratch folders that no row names.
    """

    enqueued: AbstractSet[str] = frozenset()
    files: Sequence[Row]
    history: Sequence[Row]
    waiting: Sequence[Row]
    attempts: Sequence[Row]
    damaged: Sequence[str]
    unnamed: Sequence[str]


def read_final_state(site: Site, *, folder: Path, enqueued: AbstractSet[str] = frozenset()) -> FinalState:
    """Reads every table, and downloads every object that a row names into `folder`."""
    files = site.rows("SELECT * FROM media_files")
    history = list(site.history().values())
    stored = [file for file in files if file["status"] == "stored"]
    completed = [row for row in history if row["outcome"] == "completed"]
    promised = [(file["object_key"], file["size"], file["id"]) for file in stored] + [
        (row["output_key"], row["output_size"], row["output_sha256"]) for row in completed
    ]
    named = {file["object_key"] for file in files} | {row["output_key"] for row in completed}
    return FinalState(
        enqueued=enqueued,
        files=stored,
        history=history,
        waiting=site.rows("SELECT * FROM media_process"),
        attempts=site.attempts(),
        damaged=list(_damaged(site, promised=promised, folder=folder)),
        unnamed=[
            *sorted(key for key in site.objects() - named if not key.startswith(PREFIX)),
            *(str(left) for left in site.scratch.glob("executor-*") if left.is_dir()),
        ],
    )


def _damaged(site: Site, *, promised: Sequence[tuple[str, int, str]], folder: Path) -> Iterator[str]:
    for key, size, sha256 in promised:
        try:
            received = site.store.get(key, folder / "received", stop=threading.Event())
        except AttemptFailed as error:
            yield str(error)
            continue
        if (received.size, received.sha256) != (size, sha256):
            yield f"The object {key} has {received.size} bytes, {received.sha256}."


def complaints(after: FinalState) -> list[str]:
    """A sentence for everything that may not be, whatever faults were injected."""
    return [*_lost_or_twice(after), *_unfinished(after), *_undeserved(after), *_objects(after)]


def _lost_or_twice(after: FinalState) -> Iterator[str]:
    stored = {file["id"] for file in after.files}
    tasks = Counter(row["file_id"] for row in (*after.history, *after.waiting))
    yield from (f"lost: the file {file} was said to be in" for file in after.enqueued - stored)
    yield from (f"lost: the file {file} has no task" for file in stored - tasks.keys())
    yield from (f"from nowhere: the file {file} is not stored" for file in tasks.keys() - stored)
    yield from (f"twice: the file {file} has {count} tasks" for file, count in tasks.items() if count > 1)
    won = Counter(attempt["task_id"] for attempt in after.attempts if attempt["outcome"] == "completed")
    yield from (f"completed {won[row['id']]} times: {row['id']}" for row in after.history if won[row["id"]] != 1)
    if not stored:
        yield "nothing was enqueued"


def _unfinished(after: FinalState) -> Iterator[str]:
    yield from (f"{row['outcome']}: {row['id']}" for row in after.history if row["outcome"] != "completed")
    for row in after.waiting:
        if row["status"] != "failed" or row["fail_count"] < FAIL_LIMIT or not row["error"]:
            yield f"waits without three strikes and a reason: {dict(row)}"


def _undeserved(after: FinalState) -> Iterator[str]:
    for attempt in after.attempts:
        if attempt["outcome"] not in {"completed", "released", "lost"}:
            yield f"an attempt ended as {attempt['outcome']}: {attempt['error']}"
    lost = Counter(attempt["task_id"] for attempt in after.attempts if attempt["outcome"] == "lost")
    for row in (*after.history, *after.waiting):
        if row["fail_count"] != lost[row["id"]]:
            yield f"{row['fail_count']} strikes for {lost[row['id']]} lost attempts: {row['id']}"


def _objects(after: FinalState) -> Iterator[str]:
    yield from (f"damaged: {sentence}" for sentence in after.damaged)
    yield from (f"left: {name}" for name in after.unnamed)
