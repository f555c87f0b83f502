"""Asks the hosts of a draft: only those that may be asked, again where one is away for a moment, within bounds."""

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from mediaproc import clock
from mediaproc.core.draft_url.answers import Judgement, judge, next_wait, sentence_about, wait_asked_for
from mediaproc.core.draft_url.file_list import refused
from mediaproc.core.errors import BadSource, ErrorClass, Stopped, Unavailable, WrongUse
from mediaproc.core.outbound_url import AllowedHosts
from mediaproc.guarded_http import Answer, GuardedHttp, NoAnswer, Target, TooLarge

# Seconds until an answer begins, and until each further byte of it.
DEADLINE = 30.0
# Seconds for all files of a draft.
LONGEST = 3600.0


class AwayForNow(Exception):
    """The other side may have it later; `delay` is what it asks for at least (seconds)."""

    def __init__(self, sentence: str, *, delay: float = 0.0) -> None:
        super().__init__(sentence)
        self.delay = delay


@dataclass(frozen=True, kw_only=True)
class Asker:
    """For one attempt, which ends at `until` (`clock.elapsed`) at the latest."""

    http: GuardedHttp
    hosts: AllowedHosts
    stop: threading.Event
    until: float

    def content(self, url: str, *, most: int) -> bytes:
        """What lies there, at most so many bytes.

        Raises:
            BadSource, AwayForNow, Stopped: as `to_file`.
        """
        held = io.BytesIO()
        self._bring(url, held, most=most, on_size=lambda _size: None)
        return held.getvalue()

    def to_file(self, url: str, path: Path, *, most: int, on_size: Callable[[int], None]) -> int:
        """Write what lies there to a new file; returns how many bytes it has. `on_size` as of `Target`.

        Raises:
            BadSource: it may not be asked for, is not there, or has more bytes than `most`.
            AwayForNow: it did not come now.
            Unavailable: the disk is full.
            Stopped: the attempt was told to stop.
        """
        with path.open("xb", buffering=0) as file:
            self._bring(url, cast("BinaryIO", _OnDisk(file)), most=most, on_size=on_size)
        return path.stat().st_size

    def _bring(self, url: str, file: BinaryIO, *, most: int, on_size: Callable[[int], None]) -> None:
        host = self._allowed(url)
        target = Target(file=file, most=most, stop=self.stop, on_size=on_size)
        tries = 0
        while True:
            tries += 1
            file.seek(0)
            file.truncate()
            away = self._try(url, target, host=host)
            if away is None:
                return
            wait = next_wait(tries, asked_for=away.delay)
            if wait is None or clock.elapsed() + wait > self.until:
                raise away
            if self.stop.wait(wait):
                raise Stopped("told to stop before a host was asked again")

    def _try(self, url: str, target: Target, *, host: str) -> AwayForNow | None:
        """Ask once; returns why it did not come now, if it did not."""
        try:
            answer = self.http.download(url, headers={"Accept": "*/*"}, target=target)
        except WrongUse as error:
            raise BadSource(str(error), error_class=ErrorClass.DRAFT_URL_REFUSED) from None
        except TooLarge:
            raise refused(f"has a file with more bytes than the {target.most} that are taken") from None
        except NoAnswer as error:
            return AwayForNow(str(error))
        return _judged(answer, host=host)

    def _allowed(self, url: str) -> str:
        """The URL's host, if it may be asked."""
        if clock.elapsed() > self.until:
            raise AwayForNow(f"The draft's files did not come within {LONGEST / 60:g} minutes.")
        try:
            self.hosts.require(url)
        except WrongUse as error:
            raise BadSource(str(error), error_class=ErrorClass.DRAFT_URL_REFUSED) from None
        return urlsplit(url).netloc.lower()


def _judged(answer: Answer, *, host: str) -> AwayForNow | None:
    """Why it did not come now; raises BadSource where it never comes."""
    judgement = judge(answer.status)
    if judgement is Judgement.TAKEN:
        return None
    said = f"{host} {sentence_about(answer.status)}."
    if judgement is Judgement.NEVER:
        raise BadSource(said, error_class=ErrorClass.DRAFT_URL_REFUSED)
    return AwayForNow(said, delay=wait_asked_for(answer.header("Retry-After")))


class _OnDisk:
    """A file on the scratch disk: where that is full, it is not the other side's fault."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file

    def write(self, piece: bytes) -> int:
        unwritten = memoryview(piece)
        try:
            while unwritten:
                unwritten = unwritten[self._file.write(unwritten) or 0 :]
        except OSError as error:
            raise Unavailable(
                f"The scratch disk takes no more: {error.strerror}.", error_class=ErrorClass.DISK_FULL
            ) from None
        return len(piece)

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)

    def truncate(self) -> int:
        return self._file.truncate()
