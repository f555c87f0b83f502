"""The same draft gives the same bytes, wherever and whenever it is packed."""

import hashlib
import os
import unicodedata
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.draft_bundle import BundleLimits, is_draft_folder, is_draft_zip, open_bundle, pack_folder
from mediaproc.draft_bundle.bundled_draft import read_bundled_draft
from tests.draft_bundle.zips import FILES, TIMELINE, write_zip


def _folder(at: Path, *, files: dict[str, bytes] | None = None) -> Path:
    for name, content in (files if files is not None else dict(FILES)).items():
        path = at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return at


def _digest(folder: Path, target: Path) -> str:
    pack_folder(folder, target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def test_times_rights_order_and_copies_of_the_editor_change_nothing(tmp_path: Path) -> None:
    first = _folder(tmp_path / "first")
    second = _folder(tmp_path / "second", files=dict(reversed(list(FILES.items()))))
    _folder(second, files={".backup/draft_content.json": b"old", "draft_content.json.bak": b"old", ".DS_Store": b"x"})
    (second / "assets/film.mp4").chmod(0o600)
    os.utime(second / "draft_content.json", (1, 1))
    assert _digest(first, tmp_path / "1.zip") == _digest(second, tmp_path / "2.zip")


def test_a_name_that_a_mac_writes_in_parts_is_the_same_name(tmp_path: Path) -> None:
    digests = []
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    for form in forms:
        name = unicodedata.normalize(form, "\u00e9t\u00e9.mp4")
        folder = _folder(tmp_path / form, files={"draft_content.json": TIMELINE, name: b"film"})
        digests.append(_digest(folder, tmp_path / f"{form}.zip"))
    assert digests[0] == digests[1]


def test_another_byte_is_another_digest(tmp_path: Path) -> None:
    one = _digest(_folder(tmp_path / "a"), tmp_path / "a.zip")
    other = _folder(tmp_path / "b", files={**FILES, "assets/film.mp4": b"film" * 999 + b"filM"})
    assert one != _digest(other, tmp_path / "b.zip")


def test_what_was_packed_is_a_draft_and_reads_as_one(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "a")
    pack_folder(folder, tmp_path / "a.zip")
    assert is_draft_folder(folder)
    assert is_draft_zip(tmp_path / "a.zip")
    with open_bundle(tmp_path / "a.zip") as bundle:
        assert read_bundled_draft(bundle).timeline.frames == 60
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == sorted(FILES)


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "a")
    (folder / "assets/passwd.mp4").symlink_to("/etc/passwd")
    with pytest.raises(BadSource, match="link or a device, 'assets/passwd"):
        pack_folder(folder, tmp_path / "a.zip")


def test_a_pipe_in_a_folder_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "a")
    os.mkfifo(folder / "assets/pipe.mp4")
    with pytest.raises(BadSource, match="link or a device"):
        pack_folder(folder, tmp_path / "a.zip")


def test_more_than_is_taken_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "a")
    with pytest.raises(BadSource, match="more than 1 files"):
        pack_folder(folder, tmp_path / "1.zip", limits=BundleLimits(max_files=1))
    with pytest.raises(BadSource, match="more bytes"):
        pack_folder(folder, tmp_path / "2.zip", limits=BundleLimits(max_bytes=4000))


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        pack_folder(_folder(tmp_path / "a"), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("files", "is_draft"),
    [
        ({"draft_content.json": b"{}"}, True),
        ({"draft_info.json": b"AQID"}, True),
        ({"Timelines/A/draft_info.json": b"{}"}, True),
        ({"a.mp4": b"x", "deep/draft_content.json": b"{}"}, False),
        ({"a.mp4": b"x"}, False),
    ],
)
def test_a_folder_is_a_draft_by_what_it_holds(tmp_path: Path, files: dict[str, bytes], is_draft: bool) -> None:  # noqa: FBT001
    assert is_draft_folder(_folder(tmp_path / "a", files=files)) is is_draft


def test_a_file_is_a_draft_by_what_it_holds_whatever_it_is_called(tmp_path: Path) -> None:
    assert is_draft_zip(write_zip(tmp_path / "a.mp4", FILES))
    assert is_draft_zip(write_zip(tmp_path / "b", {f"x/{name}": content for name, content in FILES.items()}))
    assert not is_draft_zip(write_zip(tmp_path / "c.zip", {"a/b/draft_content.json": b"{}"}))
    assert not is_draft_zip(write_zip(tmp_path / "d.zip", {"a.docx": b"x"}))
    for content in (b"", b"PK", b"PK\x03\x04" + b"x" * 100, b"\0" * 100):
        (tmp_path / "e.zip").write_bytes(content)
        assert not is_draft_zip(tmp_path / "e.zip")
