"""The facts of enqueue's probe are kept with the file, and an attempt at it needs no probe of its own."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from mediaproc.core.probe import Probe
from mediaproc.core.task import Rendition
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.files import StoredFile
from mediaproc.enqueue.duplicates import find_stored_file
from mediaproc.enqueue.source_file import SourceFile
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from tests.enqueue.conftest import Attempt, Rows, Taking, Watching
from tests.parts.clips import Clips


class Recalling(Watching):
    """Recalls what is kept with the only file, as the executor's observer does."""

    def __init__(self, engine: Engine, rows: Rows) -> None:
        super().__init__()
        self._database, self._rows = Database(engine), rows
        self.recalled: list[Probe | None] = []

    def recall_probe(self, read: Callable[[bytes], Probe | None]) -> Probe | None:
        [file] = self._rows.of("media_files")
        with self._database.read() as connection:
            record = files.kept_probe(connection, file_id=file.id)
        self.recalled.append(None if record is None else read(record))
        return self.recalled[-1]


@pytest.fixture
def observer(engine: Engine, rows: Rows) -> Recalling:
    return Recalling(engine, rows)


@pytest.fixture
def probed(runner: FfmpegRunner, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The sources that are probed."""
    seen: list[Path] = []
    probe = runner.probe

    def note(source: Path, **options: Any) -> Probe:  # noqa: ANN401 - as the runner's
        seen.append(source)
        return probe(source, **options)

    monkeypatch.setattr(runner, "probe", note)
    return seen


def test_an_attempt_probes_no_source_whose_facts_are_kept(
    take: Taking, clips: Clips, store: Store, attempt: Attempt, observer: Recalling, probed: list[Path]
) -> None:
    take(clips.make())
    assert len(probed) == 1
    assert isinstance(attempt(store, observer=observer), Rendition)
    assert len(probed) == 1
    assert len(observer.recalled) == 1


def test_a_duplicate_is_neither_probed_nor_loses_its_facts(
    take: Taking, clips: Clips, rows: Rows, probed: list[Path], tmp_path: Path
) -> None:
    take(clips.make())
    [before] = rows.of("media_files")
    shutil.copy(clips.make(), tmp_path / "copy.avi")
    take(tmp_path / "copy.avi")
    [after] = rows.of("media_files")
    assert len(probed) == 1
    assert after.probe == before.probe is not None


@pytest.mark.parametrize("hostile", ["junk", "another file's", "cut", "none"])
def test_what_does_not_fit_in_the_row_is_probed_again(
    hostile: str, take: Taking, clips: Clips, rows: Rows, store: Store, attempt: Attempt, observer: Recalling,
    probed: list[Path],
) -> None:  # fmt: skip
    take(clips.make())
    [file], runner = rows.of("media_files"), take.enqueuer.runner
    known = runner.probe_of(file.probe, file_id=file.id)
    assert known is not None
    record = {
        "junk": b"\x00\xff" * 500_000,
        "another file's": runner.record_of(known, file_id="f" * 64),
        "cut": file.probe[:-9],
        "none": None,
    }[hostile]
    rows.run("UPDATE media_files SET probe = :record", record=record)
    assert isinstance(attempt(store, observer=observer), Rendition)
    assert observer.recalled == [None]
    assert len(probed) == 2


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("swap", ["written", "replaced", "linked"])
def test_facts_of_a_file_that_changes_while_it_is_probed_are_not_kept(
    guarded: bool,  # noqa: FBT001 - without the guard, the same swap poisons the row
    swap: str,
    take: Taking,
    rows: Rows,
    clips: Clips,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another film is there for the time of the probe alone, so that reading and upload find the same bytes."""
    runner = take.enqueuer.runner
    if not guarded:
        monkeypatch.setattr(SourceFile, "is_still", lambda _source, _path: True)
    film, other, named = tmp_path / "film.avi", tmp_path / "other.avi", tmp_path / "named.avi"
    film.write_bytes(clips.make().read_bytes())
    other.write_bytes(clips.make("mkv").read_bytes())
    named.symlink_to(film)
    content, probe = film.read_bytes(), runner.probe

    def while_another_is_there(source: Path, **options: Any) -> Probe:  # noqa: ANN401 - as the runner's
        match swap:
            case "written":
                film.write_bytes(other.read_bytes())
                found = probe(source, **options)
                film.write_bytes(content)
            case "replaced":
                film.rename(tmp_path / "aside.avi")
                shutil.copy(other, film)
                found = probe(source, **options)
                (tmp_path / "aside.avi").rename(film)
            case _:
                found = probe(source, **options)
                lead_to(film)
        return found

    def lead_to(target: Path) -> None:
        named.unlink()
        named.symlink_to(target)

    def before_the_probe(*arguments: Any, **options: Any) -> StoredFile | None:  # noqa: ANN401 - as the original's
        if swap == "linked":
            lead_to(other)
        return find_stored_file(*arguments, **options)

    monkeypatch.setattr(runner, "probe", while_another_is_there)
    monkeypatch.setattr("mediaproc.enqueue.enqueuer.find_stored_file", before_the_probe)
    assert take(named).status == "enqueued"
    [file] = rows.of("media_files")
    assert (file.probe is None) == guarded
