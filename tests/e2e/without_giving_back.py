"""`mediaproc` that gives nothing back to idle executors: the negative control of the test that it does."""

from collections.abc import Collection

from mediaproc.cli import main
from mediaproc.executor.giving_back import GivingBack


def keep(_self: GivingBack, _task_ids: Collection[int]) -> None:
    """Keeps what waits here, whoever asks."""


if __name__ == "__main__":
    GivingBack.give = keep  # type: ignore[assignment,method-assign]
    main()
