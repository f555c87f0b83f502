"""The incident of `docs/how-to/work-through-an-incident.md` happens: its commands show and mend what the page says."""

import re
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mediaproc.core.limits import DISK_FLOOR
from tests.cli.conftest import Command, command
from tests.docs.generated import ROOT
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.site import Site
from tests.parts.small_disk import small_disk
from tests.parts.waiting import until

__all__ = ["command"]

PAGE = ROOT / "docs/how-to/work-through-an-incident.md"
_MEGA = 1024 * 1024


@dataclass(frozen=True)
class Step:
    """A command of the page, and the lines that its output is said to hold, in this order."""

    command: str
    shows: tuple[str, ...]


def steps(section: str) -> list[Step]:
    """The commands of a section of the page."""
    [found] = re.findall(
        rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    blocks = "".join(re.findall(r"```console\n(.*?)```", found, re.DOTALL))
    parts = [each.partition("\n") for each in re.split(r"^\$ ", blocks, flags=re.MULTILINE) if each.strip()]
    return [Step(command_line, tuple(shows.splitlines())) for command_line, _, shows in parts]


def follow(section: str, *, run: Command, executor: str = "") -> None:
    """Run the commands of a section; each says what the page says. `executor` is what the page calls EXECUTOR."""
    todo = steps(section)
    assert todo
    for step in todo:
        program, *arguments = shlex.split(step.command.replace("EXECUTOR", executor))
        assert program == "mediaproc"
        ran = run(*arguments)
        said, at = " ".join((ran.out + ran.err).split()), 0
        for line in step.shows:
            at = said.find(" ".join(line.split()), at)
            assert at >= 0, f"{step.command} does not say {line!r}:\n{ran.out}{ran.err}"


@pytest.fixture
def person(site: Site, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The commands of the person on duty, who owns the tables."""
    for name, value in site.settings.items():
        monkeypatch.setenv(f"MEDIAPROC_{name.upper()}", value)
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", site.engine.url.render_as_string(hide_password=False))
    monkeypatch.chdir(tmp_path)
    return command


@contextmanager
def executor(site: Site, **settings: str) -> Iterator[ExecutorProcess]:
    """An executor that hears of tasks; drained at the end, unless it is dead by then."""
    with ExecutorProcess(settings=site.settings | settings) as one:
        one.wait_for(event="listening")
        yield one
        one.send(signal.SIGTERM)
        one.wait()


def test_each_command_of_the_incident_shows_and_mends_what_the_page_says(
    site: Site, person: Command, clips: Clips, tmp_path: Path
) -> None:
    an_upload_is_broken(site, person, clips)
    follow("A broken upload", run=person)
    a_node_dies(site, person, clips, folder=tmp_path)
    follow("A node that died", run=person)
    with small_disk(tmp_path / "scratch-disk", size=DISK_FLOOR + 8 * _MEGA) as disk:
        a_disk_is_full(site, person, clips, disk=disk)
    one_tenant_floods_the_queue(person, clips, folder=tmp_path)
    follow("A flood from one tenant", run=person)
    assert site.rows_of("SELECT filename FROM media_process ORDER BY position, id LIMIT 1") == ["clip.avi"]
    assert {(row["act"], row["count"]) for row in site.rows("SELECT act, count FROM media_audit")} == {
        ("cancel", 1),
        ("pause", 1),
        ("resume", 1),
        ("priority -5", 12),
        ("cancel", 6),
    }


def an_upload_is_broken(site: Site, person: Command, clips: Clips) -> None:
    """Its header is intact, so that it is taken; every packet is overwritten."""
    content = clips.make("avi", seconds=1, seed=21_000).read_bytes()
    begin = content.index(b"movi") + 4
    Path("holiday.avi").write_bytes(content[:begin] + bytes(len(content) - begin))
    assert person("enqueue", "holiday.avi").code == 0
    with executor(site):
        until(lambda: site.value("SELECT id FROM media_process WHERE status = 'rejected'"))


def a_node_dies(site: Site, person: Command, clips: Clips, *, folder: Path) -> None:
    """While it encodes; another one does its task."""
    with ExecutorProcess(settings=site.settings | HeldFfmpeg(folder).settings) as dies:
        dies.wait_for(event="listening")
        assert person("enqueue", clips.make("avi", seconds=0.4, seed=21_001)).code == 0
        dies.wait_for(event="stage_started", stage="transcode", task=2)
        with executor(site) as lives:
            dies.kill()
            lives.wait_for(event="completed", task=2)


def a_disk_is_full(site: Site, person: Command, clips: Clips, *, disk: Path) -> None:
    """The page's section is followed while it is; then there is room again."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(16 * _MEGA))
    with executor(site, scratch=str(disk)) as full:
        assert person("enqueue", clips.make("avi", seconds=0.4, seed=21_002)).code == 0
        full.wait_for(event="claiming_paused", part="scratch")
        until(lambda: site.value("SELECT paused_for FROM media_executor WHERE state = 'paused'"))
        follow("A full disk", run=person, executor=full.executor_id)
        ballast.unlink()
        full.wait_for(event="completed", task=3)
    assert site.history()[3]["fail_count"] == 0


def one_tenant_floods_the_queue(person: Command, clips: Clips, *, folder: Path) -> None:
    """Half of it are copies with other names and a few other bytes: somebody's mistake."""
    flood = folder / "flood"
    flood.mkdir()
    film = clips.make("avi", seconds=0.4, seed=21_003).read_bytes()
    for number in range(6):
        (flood / f"film-{number}.avi").write_bytes(film + bytes([number]))
        (flood / f"copy-{number}.avi").write_bytes(film + bytes([number, number]))
    (folder / "clip.avi").write_bytes(film)
    assert person("enqueue", "--tenant", "bulk", flood).code == 0
