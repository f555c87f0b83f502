"""When this process last found the database out of reach: then nobody's silence proves anything yet."""

from sqlalchemy import ExceptionContext, event

from mediaproc import clock
from mediaproc.db.database import Database


class Reachability:
    """Notes every connection of a database that was lost while in use, and every one that could not be made.

    That an idle one was closed is no news of the database, as long as the next one can be made: `idle_session_timeout`
    or a proxy does that all the time, and a pass that held off for it would hold off for ever.
    """

    def __init__(self, database: Database) -> None:
        self._lost_at: float | None = None

        @event.listens_for(database.engine, "handle_error")
        def _look(context: ExceptionContext) -> None:
            # Without a connection: there was none to be had.
            if not context.is_pre_ping and (context.is_disconnect or context.connection is None):
                self.note_loss()

    def note_loss(self) -> None:
        """The database was out of reach just now."""
        self._lost_at = clock.elapsed()

    def lost_within(self, seconds: float) -> bool:
        """Whether that was at most so long ago."""
        return self._lost_at is not None and clock.elapsed() - self._lost_at <= seconds
