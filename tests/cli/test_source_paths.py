"""PATH arguments mean files, folders and lists; a link that no person named is left out."""

import io
import os
import tempfile
from pathlib import Path
from threading import Event

import pytest

from mediaproc.cli.source_paths import SourcePath, find_source_paths
from mediaproc.core.errors import BadSource
from mediaproc.enqueue.source_file import read_source_file
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.ffmpeg.ordinary_user import as_ordinary_user


def test_a_list_on_standard_input_may_hold_names_of_no_encoding(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_clip(tmp_path / "plain.avi").rename(tmp_path / os.fsdecode(b"\xff.avi"))
    listed = io.TextIOWrapper(io.BytesIO(os.fsencode(film) + b"\n\n"))
    monkeypatch.setattr("sys.stdin", listed)
    (told,) = site("enqueue", "--json", "-").objects()
    assert told["status"] == "enqueued"


@pytest.mark.parametrize("listed", ["one.avi\0deeper/two\nlines.avi\0", "one.avi\0deeper/two\nlines.avi"])
def test_a_list_may_end_its_names_with_nul(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    make_clip(tmp_path / "one.avi", seed=1)
    make_clip(tmp_path / "deeper" / "two.avi", seed=2).rename(tmp_path / "deeper" / "two\nlines.avi")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(listed.encode())))
    assert [told["status"] for told in site("enqueue", "--json", "-").objects()] == ["enqueued"] * 2


def test_what_a_folder_holds_is_taken_or_refused_and_never_passed_over(site: Command, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    make_clip(folder / "one.avi")
    os.mkfifo(folder / "pipe.avi")
    (folder / ".hidden.avi").write_text("left out", encoding="utf-8")
    ran = site("enqueue", folder)
    assert ran.code == 1
    assert "2 files: 1 enqueued, 1 refused." in ran.out
    assert "no file but something else" in ran.err


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """A folder with one film, and links to a film, a folder and nothing, as one of its users may have put there."""
    make_clip(tmp_path / "private" / "secret.avi", seed=1)
    folder = tmp_path / "uploads"
    make_clip(folder / "own.avi", seed=2)
    (folder / "mine.avi").symlink_to("../private/secret.avi")
    (folder / "more").symlink_to("../private")
    (folder / "dangling.avi").symlink_to(tmp_path / "nowhere")
    return folder


def test_links_inside_a_folder_are_left_out_and_said(
    site: Command, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = site("enqueue", uploads)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 file: 1 enqueued.")
    (told,) = ran.err.splitlines()
    assert told.startswith("Left out 3 links, which may lead out of what was named: ")
    assert all(name in told for name in ("mine.avi", "more", "dangling.avi"))
    assert "files and links; a link is followed only" in " ".join(site("enqueue", "--help").out.split())
    for listed in (uploads, uploads / "mine.avi", uploads / "more"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(os.fsencode(listed))))
        assert "Left out" in site("enqueue", "-").err
    assert [line["filename"] for line in site("tasks", "list", "--json").objects()] == ["own.avi"]


def test_transcode_leaves_the_same_links_out(site: Command, uploads: Path, tmp_path: Path) -> None:
    ran = site("transcode", uploads, "--out", tmp_path / "out")
    assert (ran.code, [path.name for path in (tmp_path / "out").iterdir()]) == (0, ["own.mp4"])
    assert "Left out 3 links" in ran.err


def test_a_link_that_is_itself_named_is_followed(site: Command, uploads: Path) -> None:
    (told,) = site("enqueue", "--json", uploads / "mine.avi").objects()
    assert told["status"] == "enqueued"
    (uploads.parent / "also").symlink_to(uploads)
    assert "1 file: 1 enqueued." in site("enqueue", uploads.parent / "also").out


@pytest.mark.parametrize("exchanged", ["deeper/film.avi", "deeper"])
def test_a_link_that_comes_after_the_look_through_the_folder_is_not_followed(
    site: Command, uploads: Path, monkeypatch: pytest.MonkeyPatch, exchanged: str
) -> None:
    make_clip(uploads / "deeper" / "film.avi", seed=3)
    (private := uploads.parent / "private" / "film.avi").hardlink_to(uploads.parent / "private" / "secret.avi")
    target = private if exchanged.endswith(".avi") else private.parent

    def look_and_exchange(source: SourcePath) -> int:
        if source.path.name == "film.avi":
            (uploads / exchanged).rename(uploads.parent / "aside")
            (uploads / exchanged).symlink_to(target)
        return 0

    # Called for each source after the folder was listed and before the first read.
    with monkeypatch.context() as patched:
        patched.setattr("mediaproc.cli.enqueue.size_on_disk", look_and_exchange)
        ran = site("enqueue", uploads)
    assert (ran.code, "2 files: 1 enqueued, 1 refused." in ran.out) == (1, True)
    assert "no link inside a folder is followed" in ran.err
    # Without the guard the link would be enqueued: it leads to a film.
    assert "1 enqueued" in site("enqueue", uploads / "deeper" / "film.avi").out


@pytest.mark.parametrize("which", ["in", "in/closed"])
def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, which: str) -> None:
    make_clip(tmp_path / "in" / "one.avi")
    make_clip(tmp_path / "in" / "closed" / "two.avi")
    closed = tmp_path / which
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    closed.chmod(0)
    try:
        found = as_ordinary_user(lambda: [source.path for source in find_source_paths([str(tmp_path / "in")])])
        assert closed in found
        refused = as_ordinary_user(lambda: str(_refusal(closed)))
    finally:
        closed.chmod(0o755)
    assert refused == "It cannot be read (Permission denied)."


def _refusal(path: Path) -> BadSource:
    with pytest.raises(BadSource) as caught:
        read_source_file(path, stop=Event())
    return caught.value


def test_an_empty_path_is_not_the_current_folder(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(tmp_path / "one.avi")
    monkeypatch.chdir(tmp_path)
    for arguments in (("enqueue", "one.avi", ""), ("transcode", "", "--out", "out")):
        ran = site(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "A PATH is empty" in ran.err
    assert site("tasks", "list", "--json").out == ""
