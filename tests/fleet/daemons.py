"""A process with many of the product's daemons in it, each in threads of its own; does what its standard input says.

`python -m tests.fleet.daemons '{"url": ..., "first": 0, "count": 250, "total": 1000, "slots": 8, "folder": ...}'`.
A line `tell` is answered with one line of JSON, what happened since the last one; `stop` drains all and ends.
"""

import json
import logging
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog

from mediaproc import daemon
from mediaproc.cli import executor as command
from mediaproc.config import Settings
from mediaproc.db.database import Database
from mediaproc.executor import attempt_runner
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.parts import Parts
from mediaproc.signals import Stop
from tests.fleet import simulated_parts
from tests.fleet.compiled_statements import share_compiled_statements
from tests.fleet.light_waits import PatientStop, lighten_waits
from tests.fleet.simulated_parts import stand_in

# Bytes of stack for each of ten thousand threads: the default of 8 MB is only address space, but the system counts it.
_STACK = 512 * 1024
# Lines of one event that are kept whole, to be read when something is wrong.
_KEPT_LINES = 3

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class Told:
    """What the daemons of this process did since it was asked last; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[str, list[float]] = {}
        self._events: Counter[str] = Counter()
        self._lines: dict[str, list[str]] = {}

    def log(self, _logger: object, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A processor of structlog: counts the line by its event, and keeps the first ones that are worse than news."""
        event = str(line.get("event"))
        with self._lock:
            self._events[event] += 1
            kept = self._lines.setdefault(event, [])
            if level not in {"debug", "info"} and len(kept) < _KEPT_LINES:
                kept.append(_rendered(line))
        raise structlog.DropEvent

    def timed(self, name: str, call: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        """The same call, its seconds kept under the name."""

        @wraps(call)
        def timing(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
            begun = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                with self._lock:
                    self._seconds.setdefault(name, []).append(time.perf_counter() - begun)

        return timing

    def told(self) -> dict[str, object]:
        """All of it, for JSON; from here on it is counted anew."""
        with self._lock:
            told = {"seconds": self._seconds, "events": dict(self._events), "lines": self._lines}
            self._seconds, self._events, self._lines = {}, Counter(), {}
        used = resource.getrusage(resource.RUSAGE_SELF)
        return told | {"cpu": used.ru_utime + used.ru_stime, "threads": threading.active_count()}


def _rendered(line: MutableMapping[str, Any]) -> str:
    rendered: str = structlog.processors.KeyValueRenderer()(
        None, "", structlog.processors.format_exc_info(None, "", line)
    )
    return rendered


def main() -> None:
    order = json.loads(sys.argv[1])
    threading.stack_size(_STACK)
    told = Told()
    structlog.configure(processors=[told.log], wrapper_class=structlog.make_filtering_bound_logger("info"))
    # APScheduler's own lines: what matters of them the product logs itself.
    logging.disable(logging.WARNING)
    _replace_parts(told)
    share_compiled_statements()
    lighten_waits()
    stop = PatientStop()
    threads = [
        _begin(order, number=number, stop=stop) for number in range(order["first"], order["first"] + order["count"])
    ]
    for line in sys.stdin:
        match line.strip():
            case "tell":
                print(json.dumps(told.told()), flush=True)
            case "stop":
                break
    # Twice: what runs is released at once.
    stop.tell()
    stop.tell()
    for thread in threads:
        thread.join()


def _replace_parts(told: Told) -> None:
    """Encodes become waits, ffmpeg and store stand-ins, and what a claim and a settle take is kept."""
    stand_in(attempt_runner, "work", simulated_parts.work)
    stand_in(daemon, "make_runner", lambda _settings: simulated_parts.SimulatedRunner())
    stand_in(daemon, "require_encoders", lambda _ffmpeg: None)
    stand_in(Claimer, "claim", told.timed("claim", Claimer.claim))
    stand_in(OutcomeWriter, "settle", told.timed("settle", OutcomeWriter.settle))


def _begin(order: dict[str, Any], *, number: int, stop: Stop) -> threading.Thread:
    """One daemon as `mediaproc executor` runs it: on its own shard, with a pool of connections of its own."""
    settings = Settings(
        database_url=order["url"],
        home=Path(order["folder"]) / str(number),
        shard=order.get("shard", f"{number}/{order['total']}"),
        slots=order["slots"],
        **order.get("settings", {}),
    )

    def run() -> None:
        with _database(settings) as database:
            store: Any = simulated_parts.SimulatedStore()
            daemon.run_executor(Parts(settings=settings, database=database, store=store), stop=stop)

    thread = threading.Thread(target=run, name=f"executor-{number}", daemon=True)
    thread.start()
    return thread


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    assert settings.database_url is not None
    database = Database.at(
        settings.database_url.get_secret_value(),
        application_name="mediaproc executor",
        connections=settings.slots + command._SPARE_CONNECTIONS,  # noqa: SLF001 - as the command has it
    )
    try:
        yield database
    finally:
        database.close()


if __name__ == "__main__":
    main()
