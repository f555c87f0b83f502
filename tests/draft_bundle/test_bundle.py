"""A bundle is read within its bounds, and a zip that is made to do harm is refused before any of it is unpacked."""

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaproc.core.errors import BadSource
from mediaproc.core.notes import NoteCode
from mediaproc.draft_bundle import BundleLimits, open_bundle, read_bundled_draft
from tests.draft_bundle.zips import FILES, TIMELINE, write_entries, write_zip


def _unpack(path: Path, *, limits: BundleLimits | None = None) -> None:
    with open_bundle(path, limits=limits) as bundle:
        for name in bundle.names.all:
            bundle.extract(name, io.BytesIO())


def _refused(path: Path, *, limits: BundleLimits | None = None) -> str:
    with pytest.raises(BadSource) as refused:
        _unpack(path, limits=limits)
    sentence = str(refused.value)
    assert sentence.startswith("The draft's bundle ")
    assert sentence.endswith(".")
    assert sentence.isprintable()
    return sentence


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("root", ["", "my film/"])
def test_a_bundle_gives_each_file_by_its_name(tmp_path: Path, root: str, compression: int) -> None:
    files = {root + name: content for name, content in FILES.items()}
    path = write_zip(tmp_path / "draft.zip", files, compression=compression)
    with open_bundle(path) as bundle:
        assert (bundle.names.root, set(bundle.names.all)) == (root, set(files))
        target = io.BytesIO()
        bundle.extract(f"{root}assets/film.mp4", target)
        assert target.getvalue() == FILES["assets/film.mp4"]
        assert bundle.size(f"{root}assets/film.mp4") == 4000
        assert bundle.read(f"{root}draft_content.json", limit=10_000) == TIMELINE


def test_the_draft_in_a_bundle_is_read_with_its_materials(tmp_path: Path) -> None:
    with open_bundle(write_zip(tmp_path / "draft.zip", FILES)) as bundle:
        supplied = read_bundled_draft(bundle)
    assert supplied.timeline.frames == 60
    assert list(supplied.materials.values()) == ["assets/film.mp4"]


def test_of_two_timelines_that_differ_the_second_is_told(tmp_path: Path) -> None:
    files = {**FILES, "draft_info.json": TIMELINE.replace(b"30.0", b"25.0")}
    with open_bundle(write_zip(tmp_path / "draft.zip", files)) as bundle:
        supplied = read_bundled_draft(bundle)
    assert [(note.code, note.name) for note in supplied.notes] == [(NoteCode.TIMELINES_DIFFER, "draft_info.json")]


def test_where_one_timeline_is_encrypted_the_other_counts(tmp_path: Path) -> None:
    files = {"draft_content.json": b"AQIDBA==", "draft_info.json": TIMELINE, "film.mp4": b"film"}
    with open_bundle(write_zip(tmp_path / "draft.zip", files)) as bundle:
        assert read_bundled_draft(bundle).timeline.frames == 60
    files["draft_info.json"] = b"AQIDBA=="
    with (
        open_bundle(write_zip(tmp_path / "other.zip", files)) as bundle,
        pytest.raises(BadSource, match="encrypted"),
    ):
        read_bundled_draft(bundle)


def test_names_of_an_old_windows_are_what_their_maker_meant(tmp_path: Path) -> None:
    path = tmp_path / "draft.zip"
    for encoding in ("utf-8", "gb18030"):
        name = "\u7d20\u6750/a.mp4"
        path.write_bytes(_without_marks({b"draft_content.json": TIMELINE, name.encode(encoding): b"film"}))
        with open_bundle(path) as bundle:
            assert bundle.read(name, limit=9) == b"film"


def _without_marks(files: dict[bytes, bytes]) -> bytes:
    """A zip that does not say which code page its names are in."""
    body, directory = b"", b""
    for name, content in files.items():
        facts = (zlib.crc32(content), len(content), len(content), len(name), 0)
        fields = struct.pack("<5H3L2H", 20, 0, 0, 0, 33, *facts)
        directory += b"PK\x01\x02\x14\0" + fields + struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + name
        body += b"PK\x03\x04" + fields + name + content
    count = len(files)
    return body + directory + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, count, count, len(directory), len(body), 0)


