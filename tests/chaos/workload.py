"""The workload of a chaos run: clips of a fraction of a second and of several seconds, and drafts; no two alike."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import OperationalError

from mediaproc.core.errors import MediaprocError
from mediaproc.core.site_profiles import parse_profiles
from mediaproc.core.source_kind import DRAFT_PROFILE
from mediaproc.db.database import Database
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.ffmpeg.tools import find_tools
from tests.parts.clips import Clips
from tests.parts.draft_bundle import write_draft
from tests.parts.site import Site, make_runner

UNFINISHED = (
    "SELECT count(*) FROM media_process"
    " WHERE status IN ('pending', 'processing') OR (status = 'failed' AND fail_count < 3)"
)
# A profile of the site, which one bad node does not know; every third clip is for it.
PROFILES = '[profile.small]\nbase = "mp4"\nmax_height = 120\n'
_SMALL_EVERY = 3
_DRAFT_EVERY, _SECONDS_OF_A_SCENE = 4, 2.0
_BACKLOG = 4


@dataclass
class Workload:
    """Enqueues clips so that a few tasks are always waiting, until `ended` is set."""

    site: Site
    sources: list[Path]
    folder: Path
    ended: threading.Event = field(default_factory=threading.Event)
    # The files that an enqueue reported as stored.
    enqueued: set[str] = field(default_factory=set)

    def run(self) -> None:
        extra = parse_profiles(PROFILES)
        enqueuer = Enqueuer(
            database=Database(self.site.engine), store=self.site.store, runner=make_runner(), extra=extra
        )
        for number, source in enumerate(_forever(self.sources)):
            clip, profile = self._next(source, number=number)
            while not self._enqueue(enqueuer, clip, profile=profile):
                if self.ended.wait(0.5):
                    return
            clip.unlink()

    def _next(self, source: Path, *, number: int) -> tuple[Path, str]:
        """A file that is like no other, and what it shall become."""
        if number % _DRAFT_EVERY == 0:
            draft = self.folder / f"draft-{number}.zip"
            films = (self.sources[0], self.sources[-1])
            return write_draft(draft, films=films, seconds=_SECONDS_OF_A_SCENE, number=number), DRAFT_PROFILE
        clip = self.folder / f"clip-{number}{source.suffix}"
        # A demuxer stops at the container's end: bytes after it make another file of the same film.
        clip.write_bytes(source.read_bytes() + number.to_bytes(8, "big"))
        return clip, "mp4" if number % _SMALL_EVERY else "small"

    def _enqueue(self, enqueuer: Enqueuer, clip: Path, *, profile: str) -> bool:
        """Whether the clip is stored; database and store may be away."""
        with suppress(MediaprocError, OperationalError):
            if self.site.value(UNFINISHED) < _BACKLOG:
                answer = enqueuer.enqueue(clip, stop=self.ended, profiles=(profile,))
                if answer.file is not None and answer.status in {"enqueued", "duplicate"}:
                    self.enqueued.add(answer.file)
                    return True
        return False


def _forever(sources: list[Path]) -> Iterator[Path]:
    while True:
        yield from sources


def make_sources(folder: Path) -> list[Path]:
    """Clips of a fraction of a second, and clips of several seconds."""
    folder.mkdir()
    clips = Clips(find_tools(ffmpeg=None, ffprobe=None).ffmpeg, folder)
    short = [clips.make("avi", seconds=0.4, size=(320, 240), seed=number) for number in range(3)]
    return [*short, clips.make("avi", seconds=5, size=(320, 240), seed=7), *short, clips.make("mov", seconds=2, seed=8)]
