"""Attempts of tasks whose processors a test brings: real ones, on a store in a folder, without a database."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import pytest

from mediaproc.admission import MemoryBudget
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.profile import Profile
from mediaproc.core.task import ClaimedTask, Outcome
from mediaproc.disk_room import DiskRoom
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.processors import ExtraProfiles, Processors
from mediaproc.scratch import Scratch
from mediaproc.slots import Slots
from mediaproc.store.directory import DirectoryStore
from mediaproc.work import work
from tests.enqueue.conftest import Watching
from tests.parts.site import make_runner

Attempt = Callable[..., Outcome]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    store = DirectoryStore(tmp_path / "store", is_own=True)
    store.prepare()
    return store


@pytest.fixture
def attempt(tmp_path: Path, store: DirectoryStore) -> Iterator[Attempt]:
    """One attempt at a file, by the name of a profile; returns what became of it."""
    scratch = Scratch(tmp_path / "scratch", executor_id=uuid4())

    def run(
        source: Path,
        *,
        profile: str,
        processors: Processors,
        mime_type: str = "video/x-msvideo",
        observer: Watching | None = None,
        own: Mapping[str, Profile] = MappingProxyType({}),
        runner: FfmpegRunner | None = None,
    ) -> Outcome:
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        key = f"sources/{digest[0]}/{digest[1]}/{digest}.bin"
        store.put(key, source, sha256=digest, content_type=mime_type, stop=threading.Event())
        task = ClaimedTask(
            id=1, file_id=digest, profile=profile, filename=source.name, bucket=store.bucket, object_key=key,
            size=len(content), mime_type=mime_type, position=0.0, attempt=1, fail_count=0, claim_token=uuid4(),
        )  # fmt: skip
        context = AttemptContext(
            store=store,
            runner=runner or make_runner(),
            scratch=scratch,
            memory=MemoryBudget(8 * 1024**3),
            slots=Slots(1),
            room=DiskRoom(scratch),
            profiles=ExtraProfiles(own, processors=processors),
            processors=processors,
        )
        outcome = work(task, context=context, observer=observer or Watching())
        assert [path for path in scratch.folder.iterdir() if path.is_dir()] == []
        return outcome

    yield run
    scratch.close()
