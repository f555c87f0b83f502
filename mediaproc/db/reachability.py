"""When this process last found the database out of reach: then nobody's silence proves anything yet."""

from sqlalchemy import Engine, event

from mediaproc import clock


class Reachability:
    """Notes every connection of an engine that was lost, and every one that could not be made."""

    def __init__(self, engine: Engine) -> None:
        self._lost_at: float | None = None

        @event.listens_for(engine, "invalidate")
        def _lost(_connection: object, _record: object, _error: object) -> None:
            self.note_loss()

    def note_loss(self) -> None:
        """The database was out of reach just now."""
        self._lost_at = clock.elapsed()

    def lost_within(self, seconds: float) -> bool:
        """Whether that was at most so long ago."""
        return self._lost_at is not None and clock.elapsed() - self._lost_at <= seconds
