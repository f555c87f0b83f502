"""`mediaproc` that does not show that it lives when it loses its listener: the negative control of its tests."""

from mediaproc.cli import main
from mediaproc.executor.executor import Executor


def silence(_executor: Executor) -> None:
    """The point of it."""


if __name__ == "__main__":
    Executor.cut_off = silence  # type: ignore[assignment, method-assign]
    main()
