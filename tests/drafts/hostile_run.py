"""Lets the product work on hostile drafts, and tells of each what it should not have done."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.drafts.compositor import place
from tests.drafts.document import Ended
from tests.drafts.geometry import Placed
from tests.drafts.hostile_making import CANVAS, FRAMES, Hostile, Surroundings, short
from tests.drafts.materials import MaterialFolder
from tests.drafts.product import Answer, Run, draw
from tests.drafts.rendition import Rendition, pictures_of, planes_of
from tests.drafts.similarity import structural_similarity

MOST_MEMORY = 512
_LEAST_SIMILARITY = 0.97
# Of the height: words stand below.
_ABOVE_WORDS = 0.7
_LONGEST_SENTENCE = 600


class Watched:
    """A port of this machine that counts calls, and files whose reading leaves a mark."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)  # noqa: FBT003 - the library's own order
        self._files: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def file(self, name: str, content: bytes) -> Path:
        """A file outside of all drafts, which seems never to have been read."""
        path = self._folder / name
        path.write_bytes(content)
        self.forget(path)
        self._files.append(path)
        return path

    @staticmethod
    def forget(path: Path) -> None:
        # Older than its last change: every system then notes the next time it is read, unless told not to.
        os.utime(path, (0, path.stat().st_mtime))

    @property
    def files_read(self) -> list[str]:
        return [path.name for path in self._files if path.stat().st_atime != 0]

    @property
    def notes_reading(self) -> bool:
        """Whether this file system tells that a file was read: else nothing can be said."""
        probe = self._folder / "probe"
        probe.write_bytes(b"x")
        self.forget(probe)
        probe.read_bytes()
        return probe.stat().st_atime != 0

    @property
    def was_called(self) -> bool:
        try:
            self._server.accept()
        except BlockingIOError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class HostileResult:
    ended: Sequence[Ended]
    run: Run
    # What holds for all of them together, as sentences, and which of these are faults.
    facts: Sequence[str]
    faults: Sequence[str]


def run_hostile(
    drafts: Sequence[Hostile], folder: Path, *, materials: MaterialFolder, **settings: str
) -> HostileResult:
    """Make the drafts, let one call of the program work on all of them, and look at what it did."""
    folder.mkdir(parents=True)
    with Watched(folder) as watched:
        film = watched.file("film.mp4", materials.path("b.mp4").read_bytes())
        secret = watched.file("secret.txt", b"secret")
        around = Surroundings(materials=materials, film=film, secret=secret, url=watched.url)
        for each in (film, secret):
            watched.forget(each)
        sources = {each: each.make(folder / short(each.name), around) for each in drafts}
        run = draw(list(sources.values()), home=folder / "home", **settings)
        ended = [_ended(each, run.answers.get(path), files=materials.path("a.mp4")) for each, path in sources.items()]
        facts = [f"the largest process had {run.memory:.0f} MB"]
        faults = [f"{name} was read" for name in watched.files_read]
        if not watched.notes_reading:
            facts.append("this file system does not tell whether a file was read")
        if watched.was_called:
            faults.append("the server on this machine was called")
        if run.memory > MOST_MEMORY:
            faults.append(f"a process had {run.memory:.0f} MB")
        if "Traceback" in run.said:
            faults.append("a traceback was shown")
        return HostileResult(ended=ended, run=run, facts=facts, faults=faults)


def _ended(hostile: Hostile, answer: Answer | None, *, files: Path) -> Ended:
    if answer is None:
        return Ended(name=hostile.name, outcome="no answer", said="", faults=["the program says nothing of it"])
    faults = _faults_of_film(answer, files) if hostile.is_harmless else _faults_of_refusal(answer)
    return Ended(name=hostile.name, outcome=answer.outcome, said=answer.error, faults=faults)


def _faults_of_refusal(answer: Answer) -> list[str]:
    if answer.outcome not in {"refused", "rejected"}:
        return [f"it ended {answer.outcome}, and was not refused"]
    sentence = answer.error
    is_sentence = sentence.rstrip().endswith(".") and sentence.isprintable() and len(sentence) < _LONGEST_SENTENCE
    return [] if is_sentence else [f"this is no sentence: {sentence!r}"]


def _faults_of_film(answer: Answer, film: Path) -> list[str]:
    if answer.film is None:
        return [f"it is harmless, but ended {answer.outcome}: {answer.error}"]
    rendition = Rendition(answer.film)
    if len(rendition) != FRAMES:
        return [f"it has {len(rendition)} frames, not {FRAMES}"]
    rows = round(CANVAS[1] * _ABOVE_WORDS)
    middle = Placed(centre=(CANVAS[0] / 2, CANVAS[1] / 2), width=CANVAS[0], height=CANVAS[1])
    found = []
    for frame in (0, FRAMES // 2, FRAMES - 1):
        picture = pictures_of(film)[frame].astype("float32")
        wanted = planes_of(place(picture, middle, canvas=CANVAS, keeps_fractions=False)[..., :3])
        likeness = structural_similarity(rendition.frame(frame).luma[:rows], wanted.luma[:rows])
        if likeness < _LEAST_SIMILARITY:
            found.append(f"frame {frame}: SSIM {likeness:.3f}")
    return found
