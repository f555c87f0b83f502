"""Follows the store's stream of what arrives, in a thread: it wakes the watch, and says when a listing is due."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from mediaproc import randomness
from mediaproc.core.backoff import PART_PROBE
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.signals import Stop
from mediaproc.store.interface import Store

# Keys that wait to be looked at; beyond so many, the next look lists everything instead.
_MOST_KEYS = 10_000
# Seconds between two looks at whether the watch shall stop.
_LOOK_EVERY = 0.5


@dataclass(frozen=True, kw_only=True)
class News:
    """The keys that arrived since the last look, each once; or that some may have been missed."""

    keys: tuple[str, ...] = ()
    has_gap: bool = False


class ArrivalStream:
    """What the store told since the last look. `is_live`: the next arrival will be told at once."""

    def __init__(self, store: Store, *, prefix: str, log: FilteringBoundLogger) -> None:
        self._store = store
        self._prefix = prefix
        self._log = log
        self._changed = threading.Condition()
        self._end = threading.Event()
        self._keys: dict[str, None] = {}
        self._has_gap = False
        self.is_live = False

    def start(self) -> None:
        """Begin to listen."""
        # A daemon thread: a server that says nothing keeps it in its read for as long as the read timeout is.
        run_in_daemon_thread(self._follow, name="arrivals").add_done_callback(self._tell_bug)

    def end(self) -> None:
        """Listen no longer."""
        self._end.set()

    def news(self) -> News:
        """What arrived since the last call."""
        with self._changed:
            news = News(keys=tuple(self._keys), has_gap=self._has_gap)
            self._keys, self._has_gap = {}, False
        return news

    def wait(self, seconds: float, stop: Stop) -> None:
        """Wait so long, or until there is news, or `stop` is told."""
        left = seconds
        while left > 0 and not stop.drain.is_set():
            with self._changed:
                if self._changed.wait_for(self._has_news, timeout=min(left, _LOOK_EVERY)):
                    return
            left -= _LOOK_EVERY

    def _has_news(self) -> bool:
        return bool(self._keys) or self._has_gap

    def _follow(self) -> None:
        failures = 0
        while not self._end.is_set():
            reason = "the connection ended"
            try:
                with self._store.arrivals(self._prefix, stop=self._end) as keys:
                    failures = 0
                    self._log.info("arrivals_are_told")
                    self._note_gap(is_live=True)
                    for key in keys:
                        self._note(key)
            except PartMissing as error:
                self._log.info("listing_alone", reason=str(error))
                return
            except Unavailable as error:
                reason = str(error)
            if self._end.is_set():
                return
            if self.is_live or not failures:
                self._log.info("listing_for_now", reason=reason)
            self._note_gap(is_live=False)
            self._end.wait(PART_PROBE.delay(failures, jitter=randomness.random_fraction()))
            failures += 1

    def _tell_bug(self, ended: Future[None]) -> None:
        """Whatever ended the thread, the listings go on."""
        bug = ended.exception()
        if bug is not None:
            self._log.error("bug", where="arrivals", exc_info=bug)
            self._note_gap(is_live=False)

    def _note(self, key: str) -> None:
        with self._changed:
            if len(self._keys) < _MOST_KEYS:
                self._keys[key] = None
            else:
                self._has_gap = True
            self._changed.notify_all()

    def _note_gap(self, *, is_live: bool) -> None:
        with self._changed:
            # Where it never was live, nothing new was missed: the listings come by themselves.
            self._has_gap = self._has_gap or is_live or self.is_live
            self.is_live = is_live
            self._changed.notify_all()
