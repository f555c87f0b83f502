"""Watches a folder: each look takes what has stopped growing since an earlier one, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaproc import clock
from mediaproc.core.errors import BadSource, ErrorClass, Unavailable
from mediaproc.core.settling import Arrival, Settling, Step, next_step
from mediaproc.enqueue import Enqueued, Enqueuer, enqueue_in_parallel
from mediaproc.signals import Stop
from mediaproc.watching.folder_listing import file_state, list_folder
from mediaproc.watching.putting_away import PuttingAway
from mediaproc.watching.taking import Asked, Record


@dataclass(frozen=True, kw_only=True)
class FolderWatch:
    """The watch of `folder`, but for `leave_out`; `putting_away` is None where what was taken stays."""

    folder: Path
    enqueuer: Enqueuer
    asked: Asked
    record: Record
    settling: Settling
    putting_away: PuttingAway | None = None
    leave_out: Path | None = None

    def look(self, *, now: float, stop: Stop) -> float:
        """Take what has settled by `now` (seconds of any clock), until `stop` is told; returns how long the scan took.

        Raises:
            WrongUse, Unavailable, PartMissing, Stopped: as `enqueue_in_parallel`; a later look goes on from there.
            Unavailable: the folder cannot be read.
        """
        began = clock.elapsed()
        found = self._scan()
        to_do: dict[Step, list[Arrival]] = {step: [] for step in Step}
        for arrival in self.settling.settled(found, now=now):
            remembered = self.record.journal.of(arrival.name)
            to_do[next_step(arrival, remembered=remembered, puts_away=self.putting_away is not None)].append(arrival)
        took = clock.elapsed() - began
        for arrival in to_do[Step.PUT_AWAY]:
            self._put_away(arrival)
        self._take(to_do[Step.TAKE], stop=stop)
        return took

    def _scan(self) -> list[Arrival]:
        closed: list[Path] = []

        def on_closed(error: OSError) -> None:
            closed.append(Path(error.filename))
            with self.record.troubles_of(str(error.filename), event="folder_cannot_be_read", expected=(OSError,)):
                raise error

        try:
            found = list(list_folder(self.folder, leave_out=self.leave_out, on_closed=on_closed))
        except OSError as error:
            raise Unavailable(
                f"The folder {self.folder} cannot be read ({error.strerror}): mount it, or mend its rights.",
                error_class=ErrorClass.SOURCE_MISSING,
            ) from error
        # An empty folder may be one whose disk is not mounted: nothing is forgotten for it.
        if found and not closed:
            with self.record.troubles_of("journal", event="not_remembered", expected=(OSError,)):
                self.record.journal.keep_only(arrival.name for arrival in found)
        return found

    def _take(self, arrivals: list[Arrival], *, stop: Stop) -> None:
        if not arrivals:
            return
        by_path = {self.folder / arrival.name: arrival for arrival in arrivals}
        for enqueued in enqueue_in_parallel(
            self.enqueuer,
            self._still_as_they_were(by_path, until=stop.drain.is_set),
            found_in=dict.fromkeys(by_path, self.folder),
            profiles=self.asked.profiles,
            priority=self.asked.priority,
            tenant=self.asked.tenant,
            stop=stop.hurry,
        ):
            self._note(by_path[enqueued.path], enqueued)

    def _still_as_they_were(self, by_path: dict[Path, Arrival], *, until: Callable[[], bool]) -> Iterator[Path]:
        """The paths one after the other, as they are asked for; by its turn a file may have changed, or be gone."""
        for path, arrival in by_path.items():
            if until():
                return
            if _is_still(path, arrival):
                yield path

    def _note(self, arrival: Arrival, enqueued: Enqueued) -> None:
        if not _is_still(enqueued.path, arrival):
            # Something wrote to it while it was read: it has to settle once more, and is looked at as it is then.
            self.record.log.info("changed_while_it_was_read", name=str(enqueued.path))
            return
        self.record.note(arrival, enqueued, shown_as=str(enqueued.path))
        if enqueued.status != "refused":
            self._put_away(arrival)

    def _put_away(self, arrival: Arrival) -> None:
        if self.putting_away is None:
            return
        path = str(self.folder / arrival.name)
        with self.record.troubles_of(path, event="not_put_away", expected=(OSError, BadSource)):
            self.putting_away.put_away(arrival)


def _is_still(path: Path, arrival: Arrival) -> bool:
    try:
        return file_state(path.stat(follow_symlinks=False)) == arrival.state
    except OSError:
        return False
