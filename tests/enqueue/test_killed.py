"""An enqueue may be killed at any call: the next one completes it, and there is one file and one task."""

import signal
import subprocess
import sys

import pytest

from mediaproc.store.interface import Store
from tests.enqueue.conftest import Rows, Taking
from tests.parts.clips import Clips

# Runs one enqueue and dies before or after the call that its arguments name.
ENQUEUE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from threading import Event
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.tasks import tasks_of_file
from mediaproc.enqueue import Enqueuer
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.store.minio import MinioStore
from mediaproc.store.store_url import open_store

_, database_url, store_url, path, when, where = sys.argv
owner = {"put": MinioStore, "probe": FfmpegRunner, "enqueue": Enqueuer, "insert_task": tasks_of_file}.get(where, files)
right = getattr(owner, where)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def dying(*arguments, **options):
    if when == "before":
        die()
    if when == "during":
        options["on_bytes"] = lambda count: die()
    answer = right(*arguments, **options)
    die()
    return answer

setattr(owner, where, dying)
tools = find_tools(ffmpeg=None, ffprobe=None)
runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))
enqueuer = Enqueuer(database=Database.at(database_url), store=open_store(store_url), runner=runner)
enqueuer.enqueue(Path(path), stop=Event())
"""

# The calls in the order in which an enqueue makes them, and the status of the file's row after a death there.
POINTS = [
    ("before", "probe", []),
    ("after", "begin_upload", []),  # not committed
    ("before", "put", ["uploading"]),
    ("during", "put", ["uploading"]),
    ("after", "put", ["uploading"]),
    ("after", "store_file", ["uploading"]),  # not committed
    ("after", "insert_task", ["uploading"]),  # not committed
    ("after", "enqueue", ["stored"]),
]


@pytest.mark.timeout(600)
def test_an_enqueue_may_be_killed_anywhere(
    take: Taking, rows: Rows, store: Store, clips: Clips, database_url: str, minio_url: str
) -> None:
    clip = clips.make(seconds=2)
    for when, where, statuses in POINTS:
        arguments = [database_url, minio_url, str(clip), when, where]
        killed = subprocess.run([sys.executable, "-c", ENQUEUE_AND_DIE, *arguments], check=False)
        assert killed.returncode == -signal.SIGKILL, (when, where)
        assert [file.status for file in rows.of("media_files")] == statuses, (when, where)
        assert len(rows.of("media_process")) == statuses.count("stored"), (when, where)
    assert take(clip).status == "duplicate"
    [file], [task] = rows.of("media_files"), rows.of("media_process")
    assert task.file_id == file.id
    facts = store.stat(task.object_key)
    assert facts is not None
    assert (facts.size, facts.sha256) == (clip.stat().st_size, file.id)
    assert list(store.keys()) == [task.object_key]
