"""Real processes: which descend from which, and waits for their end without polling."""

import os
import select
from collections.abc import Iterable, Iterator
from pathlib import Path


def descendants(pid: int) -> dict[int, str]:
    """Every living descendant's pid and program name."""
    parents = {child: (int(facts[1]), name) for child, name, facts in living()}
    found: dict[int, str] = {}
    grown = True
    while grown:
        more = {
            child: name
            for child, (parent, name) in parents.items()
            if (parent == pid or parent in found) and child not in found
        }
        found.update(more)
        grown = bool(more)
    return found


def niceness_in_session_of(pid: int) -> dict[int, int]:
    """Every living process in the session of this one."""
    session = str(os.getsid(pid))
    return {each: int(facts[16]) for each, _, facts in living() if facts[3] == session}


def pid_named(name: str, *, below: int) -> int:
    """The pid of the one descendant that runs this program."""
    (pid,) = (child for child, program in descendants(below).items() if program == name)
    return pid


def all_end(pids: Iterable[int], *, within: float) -> bool:
    """Whether each of these processes ends; `within` (s) is only for the test to fail instead of hanging."""
    waiting = select.poll()
    open_ends: dict[int, int] = {}
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        open_ends[fd] = pid
        waiting.register(fd, select.POLLIN)
    try:
        while open_ends:
            ready = waiting.poll(within * 1000)
            if not ready:
                return False
            for fd, _ in ready:
                waiting.unregister(fd)
                os.close(fd)
                del open_ends[fd]
        return True
    finally:
        for fd in open_ends:
            os.close(fd)


def living() -> Iterator[tuple[int, str, list[str]]]:
    """Each living process's pid, program name and what /proc/PID/stat says behind it."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            name, facts = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
            if facts[0] != "Z":
                yield int(folder.name), name, facts
