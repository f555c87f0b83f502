"""What is asked of each arrival, and what is told and remembered of it once it was taken or refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from mediaproc.core.settling import Arrival, Remembered, is_lasting
from mediaproc.enqueue import Enqueued
from mediaproc.watching.journal import Journal

# Hears, by path or key, what became of each arrival.
Tell = Callable[[str, Enqueued], None]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of each arrival: the profiles of its tasks, their priority, and whose upload it is."""

    profiles: tuple[str, ...]
    priority: int
    tenant: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """Tells and remembers what became of arrivals; a sentence of trouble is logged once for as long as it lasts."""

    journal: Journal
    tell: Tell
    log: FilteringBoundLogger
    _troubles: dict[str, str] = field(default_factory=dict)

    def note(self, arrival: Arrival, enqueued: Enqueued, *, shown_as: str) -> None:
        """Tell it under the name that a person knows, and remember it."""
        was_taken = enqueued.status != "refused"
        with self.troubles_of("journal", event="not_remembered", expected=(OSError,)):
            self.journal.remember(
                arrival.name,
                Remembered(state=arrival.state, was_taken=was_taken),
                lasts=was_taken or is_lasting(enqueued.error_class),
            )
        self.tell(shown_as, enqueued)
        if was_taken:
            reason = {"reason": enqueued.error} if enqueued.error else {}
            self.log.info(
                "taken", name=shown_as, status=enqueued.status, file=enqueued.file, task=enqueued.task, **reason
            )
        else:
            self.log.warning("refused", name=shown_as, reason=enqueued.error, error_class=enqueued.error_class)

    @contextmanager
    def troubles_of(self, name: str, *, event: str, expected: tuple[type[Exception], ...]) -> Iterator[None]:
        """Logs an expected error of the block, once until the same block has gone well."""
        try:
            yield
        except expected as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            if self._troubles.get(name) != reason:
                self._troubles[name] = reason
                self.log.warning(event, name=name, reason=reason)
        else:
            self._troubles.pop(name, None)