@pytest.mark.parametrize("name", ["../escape", "/absolute", "a\\..\\b", "C:/x", "a/../../b", "nul\0.mp4"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    assert "name that is not taken" in _refused(write_entries(tmp_path / "draft.zip", (entry, b"x")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_link_or_a_device_is_refused(tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("a.mp4")
    entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
    assert "link or a device" in _refused(write_entries(tmp_path / "draft.zip", (entry, b"/etc/passwd")))


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    entries = [(zipfile.ZipInfo(name), b"x") for name in ("a/B.mp4", "a/b.mp4")]
    assert "the same to some systems" in _refused(write_entries(tmp_path / "draft.zip", *entries))


def test_more_files_and_bytes_than_are_taken_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "draft.zip", {**FILES, "a": b"1", "b": b"2"})
    assert "has 4 files" in _refused(path, limits=BundleLimits(max_files=3))
    assert "list of files" in _refused(path, limits=BundleLimits(max_directory_bytes=100))
    assert "assets/film.mp4" in _refused(path, limits=BundleLimits(max_file_bytes=3999))
    assert "once it is unpacked" in _refused(path, limits=BundleLimits(max_bytes=4000))


def test_a_bomb_is_refused_by_what_it_claims(tmp_path: Path) -> None:
    files = {**FILES, "zeros": b"\0" * 50_000_000}
    path = write_zip(tmp_path / "draft.zip", files, compression=zipfile.ZIP_DEFLATED)
    assert "times its size" in _refused(path, limits=BundleLimits(free_bytes=1_000_000))
    with open_bundle(path):  # little enough to be an empty picture
        pass


def test_a_file_that_is_larger_than_it_claims_is_not_unpacked_further(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "draft.zip", {**FILES, "a": b"\0" * 5_000_000}, compression=zipfile.ZIP_DEFLATED)
    content = path.read_bytes()
    lying = content.replace(struct.pack("<L", 5_000_000), struct.pack("<L", 10))
    assert lying != content
    path.write_bytes(lying)
    assert "'a'" in _refused(path)


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "draft.zip", {**FILES, "bbb": b"x" * 100, "ccc": b"x" * 100})
    raw = bytearray(path.read_bytes())
    first, second = (raw.rindex(b"PK\x01\x02", 0, raw.rindex(name)) for name in (b"bbb", b"ccc"))
    raw[second + 42 : second + 46] = raw[first + 42 : first + 46]
    path.write_bytes(raw)
    assert "upon each other" in _refused(path)


def test_a_password_and_odd_compressions_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "draft.zip", FILES, compression=zipfile.ZIP_BZIP2)
    assert "unusual compression" in _refused(path)
    path = write_zip(tmp_path / "locked.zip", FILES)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(raw)
    assert "password" in _refused(path)


def test_a_damaged_file_and_half_a_zip_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "draft.zip", FILES)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"filmfilm", b"FILMfilm", 1))
    assert "assets/film.mp4" in _refused(path)
    path.write_bytes(raw[: len(raw) // 2])
    assert "no whole zip" in _refused(path)
    path.write_bytes(b"")
    assert "no whole zip" in _refused(path)


def test_a_list_that_claims_millions_of_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "draft.zip", FILES)
    raw = bytearray(path.read_bytes())
    end = raw.rindex(b"PK\x05\x06")
    offset, size = len(raw), 2**40
    large = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 10**9, 10**9, size, 0)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, offset - 22, 1)
    small = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(raw[:end] + large + locator + small)
    assert "1000000000 files" in _refused(path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_gives_a_bundle_or_a_sentence(data: st.DataObject, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "damaged.zip", FILES, compression=zipfile.ZIP_DEFLATED)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        raw[data.draw(st.integers(min_value=0, max_value=len(raw) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.one_of(st.just(len(raw)), st.integers(min_value=0, max_value=len(raw))))
    path.write_bytes(raw[:kept])
    try:
        _unpack(path)
    except BadSource as fault:
        sentence = str(fault)
    else:
        sentence = ""
    assert not sentence or sentence.isprintable()
