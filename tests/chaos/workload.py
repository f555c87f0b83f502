"""What a chaos run is fed with: clips of a fraction of a second and of several, each file of its own bytes."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import OperationalError

from mediaproc.core.errors import MediaprocError
from mediaproc.core.site_profiles import parse_profiles
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.ffmpeg.tools import find_tools
from tests.parts.clips import Clips
from tests.parts.site import Site, make_runner

UNFINISHED = (
    "SELECT count(*) FROM media_process"
    " WHERE status IN ('pending', 'processing') OR (status = 'failed' AND fail_count < 3)"
)
# The site's own profile, which a node may not know; every so many-th clip is for it.
PROFILES = '[profile.small]\nbase = "mp4"\nmax_height = 120\n'
_SMALL_EVERY = 3
_BACKLOG = 4


@dataclass
class Workload:
    """Keeps a few tasks waiting until it is told to end."""

    site: Site
    sources: list[Path]
    folder: Path
    ended: threading.Event = field(default_factory=threading.Event)
    # The files of which an enqueue said that they are in.
    taken: set[str] = field(default_factory=set)

    def run(self) -> None:
        extra = parse_profiles(PROFILES)
        enqueuer = Enqueuer(engine=self.site.engine, store=self.site.store, runner=make_runner(), extra=extra)
        for number, source in enumerate(_forever(self.sources)):
            clip = self.folder / f"clip-{number}{source.suffix}"
            # A container's reader stops at its end: what follows makes other bytes of the same film.
            clip.write_bytes(source.read_bytes() + number.to_bytes(8, "big"))
            profile = "mp4" if number % _SMALL_EVERY else "small"
            while not self._enqueue(enqueuer, clip, profile=profile):
                if self.ended.wait(0.5):
                    return
            clip.unlink()

    def _enqueue(self, enqueuer: Enqueuer, clip: Path, *, profile: str) -> bool:
        """Whether it is in; the parts that it needs may be away."""
        with suppress(MediaprocError, OperationalError):
            if self.site.value(UNFINISHED) < _BACKLOG:
                told = enqueuer.enqueue(clip, stop=self.ended, profiles=(profile,))
                if told.file is not None and told.status in {"enqueued", "duplicate"}:
                    self.taken.add(told.file)
                    return True
        return False


def _forever(sources: list[Path]) -> Iterator[Path]:
    while True:
        yield from sources


def make_sources(folder: Path) -> list[Path]:
    """Some of a fraction of a second, some of several seconds."""
    folder.mkdir()
    clips = Clips(find_tools(ffmpeg=None, ffprobe=None).ffmpeg, folder)
    short = [clips.make("avi", seconds=0.4, size=(320, 240), seed=number) for number in range(3)]
    return [*short, clips.make("avi", seconds=5, size=(320, 240), seed=7), *short, clips.make("mov", seconds=2, seed=8)]
