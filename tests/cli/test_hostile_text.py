"""Text that an attacker writes reaches a person and a program as text: ffmpeg's log of a film, and the film's name."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.attacks.makers.names import DECEIVING, deceives
from tests.cli.conftest import Command
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site
from tests.parts.waiting import until

# Markup of web pages and of terminal libraries means nothing to our output: it stays as it is.
MARKUP = "<script>OWNED()</script>[bold red]OWNED[/bold red]%s%n"

# Escapes, a bell, a title for the window, a line written over, another direction, nothing seen, C1, no UTF-8 and NUL.
HOSTILE = (
    b"\x1b[2J\x1b]0;OWNED\x07\rhidden\roverwritten\n"
    b"\xe2\x80\xaeOWNED\xe2\x80\x8b\xc2\x9b31m\xe2\x80\xa8\xff\0\n"
    b"ERROR disk destroyed\n" + MARKUP.encode() + b"\n"
)

# A fake ffmpeg that prints the file beside it as its log.
_FFMPEG = """#!/bin/sh
case "$*" in *libx264*) cat "$0.log" >&2; exit 1 ;; esac
exec /usr/bin/env ffmpeg "$@"
"""

# In a sandbox the fake ffmpeg could not read the log file. The lease is long enough for the busiest machine.
ONE_ATTEMPT = {
    "sandbox": "off",
    "shard": "0/1",
    "lease": "60",
    "heartbeat": "15",
    "backoff": "600",
    "backoff_cap": "600",
}


@pytest.fixture
def attempted(directory_site: Site, clips: Clips, tmp_path: Path) -> int:
    """A task with one failed attempt, which has that log."""
    program = tmp_path / "ffmpeg"
    program.write_text(_FFMPEG)
    program.chmod(0o755)
    program.with_name("ffmpeg.log").write_bytes(HOSTILE)
    (task,) = directory_site.enqueue([clips.make("avi", seconds=0.4)])
    with ExecutorProcess(settings=directory_site.settings | ONE_ATTEMPT | {"ffmpeg": str(program)}) as executor:
        executor.wait_for(event="failed", task=task)
        assert until(lambda: directory_site.value("SELECT count(log_tail) FROM media_process_attempt") == 1)
    return task


def test_what_is_kept_of_a_hostile_log_deceives_nobody(directory_site: Site, attempted: int, site: Command) -> None:
    assert deceives(HOSTILE.decode(errors="surrogateescape"))
    kept = directory_site.value("SELECT log_tail FROM media_process_attempt")
    lines = kept.splitlines()
    assert not any(map(deceives, (line for line in lines if line != "ERROR disk destroyed")))
    assert {"\\u202eOWNED\\u200b\\x9b31m\\u2028\N{REPLACEMENT CHARACTER}\\x00", "ERROR disk destroyed", MARKUP} <= set(
        lines
    )
    told = site("tasks", "show", attempted)
    assert f"    | {MARKUP}\n" in told.out
    assert "    | ERROR disk destroyed\n" in told.out
    assert not deceives(told.out + told.err)
    answer = site("tasks", "show", attempted, "--json")
    assert not deceives(answer.out + answer.err)
    (document,) = answer.objects()
    assert document["attempts"][0]["log_tail"] == kept


def test_a_hostile_log_in_the_row_itself_deceives_nobody(
    engine: Engine, directory_site: Site, attempted: int, site: Command
) -> None:
    """Whoever wrote it there."""
    raw = HOSTILE.replace(b"\0", b"").decode(errors="replace")
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process_attempt SET log_tail = :raw"), {"raw": raw})
    assert deceives(directory_site.value("SELECT log_tail FROM media_process_attempt"))
    for options in ((), ("--json",)):
        told = site("tasks", "show", attempted, *options)
        assert "OWNED" in told.out
        assert not deceives(told.out + told.err)


def test_a_deceiving_name_is_told_as_a_name(site: Command, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in DECEIVING.values():
        (folder / (name if isinstance(name, str) else name.decode(errors="surrogateescape"))).write_bytes(
            b"no film" * 200
        )
    assert all(deceives(path.name) for path in folder.iterdir())
    told = site("enqueue", folder)
    assert len([line for line in told.err.splitlines() if line.startswith("refused ")]) == len(DECEIVING)
    assert not deceives(told.out + told.err)
    answer = site("enqueue", "--json", folder)
    assert not deceives(answer.out + answer.err)
    assert {told["path"] for told in answer.objects()} == {str(path) for path in folder.iterdir()}
