"""How the log is written: lines for people on a terminal, else one JSON object a line, always to standard error.

A field that every line shall carry, such as the shard, is added in `_processors`.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog

from mediaproc.core.safe_text import shown
from mediaproc.log_queue import LogQueue

# The most characters of one field. Our sentences are shorter; the tail of ffmpeg's log has its own place in the row.
_FIELD_LIMIT = 2_000
# Seconds that a command waits at its end for the log's reader.
_DRAIN_TIMEOUT = 2.0


@contextmanager
def writing(*, level: str, for_people: bool | None = None) -> Iterator[None]:
    """Sets up the log for the block; at the block's end all lines are written, if the reader reads them in time.

    `for_people`: lines for people instead of JSON; by default where standard error is a terminal.
    """
    queue = LogQueue(sys.stderr, on_recovery=_tell_lost)
    _set_up(queue, level=level, for_people=for_people)
    try:
        yield
    finally:
        queue.wait_until_written(timeout=_DRAIN_TIMEOUT)


def be_quieter(*, level: str) -> None:
    """From here on no line below `level` is logged."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))


def _tell_lost(lines: int) -> None:
    get().warning("log_lines_lost", lines=lines, reason="the log's reader stalled or was gone, or its disk was full")


def _set_up(queue: LogQueue, *, level: str, for_people: bool | None) -> None:
    if for_people is None:
        for_people = sys.stderr is not None and sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(pad_event_to=16, exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*_processors(for_people=for_people), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=queue),  # type: ignore[arg-type]  # of a stream it asks no more
        cache_logger_on_first_use=False,
    )
    # Libraries: only what they find worth a warning, in the same stream and form.
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)


def _processors(*, for_people: bool) -> list[structlog.typing.Processor]:
    """The functions that every line passes through before it is rendered; each may add fields to it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info if not for_people else _unchanged,
        _escaped,
    ]


def get(**fields: object) -> structlog.typing.FilteringBoundLogger:
    """A logger that adds `fields` to each of its lines."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(**fields)
    return logger


def of_executor(executor_id: UUID) -> structlog.typing.FilteringBoundLogger:
    """The logger of one executor's process, with the fields that each of its lines carries."""
    return get(executor=str(executor_id))


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # APScheduler logs a discarded tick here; our scheduler counts and logs it itself.
        if not record.name.startswith("apscheduler"):
            get(library=record.name).warning("library_warned", message=record.getMessage())


def _unchanged(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event


def _escaped(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escapes control and direction characters, which text from outside may hold."""
    for name, value in event.items():
        if name in {"exc_info", "exception"} or value is None or isinstance(value, bool | int | float):
            continue
        event[name] = shown(value if isinstance(value, str | bytes) else str(value), limit=_FIELD_LIMIT)
    return event
