"""`mediaproc` that claims at a tick or for a word only: the negative control of the test that slots are refilled."""

from mediaproc.cli import main
from mediaproc.executor.executor import Executor


def leave_it_free(_self: Executor) -> None:
    """A slot has become free."""


if __name__ == "__main__":
    Executor._refill = leave_it_free  # type: ignore[assignment,method-assign]  # noqa: SLF001 - the guard under test
    main()
