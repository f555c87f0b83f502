"""Whether the parts that an executor leans on answer: database, store, ffmpeg; each is asked in its own time."""

from collections.abc import Callable, Mapping

from mediaproc.attempt_context import AttemptContext
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.safe_text import shown
from mediaproc.db.database import Database
from mediaproc.db.schema_version import require_known_revision
from mediaproc.monitoring.slow_question import SlowQuestion

# Seconds between two questions to one part, and for which a request waits for all of the answers.
_EVERY = 5.0
_EVERY_START_OF_FFMPEG = 30.0
_LONGEST_WAIT = 2.0


class Readiness:
    """Nothing is asked of a part before somebody wants to know."""

    def __init__(self, database: Database, *, context: AttemptContext) -> None:
        def ask_database() -> None:
            with database.read() as connection:
                require_known_revision(connection)

        self._parts = {
            "database": _question(ask_database, about="database", every=_EVERY),
            "store": _question(context.store.check, about="store", every=_EVERY),
            "ffmpeg": _question(context.runner.require_programs, about="ffmpeg", every=_EVERY_START_OF_FFMPEG),
        }

    def faults(self) -> Mapping[str, str | None]:
        """By part the sentence that says what is wrong with it; None for one that answers."""
        for question in self._parts.values():
            # All are asked before the first answer is waited for.
            question.begin()
        return {part: _fault(question) for part, question in self._parts.items()}


def _question(ask: Callable[[], None], *, about: str, every: float) -> SlowQuestion[None]:
    return SlowQuestion(ask, about=about, every=every, longest_wait=_LONGEST_WAIT)


def _fault(question: SlowQuestion[None]) -> str | None:
    try:
        question.answer()
    except (Unavailable, PartMissing) as error:
        return shown(str(error))
    return None
