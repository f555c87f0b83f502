"""The thread that looks at what is on screens, and the way in for those who look."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.core.backoff import DATABASE_ANSWER
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.database import Database
from mediaproc.web.live.board import Board, Entry, Kind
from mediaproc.web.live.looks import Looks
from mediaproc.web.live.streams import Refusal, Screens, Stream, Streams

# Seconds from one look to the next. After one that took long, so many times as long, though not without a bound.
LOOK_EVERY, _REST, _LONGEST_REST = 1.0, 3.0, 4.0
# Seconds after which it is seen that a reader's token was revoked, or the session ended.
CHECK_EVERY = 20.0
# Digits of a number that is still one of ours.
_MOST_DIGITS = 18


@dataclass(frozen=True, kw_only=True)
class News:
    """What changed; after a reset it is everything, and `is_stale` while nobody knows what changes."""

    entries: Sequence[Entry]
    is_reset: bool
    is_stale: bool


class Hub:
    """Of one server. It needs no other one, and no notification: each looks for its own readers."""

    def __init__(self, database: Database, *, log: FilteringBoundLogger) -> None:
        self._log = log
        self._looks = Looks(database)
        self._board = Board()
        self._streams = Streams()
        # Of board and streams.
        self._lock = threading.Lock()
        self._epoch = randomness.secret_bytes(4).hex()
        self._wanted, self._ended = threading.Event(), threading.Event()
        self._is_asleep = True
        self._failures = 0
        self._checked_at = 0.0
        self._thread: threading.Thread | None = None

    def open(self, stream: Stream) -> Refusal | None:
        """Show the stream what it asks for, at once and from then on; whoever opens it closes it."""
        with self._lock:
            refusal = self._streams.add(stream)
            if refusal is not None:
                return refusal
            stream.is_stale = self._failures > 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_on, name="live", daemon=True)
                self._thread.start()
        if self._ended.is_set():
            stream.end()
        self._wanted.set()
        return None

    def close(self, stream: Stream) -> None:
        """Nobody reads the stream any more."""
        with self._lock:
            self._streams.remove(stream)

    @property
    def stream_count(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._streams)

    @property
    def is_asleep(self) -> bool:
        """Whether nobody looks, and its thread does nothing."""
        return self._is_asleep

    def take(self, stream: Stream) -> News:
        """What the stream is to send now."""
        with self._lock:
            found = self._board.since(stream.sent, stream.shown.keys(self._board.of_kind(Kind.EXECUTOR)))
            news = News(entries=found, is_reset=stream.has_to_reset, is_stale=stream.is_stale)
            stream.sent, stream.has_to_reset = self._board.number, False
            return news

    def event_id(self, number: int) -> str:
        """What a reader gives back to go on from there."""
        return f"{self._epoch}:{number}"

    def number_of(self, event_id: str | None) -> int | None:
        """The number after which a reader goes on: 0 for a new one, None where nobody knows."""
        if not event_id:
            return 0
        epoch, _, number = event_id.partition(":")
        if epoch != self._epoch or not number.isdecimal() or len(number) > _MOST_DIGITS:
            return None
        return int(number) if int(number) <= self._board.number else None

    def end(self) -> None:
        """Look no more, and end all streams: a server that stops waits for its answers."""
        self._ended.set()
        self._wanted.set()
        with self._lock:
            for stream in self._streams:
                stream.end()

    def join(self, *, within: float) -> None:
        """Wait, once it is told to end, for a look that is under way: it has a connection of the database."""
        if self._thread is not None:
            self._thread.join(within)

    def _go_on(self) -> None:
        while not self._ended.is_set():
            self._is_asleep = not self._is_watched()
            if not self._is_asleep:
                begun = clock.elapsed()
                self._try_to_look()
                # A reader that comes is shown its rows at once, unless looks take too much of the time.
                self._ended.wait(min(_REST * (clock.elapsed() - begun), _LONGEST_REST))
                self._wanted.wait(DATABASE_ANSWER.delay(self._failures, jitter=1.0) if self._failures else LOOK_EVERY)
            else:
                self._wanted.wait()
            self._wanted.clear()

    def _is_watched(self) -> bool:
        """Whether anybody looks; what nobody shows is forgotten."""
        with self._lock:
            self._board.keep(Screens.of(self._streams.shown()).has)
            return len(self._streams) > 0

    def _try_to_look(self) -> None:
        try:
            self._look()
            self._check()
        except (Unavailable, PartMissing) as error:
            self._log.warning("live_waits", reason=str(error))
        except Exception:  # noqa: BLE001 - logged with its traceback
            # A bug: it costs the readers news, and shall not end their streams for good.
            self._log.exception("live_look_failed")
        else:
            if self._failures:
                self._failures = 0
                self._tell_all(is_stale=False)
            return
        self._failures += 1
        if self._failures == 1:
            self._tell_all(is_stale=True)

    def _tell_all(self, *, is_stale: bool) -> None:
        """While the database is away nobody knows what changed: readers are told that, and afterwards everything."""
        with self._lock:
            for stream in self._streams:
                stream.is_stale = is_stale
                if not is_stale:
                    stream.reset()
                stream.wake()

    def _look(self) -> None:
        with self._lock:
            screens = Screens.of(self._streams.shown())
        seen = list(self._looks.look(screens))
        with self._lock:
            changed = Screens.of_keys(
                each.key for each in seen if self._board.put(each.key, each.state, sameness=each.sameness)
            )
            for stream in self._streams:
                if stream.shown.has_any(changed):
                    stream.wake()

    def _check(self) -> None:
        """End the streams of those who may not ask any more."""
        now = clock.elapsed()
        if now - self._checked_at < CHECK_EVERY:
            return
        with self._lock:
            by = [(stream, stream.credential) for stream in self._streams]
        valid = self._looks.valid_among({credential for _, credential in by if credential is not None})
        for stream, credential in by:
            if credential is not None and credential not in valid:
                stream.end()
        self._checked_at = now
