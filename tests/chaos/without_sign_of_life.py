"""`mediaproc` that sends no heartbeat when it loses its listener: the negative control of the tests of that."""

from mediaproc.cli import main
from mediaproc.executor.executor import Executor
from mediaproc.executor.running_attempt import RunningAttempt


def silence(*_: object) -> None:
    """Neither sends a heartbeat at once nor notes that the connection was lost."""


if __name__ == "__main__":
    Executor.lock_lost = silence  # type: ignore[assignment, method-assign]
    RunningAttempt.database_lost = silence  # type: ignore[assignment, method-assign]
    main()
