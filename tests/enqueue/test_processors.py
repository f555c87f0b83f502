"""What a processor of an installed package does not accept is refused before it is stored."""

from threading import Event

import pytest
from sqlalchemy import Engine

from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueuer
from mediaproc.enqueue.stored_files import enqueue_stored
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.processors import ExtraProfiles
from mediaproc.store.interface import Store
from tests.enqueue.conftest import Rows
from tests.parts.clips import Clips
from tests.processors.brought import Shrinking, candidate, processors


class _OfFlash(Shrinking):
    def accepts(self, mime_type: str, profile: object) -> bool:  # noqa: ARG002
        return mime_type == "video/x-flv"


@pytest.fixture
def enqueuer(engine: Engine, store: Store, runner: FfmpegRunner) -> Enqueuer:
    brought = processors(candidate(_OfFlash))
    extra = ExtraProfiles({}, processors=brought)
    return Enqueuer(database=Database(engine), store=store, runner=runner, extra=extra, processors=brought)


def test_only_what_its_processor_accepts_is_enqueued(enqueuer: Enqueuer, clips: Clips, rows: Rows) -> None:
    refused = enqueuer.enqueue(clips.make("avi"), profiles=["tiny"], stop=Event())
    assert refused.error == "The profile tiny makes nothing of a file of this kind, video/x-msvideo."
    assert rows.of("media_files") == []
    both = enqueuer.enqueue(clips.make("avi"), profiles=["tiny", "mp4"], stop=Event())
    assert [task.profile for task in both.tasks] == ["mp4"]
    assert both.error == "No tiny: The profile tiny makes nothing of a file of this kind, video/x-msvideo."
    assert both.file is not None
    stored = enqueue_stored(enqueuer, file_id=both.file, profiles=["tiny"])
    assert stored is not None
    assert stored.error == refused.error
    assert enqueuer.enqueue(clips.make("flv"), profiles=["tiny"], stop=Event()).status == "enqueued"
