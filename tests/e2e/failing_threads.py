"""`mediaproc` whose slots refuse their first task, as when the system starts no more threads."""

from collections.abc import Callable

from mediaproc.cli import main
from mediaproc.executor.attempt_threads import AttemptThreads

_submit = AttemptThreads.submit
_refused: list[str] = []


def _refuse_once(threads: AttemptThreads, job: Callable[[], None]) -> None:
    if not _refused:
        _refused.append("once")
        raise RuntimeError("can't start new thread")
    _submit(threads, job)


if __name__ == "__main__":
    AttemptThreads.submit = _refuse_once  # type: ignore[assignment, method-assign]
    main()
