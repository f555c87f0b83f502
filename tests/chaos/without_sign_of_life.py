"""`mediaproc` that does not show that it lives when it loses its listener: the negative control of its tests."""

from mediaproc.cli import main
from mediaproc.executor.executor import Executor
from mediaproc.executor.running_attempt import RunningAttempt


def silence(*_: object) -> None:
    """The point of it: neither a heartbeat out of turn, nor a note that the silence was the connection's."""


if __name__ == "__main__":
    Executor.cut_off = silence  # type: ignore[assignment, method-assign]
    RunningAttempt.database_lost = silence  # type: ignore[assignment, method-assign]
    main()
