"""Watches a folder of the bucket: each look takes the objects that others have put there, once."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from mediaproc import clock
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.quantities import told_size
from mediaproc.core.settling import Arrival, Settling, Step, next_step
from mediaproc.enqueue import Enqueued, Enqueuer
from mediaproc.scratch import Scratch
from mediaproc.signals import Stop
from mediaproc.watching.arrival_stream import ArrivalStream
from mediaproc.watching.object_putting_away import ObjectPuttingAway
from mediaproc.watching.taking import Asked, Record

# Seconds from one listing to the next: while the store tells what arrives they are only a net, else they are all.
LISTING_WHILE_TOLD = 60.0
LISTING_ALONE = 5.0
# Millions of objects take a minute to list. At most a tenth of the time is spent on that.
_REST_TO_LISTING = 9
# The object's name on the scratch disk, where a key of somebody else's never is a path.
_NAME = "object"


class BucketWatch:
    """The watch of the keys under `prefix`; `every` is None for what suits whether the store tells what arrives."""

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        prefix: str,
        *,
        enqueuer: Enqueuer,
        asked: Asked,
        record: Record,
        scratch: Scratch,
        stream: ArrivalStream,
        settling: Settling,
        every: float | None = None,
        putting_away: ObjectPuttingAway | None = None,
    ) -> None:
        self._prefix = prefix
        self._enqueuer = enqueuer
        self._store = enqueuer.store
        self._asked = asked
        self._record = record
        self._scratch = scratch
        self._stream = stream
        self._settling = settling
        self._every = every
        self._putting_away = putting_away
        self._next_listing = 0.0
        self._is_listing_due = True

    def look(self, *, now: float, stop: Stop) -> float:
        """Take what was told, or, where one is due, what a listing finds, until `stop` is told.

        Returns how long it took to find that out.

        Raises:
            WrongUse, Unavailable, PartMissing, Stopped: a later look goes on from there.
        """
        began = clock.elapsed()
        news = self._stream.news()
        lists = self._is_listing_due or news.has_gap or now >= self._next_listing
        # Whatever ends this look before its end: what was told is found by a listing then.
        self._is_listing_due = True
        found = self._settling.settled(self._list(), now=now) if lists else list(self._told(news.keys))
        took = clock.elapsed() - began
        if lists:
            self._next_listing = now + took + max(self._interval(), _REST_TO_LISTING * took)
        self._do(found, stop=stop)
        self._is_listing_due = False
        return took

    def rest(self, _seconds: float, stop: Stop) -> None:
        """Wait until a listing is due, or the store tells of something, or `stop` is told."""
        self._stream.wait(self._next_listing - clock.elapsed(), stop)

    def _interval(self) -> float:
        if self._every is not None:
            return self._every
        return LISTING_WHILE_TOLD if self._stream.is_live else LISTING_ALONE

    def _list(self) -> list[Arrival]:
        found = [
            _arrival(each.key, state=each.state, size=each.size, is_whole=each.is_whole)
            for each in self._store.listed(self._prefix)
        ]
        if found:
            with self._record.troubles_of("journal", event="not_remembered", expected=(OSError,)):
                self._record.journal.keep_only(arrival.name for arrival in found)
        return found

    def _told(self, keys: tuple[str, ...]) -> Iterator[Arrival]:
        for key in keys:
            facts = self._store.stat(key) if key.startswith(self._prefix) else None
            if facts is not None:
                yield _arrival(key, state=facts.state, size=facts.size, is_whole=True)

    def _do(self, found: list[Arrival], *, stop: Stop) -> None:
        has_store = False
        for arrival in found:
            if stop.drain.is_set():
                return
            remembered = self._record.journal.of(arrival.name)
            match next_step(arrival, remembered=remembered, puts_away=self._putting_away is not None):
                case Step.PUT_AWAY:
                    self._put_away(arrival)
                case Step.TAKE:
                    if not has_store:
                        self._enqueuer.prepare_store()
                        has_store = True
                    self._take(arrival, stop=stop)
                case Step.LEAVE:
                    pass

    def _take(self, arrival: Arrival, *, stop: Stop) -> None:
        enqueued = self._enqueue(arrival, stop=stop)
        if not self._is_still(arrival):
            # Another object took its place meanwhile, or it is gone: what there is now is found by the next listing.
            self._record.log.info("changed_while_it_was_read", name=arrival.name)
            return
        self._record.note(arrival, enqueued, shown_as=arrival.name)
        if enqueued.status != "refused":
            self._put_away(arrival)

    def _enqueue(self, arrival: Arrival, *, stop: Stop) -> Enqueued:
        with self._scratch.attempt_folder(uuid4()) as folder:
            path = folder / _NAME
            try:
                self._bring(arrival, path, stop=stop)
            except (BadSource, AttemptFailed) as error:
                return Enqueued(path=path, status="refused", error=str(error), error_class=error.error_class)
            return self._enqueuer.enqueue(
                path,
                within=folder,
                filename=arrival.name.rpartition("/")[2],
                profiles=self._asked.profiles,
                priority=self._asked.priority,
                tenant=self._asked.tenant,
                stop=stop.hurry,
            )

    def _bring(self, arrival: Arrival, path: Path, *, stop: Stop) -> None:
        largest = self._enqueuer.limits.max_size
        if arrival.size > largest:
            raise BadSource(
                f"The file has {told_size(arrival.size)}; at most {told_size(largest)} are accepted.",
                error_class=ErrorClass.TOO_LARGE,
            )
        self._scratch.require_room(arrival.size)
        self._store.get(arrival.name, path, stop=stop.hurry, most=arrival.size)

    def _is_still(self, arrival: Arrival) -> bool:
        facts = self._store.stat(arrival.name)
        return facts is not None and facts.state == arrival.state

    def _put_away(self, arrival: Arrival) -> None:
        if self._putting_away is not None and self._is_still(arrival):
            self._putting_away.put_away(arrival.name)


def _arrival(key: str, *, state: str, size: int, is_whole: bool) -> Arrival:
    return Arrival(name=key, identity=key, growth=state, state=state, size=size, is_whole=is_whole)
