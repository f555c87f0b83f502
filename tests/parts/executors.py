"""Executors as processes of their own: started with settings, watched by their log lines, ended by signals."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Self

import psutil

from tests.parts.settings import told

# Seconds; longer than anything here takes on a busy machine, so that a test which waits so long has failed.
PATIENCE = 120.0

LogLine = dict[str, Any]


class ExecutorProcess:
    """`mediaproc executor` with its JSON log read line by line; it is ended with the block at the latest."""

    def __init__(
        self,
        *,
        settings: Mapping[str, str],
        arguments: tuple[str, ...] = (),
        program: Path | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
        command: str = "executor",
        stdout: int | IO[bytes] = subprocess.DEVNULL,
    ) -> None:
        """`settings` by their names without the prefix; `program` is a script to run instead of the module.

        Another `command` is one that runs as long, and logs as well.
        """
        entry = ["-m", "mediaproc"] if program is None else [str(program)]
        self._process = subprocess.Popen(
            [sys.executable, *entry, command, *arguments],
            env={**told(settings), **environment, "PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self._changed = threading.Condition()
        self._lines: list[LogLine] = []
        self._other_output: list[str] = []
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lines(self) -> list[LogLine]:
        """The log so far."""
        with self._changed:
            return list(self._lines)

    @property
    def executor_id(self) -> str:
        """Its UUID, as its log says it."""
        return str(self.wait_for(event="executor_started")["executor"])

    def matching(self, **fields: object) -> list[LogLine]:
        """The lines so far in which all these fields have these values."""
        return [line for line in self.lines if fields.items() <= line.items()]

    def wait_for(self, *, count: int = 1, skip: int = 0, **fields: object) -> LogLine:
        """The `count`th line with these fields behind the first `skip` lines, once it is written.

        Raises:
            TimeoutError: the line did not come in PATIENCE or before the process ended; the message has the end of the
                log, and where the threads were.
        """
        found: list[LogLine] = []
        looked_at = skip

        def is_there() -> bool:
            nonlocal looked_at
            found.extend(line for line in self._lines[looked_at:] if fields.items() <= line.items())
            looked_at = len(self._lines)
            return len(found) >= count

        with self._changed:
            self._changed.wait_for(lambda: is_there() or self._ended, timeout=PATIENCE)
            if len(found) >= count:
                return found[count - 1]
        raise TimeoutError(f"no {fields} {self._aborted()}")

    def send(self, number: signal.Signals) -> None:
        """A signal to the executor alone, never to its children."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and wait for the end."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """The exit code, once it has ended.

        Raises:
            TimeoutError: it has not ended in PATIENCE; the message says where its threads were.
        """
        try:
            code = self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"no end {self._aborted()}") from None
        self._reader.join(timeout=PATIENCE)
        return code

    def children(self) -> list[psutil.Process]:
        """Every process that it started and that lives, the sandboxed ones too."""
        try:
            children: list[psutil.Process] = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return children

    def ffmpeg(self) -> list[psutil.Process]:
        """Those of its children that are an ffmpeg."""
        found = []
        for child in self.children():
            try:
                if "ffmpeg" in child.name():
                    found.append(child)
            except psutil.NoSuchProcess:
                continue
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
        self.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _aborted(self) -> str:
        """The end of the log, with the threads' stacks, which SIGABRT makes the process write."""
        had_ended = self._process.poll() is not None
        self._process.send_signal(signal.SIGABRT)
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout=PATIENCE)
            tail = "\n".join(map(str, [*self._lines[-20:], *self._other_output]))
        return f"(ended: {had_ended}) in:\n{tail}"

    def _read(self) -> None:
        for raw in self._process.stderr or ():
            with self._changed:
                try:
                    self._lines.append(json.loads(raw))
                except ValueError:
                    self._other_output.append(raw.decode(errors="replace").rstrip())
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@contextmanager
def executor_logging_to(
    stderr: int | IO[bytes],
    *,
    settings: Mapping[str, str],
    program: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[subprocess.Popen[bytes]]:
    """`mediaproc executor` whose log the test does not read; it is killed at the end of the block at the latest.

    `program` is a script to run instead of the module.
    """
    entry = ["-m", "mediaproc"] if program is None else [str(program)]
    process = subprocess.Popen(
        [sys.executable, *entry, "executor"],
        env={**told(settings), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def executors(
    *shards: str, settings: Mapping[str, str], arguments: tuple[str, ...] = ("--until-idle",)
) -> Iterator[list[ExecutorProcess]]:
    """One executor for each of the shards, all ended with the block."""
    started: list[ExecutorProcess] = []
    try:
        for shard in shards:
            started.append(ExecutorProcess(settings={**settings, "shard": shard}, arguments=arguments))  # noqa: PERF401 - each is ended, also when the next one does not start
        yield started
    finally:
        for one in started:
            one.__exit__()


def all_are_done(running: list[ExecutorProcess], *, tasks: set[int]) -> None:
    """Returns once one of the executors has logged each of the tasks as completed."""
    missing = set(tasks)
    for _ in range(int(PATIENCE / 0.1)):
        missing -= {line["task"] for one in running for line in one.matching(event="completed")}
        if not missing:
            return
        # There is no one signal for lines of several processes.
        threading.Event().wait(0.1)
    raise TimeoutError(f"the tasks {missing} were never completed")


def gone(processes: list[psutil.Process], *, within: float = PATIENCE) -> bool:
    """Whether all of them end within so many seconds; a zombie that waits for its parent counts as ended."""
    _, alive = psutil.wait_procs(processes, timeout=within)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)
