"""Enqueues many paths in parallel, and yields each result as soon as it is there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from threading import Event
from types import MappingProxyType

from mediaproc.core.errors import Stopped
from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.store.interface import ignore_bytes

# One upload rarely fills the network, and one file can be read while another is sent.
AT_ONCE = 4
_NONE_FOUND: Mapping[Path, Path] = MappingProxyType({})
# Seconds between two looks at whether the caller wants to stop.
_LOOK_EVERY = 0.2


def enqueue_in_parallel(  # noqa: PLR0913 - each is a choice of its own
    enqueuer: Enqueuer,
    paths: Iterable[Path],
    *,
    found_in: Mapping[Path, Path] = _NONE_FOUND,
    profiles: Sequence[str] = (),
    priority: int = 0,
    tenant: str = "",
    force: bool = False,
    stop: Event,
    on_bytes: Callable[[int], None] = ignore_bytes,
    at_once: int = AT_ONCE,
) -> Iterator[Enqueued]:
    """The result of each path, in the order in which they end; `paths` is read as it is needed.

    `found_in` has the folder of each path that was found by listing a folder: inside it no link is followed.
    `on_bytes` is called from several threads.

    The store is checked before the first path; its bucket is made if there is none and never was.

    Raises:
        Unavailable, PartMissing, WrongUse, Stopped: as Enqueuer.enqueue and Store.check. No further path is begun, and
            running ones are stopped first; every result that was yielded is valid.
    """
    halt = Event()

    def enqueue(path: Path) -> Enqueued:
        return enqueuer.enqueue(
            path,
            within=found_in.get(path),
            profiles=profiles,
            priority=priority,
            tenant=tenant,
            force=force,
            stop=halt,
            on_bytes=on_bytes,
        )

    enqueuer.prepare_store()
    waiting = iter(paths)
    running: set[Future[Enqueued]] = set()
    with ThreadPoolExecutor(at_once, thread_name_prefix="enqueue") as pool:
        try:
            while True:
                if stop.is_set():
                    raise Stopped("Told to stop before every path was enqueued.")
                running |= {pool.submit(enqueue, path) for path in islice(waiting, at_once - len(running))}
                if not running:
                    return
                done, running = wait(running, timeout=_LOOK_EVERY, return_when=FIRST_COMPLETED)
                # Those that succeeded come first: their results are yielded even where another one raises.
                for future in sorted(done, key=lambda future: future.exception() is not None):
                    yield future.result()
        finally:
            halt.set()
