"""`mediaproc`, but the first task that is given to a slot cannot be, as when the system starts no more threads."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from mediaproc.cli import main

_submit = ThreadPoolExecutor.submit
_refused: list[str] = []


def _refuse_once(pool: ThreadPoolExecutor, /, *given: Any, **named: Any) -> Future[Any]:  # noqa: ANN401 - of the pool
    if pool._thread_name_prefix == "slot" and not _refused:  # noqa: SLF001 - the pools have no other names
        _refused.append("once")
        raise RuntimeError("can't start new thread")
    return _submit(pool, *given, **named)


if __name__ == "__main__":
    ThreadPoolExecutor.submit = _refuse_once  # type: ignore[assignment, method-assign]
    main()
