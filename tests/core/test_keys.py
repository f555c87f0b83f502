"""Object keys: one for each file, one for each claim, and never anything else in them."""

from fnmatch import fnmatchcase
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.keys import EARLIER_FOLDER, OWN_FOLDERS, folder_of_others, rendition_key, source_key
from mediaproc.store.write_check import PREFIX

FILE = "a3" + "f1" * 31
TOKEN = UUID("12345678-1234-5678-1234-567812345678")


def test_a_source_is_kept_by_its_checksum() -> None:
    assert source_key(FILE, extension="avi") == f"sources/a/3/{FILE}.avi"


def test_a_rendition_is_kept_by_its_claim_and_its_name_tells_nothing_of_its_source() -> None:
    key = rendition_key(TOKEN, profile="mp4-quality", extension="mp4")
    assert key == f"renditions/1/2/{TOKEN}/mp4-quality.mp4"


def test_the_folders_of_earlier_keys_are_told_from_those_of_keys_now() -> None:
    keys = (
        "a/3/a3f1/a3f1.avi",
        source_key(FILE, extension="avi"),
        rendition_key(TOKEN, profile="mp4", extension="mp4"),
    )
    assert [fnmatchcase(key.partition("/")[0], EARLIER_FOLDER) for key in keys] == [True, False, False]


def test_no_two_claims_share_a_key() -> None:
    keys = {rendition_key(uuid4(), profile="mp4", extension="mp4") for _ in range(100)}
    assert len(keys) == 100


@given(st.text(max_size=70).filter(lambda text: not (len(text) == 64 and set(text) <= set("0123456789abcdef"))))
def test_only_a_checksum_names_a_file(text: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        source_key(text, extension="avi")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".avi", "AVI", "a b", "a\n", "x" * 65, "-a", "ä"])
def test_only_plain_names_stand_in_a_key(name: str) -> None:
    with pytest.raises(ValueError, match="object key"):
        source_key(FILE, extension=name)
    with pytest.raises(ValueError, match="object key"):
        rendition_key(TOKEN, profile=name, extension="mp4")


def test_nobody_else_may_have_a_folder_with_objects_of_ours() -> None:
    keys = ("a/3/a3f1/a3f1.avi", source_key(FILE, extension="avi"), rendition_key(TOKEN, profile="a", extension="b"))
    assert {key.partition("/")[0] for key in (*keys, f"{PREFIX}x")} <= OWN_FOLDERS
    for key in (*keys, f"{PREFIX}x"):
        with pytest.raises(WrongUse, match="objects of mediaproc's own"):
            folder_of_others(key.rpartition("/")[0])


@pytest.mark.parametrize("given", ["", "/", "/incoming", "in//b", "in/../sources", ".facts", "in/.b", "x" * 600])
def test_what_is_no_folder_of_a_bucket_is_refused(given: str) -> None:
    with pytest.raises(WrongUse, match="is no folder of a bucket"):
        folder_of_others(given)


@pytest.mark.parametrize("given", ["incoming", "incoming/", "a1/b", "sources-of-ann"])
def test_other_folders_are_others(given: str) -> None:
    assert folder_of_others(given) == f"{given.rstrip('/')}/"
