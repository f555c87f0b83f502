"""A draft is a file like any other: known by its content, packed the same way each time, for the profile of drafts."""

import json
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine

from mediaproc.core.site_profiles import parse_profiles
from mediaproc.core.source_type import DRAFT
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueuer
from mediaproc.enqueue.stored_files import enqueue_stored
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from tests.core.draft.drafts import draft, segment, track
from tests.draft_bundle.zips import FILES, write_zip
from tests.enqueue.conftest import Rows
from tests.parts.clips import Clips

_LENIENT = parse_profiles('[profile.lenient]\nbase = "draft"\naccept_missing = true\n')


@pytest.fixture
def enqueuer(engine: Engine, store: Store, runner: FfmpegRunner, tmp_path: Path) -> Enqueuer:
    return Enqueuer(
        database=Database(engine), store=store, runner=runner, extra=_LENIENT, scratch_root=tmp_path / "scratch"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A draft's folder whose name has a dot."""
    for name, content in FILES.items():
        path = tmp_path / "my.draft" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "my.draft"


def test_a_folder_and_its_zip_become_tasks_of_the_drafts_profile(
    enqueuer: Enqueuer, folder: Path, rows: Rows, tmp_path: Path
) -> None:
    first = enqueuer.enqueue(folder, stop=Event())
    again = enqueuer.enqueue(folder, within=tmp_path, stop=Event())
    other = enqueuer.enqueue(write_zip(tmp_path / "film.mp4", {**FILES, "assets/other.mp4": b"other"}), stop=Event())
    assert (first.status, first.error, again.status, again.task) == ("enqueued", None, "duplicate", first.task)
    assert other.status == "enqueued"
    assert {(task.profile, task.filename) for task in rows.of("media_process")} == {
        ("draft", "my.draft.zip"),
        ("draft", "film.mp4"),
    }
    assert {file.mime_type for file in rows.of("media_files")} == {DRAFT.mime_type}
    assert list((tmp_path / "scratch").glob("executor-*")) == []


def test_a_film_is_no_draft_and_a_draft_is_no_film(enqueuer: Enqueuer, folder: Path, clips: Clips, rows: Rows) -> None:
    film = enqueuer.enqueue(clips.make(), profiles=["draft"], stop=Event())
    draft = enqueuer.enqueue(folder, profiles=["mp4", "poster"], stop=Event())
    assert film.error == "It is no draft of JianYing or CapCut: take a profile of films, such as mp4."
    assert draft.error == "It is a draft of JianYing or CapCut and no film: take the profile draft."
    assert rows.of("media_process") == []
    both = enqueuer.enqueue(folder, profiles=["mp4", "draft"], stop=Event())
    assert (both.status, [task.profile for task in both.tasks]) == ("enqueued", ["draft"])
    assert both.error
    assert both.error.startswith("No mp4: It is a draft")


def test_what_is_stored_already_is_told_apart_too(enqueuer: Enqueuer, folder: Path) -> None:
    file = enqueuer.enqueue(folder, stop=Event()).file or ""
    refused = enqueue_stored(enqueuer, file_id=file, profiles=["mp4"])
    taken = enqueue_stored(enqueuer, file_id=file, profiles=[])
    assert refused is not None
    assert refused.error == "It is a draft of JianYing or CapCut and no film: take the profile draft."
    assert taken is not None
    assert [task.profile for task in taken.tasks] == ["draft"]
    again = enqueuer.enqueue(folder, profiles=["mp3"], stop=Event())
    assert again.status == "refused"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"draft_content.json": b"Zm9yIG5vYm9keSBidXQgdGhlIGVkaXRvcg=="}, "encrypted"),
        ({"draft_content.json": b'{"tracks": ['}, "damaged"),
        ({"readme.txt": b"no draft"}, "has no draft_content.json at its root or one folder below"),
        ({"draft_content.json": FILES["draft_content.json"]}, "The draft needs files that are not in its bundle"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_it_is_stored(
    enqueuer: Enqueuer, rows: Rows, tmp_path: Path, files: dict[str, bytes], sentence: str
) -> None:
    refused = enqueuer.enqueue(write_zip(tmp_path / "a.zip", files), stop=Event())
    assert refused.status == "refused"
    assert sentence in (refused.error or "")
    assert rows.of("media_files") == []


def test_a_sites_own_profile_may_accept_missing_materials(enqueuer: Enqueuer, tmp_path: Path) -> None:
    timeline = json.dumps(draft(track("video", segment("a", "film", 0, 1), segment("b", "picture", 1, 1))))
    bundle = write_zip(tmp_path / "a.zip", {**FILES, "draft_content.json": timeline.encode()})
    both = enqueuer.enqueue(bundle, profiles=["draft", "lenient"], stop=Event())
    assert both.error == (
        "No draft: The draft needs files that are not in its bundle, 'picture.png': add them, or take a profile that"
        " accepts missing materials."
    )
    assert [task.profile for task in both.tasks] == ["lenient"]


def test_a_link_in_a_drafts_folder_is_not_followed(enqueuer: Enqueuer, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "assets" / "more.mp4").symlink_to(tmp_path / "secret")
    refused = enqueuer.enqueue(folder, within=tmp_path, stop=Event())
    assert refused.status == "refused"
    assert "holds a link or a device" in (refused.error or "")
