"""When this process last found the database out of reach: executors could not renew then, and are not judged."""

from sqlalchemy import ExceptionContext, event

from mediaproc import clock
from mediaproc.db.database import Database


class Reachability:
    """Notes each loss of a connection in use, and each failure to open one.

    The end of an idle connection shows no outage as long as the next one can be opened: `idle_session_timeout` or a
    proxy ends them all the time, and a pass that held off for that would hold off for ever.
    """

    def __init__(self, database: Database) -> None:
        self._lost_at: float | None = None

        @event.listens_for(database.engine, "handle_error")
        def _look(context: ExceptionContext) -> None:
            # There is no connection in the context of a failure to open one.
            if context.is_disconnect or context.connection is None:
                self.note_loss()

    def note_loss(self) -> None:
        """The database was out of reach just now."""
        self._lost_at = clock.elapsed()

    def lost_within(self, seconds: float) -> bool:
        """Whether that was at most so long ago."""
        return self._lost_at is not None and clock.elapsed() - self._lost_at <= seconds
