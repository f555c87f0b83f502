"""A watched folder: each file is taken once, when it has stopped growing, whatever happens in between."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.errors import BadSource, Unavailable
from mediaproc.core.settling import Arrival, Settling
from mediaproc.enqueue import Enqueued, Enqueuer
from mediaproc.watching.folder_listing import file_state
from mediaproc.watching.looking import keep_looking
from mediaproc.watching.putting_away import MoveTo, PuttingAway, Removal
from tests.parts.clips import Clips
from tests.parts.site import Site
from tests.watching.conftest import QUIET, Looks, MakeLooks

TASKS = "SELECT count(*) FROM media_process"


def test_a_file_that_grows_in_steps_is_taken_once_when_it_has_stopped(
    looks: Looks, site: Site, clips: Clips, folder: Path
) -> None:
    content = clips.make(seconds=2).read_bytes()
    with (folder / "film.avi").open("wb", buffering=0) as file:
        for begin in range(0, len(content), len(content) // 4 + 1):
            file.write(content[begin : begin + len(content) // 4 + 1])
            assert looks.look(after=QUIET - 0.1) == []
    assert looks.look(after=QUIET) == [("film.avi", "enqueued")]
    [task] = site.rows(
        "SELECT p.filename, p.priority, p.tenant, f.size FROM media_process p JOIN media_files f ON f.id = p.file_id"
    )
    assert dict(task) == {"filename": "film.avi", "priority": 3, "tenant": "ann", "size": len(content)}
    assert looks.look(after=100) == []
    looks.begin_anew()
    assert (looks.look(), looks.look(after=100)) == ([], [])
    assert (folder / "film.avi").exists()
    assert site.value(TASKS) == 1


def test_a_rename_into_place_counts_with_the_time_under_the_name_before(
    looks: Looks, clips: Clips, folder: Path
) -> None:
    shutil.copy(clips.make(), folder / "film.avi.part")
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    (folder / "film.avi.part").rename(folder / "film.avi")
    assert looks.look() == [("film.avi", "enqueued")]


def test_what_is_no_file_and_what_is_still_written_is_left_where_it_is(
    looks: Looks, site: Site, clips: Clips, folder: Path, tmp_path: Path
) -> None:
    clip = clips.make()
    shutil.copy(clip, tmp_path / "secret.avi")
    (folder / "link.avi").symlink_to(tmp_path / "secret.avi")
    (tmp_path / "outside").mkdir()
    shutil.copy(clip, tmp_path / "outside" / "other.avi")
    (folder / "linked").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe.avi")
    for name in (".hidden.avi", "film.avi.crdownload", ".film.avi.Xq3Zp1"):
        shutil.copy(clip, folder / name)
    (folder / ".sync").mkdir()
    shutil.copy(clip, folder / ".sync" / "film.avi")
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    assert site.value(TASKS) == 0
    assert [event for event in looks.logged if event["event"] != "taken"] == []


def test_a_link_that_takes_a_files_place_between_look_and_reading_is_not_followed(
    make_looks: MakeLooks, site: Site, clips: Clips, folder: Path, tmp_path: Path
) -> None:
    shutil.copy(clips.make(), tmp_path / "secret.avi")
    shutil.copy(clips.make(seed=1), folder / "film.avi")

    class Exchanging(Enqueuer):
        def prepare_store(self) -> None:
            (tmp_path / "link").replace(folder / "film.avi")

    looks = make_looks()
    (tmp_path / "link").symlink_to(tmp_path / "secret.avi")
    exchanging = Exchanging(database=looks.enqueuer.database, store=looks.enqueuer.store, runner=looks.enqueuer.runner)
    looks.look()
    looks.enqueuer = exchanging
    assert looks.look(after=QUIET) == []
    assert site.value("SELECT count(*) FROM media_files") == 0


def test_a_refused_file_is_told_once_until_it_changes(looks: Looks, clips: Clips, folder: Path) -> None:
    (folder / "letter.avi").write_text("Dear film, " * 100, encoding="utf-8")
    assert (looks.look(), looks.look(after=QUIET)) == ([], [("letter.avi", "refused")])
    assert looks.look(after=QUIET) == []
    looks.begin_anew()
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    [refused] = looks.events("refused")
    assert refused["reason"].endswith(".")
    shutil.copy(clips.make(), folder / "letter.avi")
    assert (looks.look(), looks.look(after=QUIET)) == ([], [("letter.avi", "enqueued")])


@pytest.mark.skipif(os.geteuid() == 0, reason="this user may read everything")
def test_a_file_whose_rights_are_mended_is_taken(looks: Looks, clips: Clips, folder: Path) -> None:
    shutil.copy(clips.make(), folder / "film.avi")
    (folder / "film.avi").chmod(0)
    assert (looks.look(), looks.look(after=QUIET)) == ([], [("film.avi", "refused")])
    (folder / "film.avi").chmod(0o600)
    assert looks.look() == [("film.avi", "enqueued")]


def test_names_that_are_no_text_do_no_harm(looks: Looks, clips: Clips, folder: Path, site: Site) -> None:
    names = [b"a\nb.avi", "a\u202eiva.avi".encode(), b"\xff\xfe.avi", b"-rf", "电影.avi".encode(), b'["x",1].avi']
    for number, name in enumerate(names):
        shutil.copy(os.fsencode(clips.make(seconds=0.4, seed=number)), os.fsencode(folder) + b"/" + name)
    looks.look()
    assert [status for _, status in looks.look(after=QUIET)] == ["enqueued"] * len(names)
    looks.begin_anew()
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    stored = site.rows_of("SELECT filename FROM media_process")
    assert all(name.isprintable() for name in stored)


def test_what_was_taken_moves_to_its_place_and_replaces_nothing(
    make_looks: MakeLooks, clips: Clips, folder: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    looks = make_looks(putting_away=MoveTo(folder=folder, to=taken))
    for seed in (1, 2):
        (folder / "ann").mkdir(exist_ok=True)
        shutil.copy(clips.make(seed=seed), folder / "ann" / "film.avi")
        (folder / "letter.avi").write_text(f"{seed}")
        looks.look()
        assert looks.look(after=QUIET) == [("ann/film.avi", "enqueued"), ("letter.avi", "refused")]
    assert sorted(str(path.relative_to(taken)) for path in taken.rglob("*.*")) == ["ann/film-2.avi", "ann/film.avi"]
    assert (taken / "ann" / "film.avi").read_bytes() == clips.make(seed=1).read_bytes()
    assert (taken / "ann" / "film-2.avi").read_bytes() == clips.make(seed=2).read_bytes()
    assert [path.name for path in folder.rglob("*.*")] == ["letter.avi"]


def test_a_folder_for_the_taken_inside_the_watched_one_is_not_watched(
    make_looks: MakeLooks, clips: Clips, folder: Path
) -> None:
    taken = folder / "taken"
    taken.mkdir()
    looks = make_looks(putting_away=MoveTo(folder=folder, to=taken), leave_out=taken)
    shutil.copy(clips.make(), folder / "film.avi")
    looks.look()
    assert looks.look(after=QUIET) == [("film.avi", "enqueued")]
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    assert (taken / "film.avi").exists()


def test_a_file_that_was_taken_before_a_kill_is_put_away_after_it_without_being_read(
    make_looks: MakeLooks, clips: Clips, folder: Path, site: Site
) -> None:
    shutil.copy(clips.make(), folder / "film.avi")
    looks = make_looks()
    looks.look()
    looks.look(after=QUIET)
    looks.putting_away = Removal(folder=folder)
    looks.begin_anew()
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    assert not (folder / "film.avi").exists()
    assert site.value(TASKS) == 1


@pytest.mark.parametrize("kind", [Removal, MoveTo])
def test_a_link_in_the_path_of_what_was_taken_puts_nothing_else_away(
    folder: Path, tmp_path: Path, kind: Callable[..., PuttingAway]
) -> None:
    options = {"to": tmp_path} if kind is MoveTo else {}
    putting_away: PuttingAway = kind(folder=folder, **options)
    (folder / "ann").mkdir()
    (folder / "ann" / "film.avi").touch()
    elsewhere = tmp_path / "elsewhere"
    (folder / "ann").rename(elsewhere)
    (folder / "ann").symlink_to(elsewhere)
    # What a look listed before the folder was exchanged.
    status = (elsewhere / "film.avi").stat()
    arrival = Arrival(name="ann/film.avi", identity="", growth="", state=file_state(status), size=status.st_size)
    with pytest.raises(BadSource, match="A link stands in its path"):
        putting_away.put_away(arrival)
    assert (elsewhere / "film.avi").exists()


def test_what_cannot_be_put_away_is_told_once_and_never_taken_again(
    make_looks: MakeLooks, site: Site, clips: Clips, folder: Path, tmp_path: Path
) -> None:
    looks = make_looks(putting_away=MoveTo(folder=folder, to=tmp_path / "not there"))
    shutil.copy(clips.make(), folder / "film.avi")
    looks.look()
    assert looks.look(after=QUIET) == [("film.avi", "enqueued")]
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])
    assert len(looks.events("not_put_away")) == 1
    (tmp_path / "not there").mkdir()
    assert looks.look() == []
    assert (tmp_path / "not there" / "film.avi").exists()
    assert site.value(TASKS) == 1


def test_an_empty_mount_point_makes_nothing_forgotten(looks: Looks, clips: Clips, folder: Path, tmp_path: Path) -> None:
    shutil.copy(clips.make(), folder / "film.avi")
    looks.look()
    looks.look(after=QUIET)
    folder.rename(tmp_path / "unmounted")
    folder.mkdir()
    assert looks.look() == []
    folder.rmdir()
    with pytest.raises(Unavailable, match="mount it, or mend its rights"):
        looks.look()
    (tmp_path / "unmounted").rename(folder)
    looks.begin_anew()
    assert (looks.look(), looks.look(after=QUIET)) == ([], [])


def test_what_is_gone_is_forgotten(looks: Looks, clips: Clips, folder: Path) -> None:
    for seed in (1, 2):
        shutil.copy(clips.make(seed=seed), folder / f"{seed}.avi")
    looks.look()
    looks.look(after=QUIET)
    (folder / "1.avi").unlink()
    looks.look()
    assert looks.record.journal.of("1.avi") is None
    assert looks.record.journal.of("2.avi") is not None


def test_a_stop_lets_what_is_under_way_come_to_its_end_and_begins_nothing_more(
    make_looks: MakeLooks, site: Site, clips: Clips, folder: Path
) -> None:
    for number, clip in enumerate(clips.make_many(6, seconds=0.4)):
        shutil.copy(clip, folder / f"{number}.avi")
    looks = make_looks()
    begun = []

    class Telling(Enqueuer):
        def enqueue(self, path: Path, **options: Any) -> Enqueued:  # noqa: ANN401 - the parent's
            looks.stop.drain.set()
            begun.append(path)
            return super().enqueue(path, **options)

    looks.enqueuer = Telling(database=looks.enqueuer.database, store=looks.enqueuer.store, runner=looks.enqueuer.runner)
    looks.look()
    taken = looks.look(after=QUIET)
    assert 0 < len(taken) == len(begun) < 6
    looks = make_looks()
    looks.look()
    assert len(looks.look(after=QUIET)) == 6 - len(taken)
    assert site.value(TASKS) == 6


def test_a_second_stop_ends_at_once_what_is_under_way(
    make_looks: MakeLooks, site: Site, clips: Clips, folder: Path
) -> None:
    shutil.copy(clips.make(), folder / "film.avi")
    looks = make_looks()

    class Telling(Enqueuer):
        def enqueue(self, path: Path, **options: Any) -> Enqueued:  # noqa: ANN401 - the parent's
            looks.stop.tell()
            looks.stop.tell()
            assert options["stop"].wait(60)
            return super().enqueue(path, **options)

    looks.enqueuer = Telling(database=looks.enqueuer.database, store=looks.enqueuer.store, runner=looks.enqueuer.runner)
    looks.settling = Settling(quiet=0.0)
    keep_looking(looks.watch, every=0.1, stop=looks.stop, log=looks.record.log)
    assert len(looks.events("stopped_at_once")) == 1
    assert site.value(TASKS) == 0


def test_after_a_stop_no_file_is_begun(looks: Looks, site: Site, clips: Clips, folder: Path) -> None:
    shutil.copy(clips.make(), folder / "film.avi")
    looks.look()
    looks.stop.tell()
    assert looks.look(after=QUIET) == []
    assert site.value(TASKS) == 0
