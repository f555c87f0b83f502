"""`mediaproc files delete` asks on a terminal, needs --yes elsewhere for a tenant, and tells of each file."""

import io
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from mediaproc.db import uploads
from tests.cli.conftest import Command
from tests.db.old_rows import DAY, add_ended_task, sha256_of
from tests.parts.faulty_store import FaultyStore


class _Person(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultyStore:
    """The store of the commands: two files of ann's, one of which bob has too, each with a rendition."""
    store = FaultyStore(tmp_path / "media")
    store.prepare()
    monkeypatch.setenv("MEDIAPROC_STORE_URL", (tmp_path / "media").as_uri())
    return store


@pytest.fixture
def anns(rows: Connection, store: FaultyStore, tmp_path: Path) -> list[str]:
    for task, name in enumerate(("one", "two"), 1):
        key = add_ended_task(rows, task, age=DAY, file=name, bucket=store.bucket)
        uploads.record_upload(rows, file_id=sha256_of(name), tenant="ann", filename="x.avi")
        for each in (key or "", f"sources/{sha256_of(name)}.avi"):
            store.fill(each, folder=tmp_path)
    uploads.record_upload(rows, file_id=sha256_of("two"), tenant="bob", filename="y.avi")
    return [sha256_of("one"), sha256_of("two")]


def _is_at_a_terminal(monkeypatch: pytest.MonkeyPatch, *, says: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Person(says))


def test_a_file_is_deleted_at_once_where_nobody_can_be_asked(
    site: Command, store: FaultyStore, anns: list[str]
) -> None:
    ran = site("files", "delete", anns[0])
    assert (ran.code, ran.out) == (0, f"{anns[0]}: deleted, with 1 rendition; 0 tasks cancelled.\n")
    assert len(set(store.keys())) == 2
    again = site("files", "delete", anns[0], "0" * 64)
    assert (again.code, again.err.splitlines()) == (
        1,
        [f"The file {anns[0]} is deleted already.", f"There is no file {'0' * 64}."],
    )


def test_all_of_a_tenant_go_but_what_another_has_too(
    site: Command, store: FaultyStore, anns: list[str], rows: Connection
) -> None:
    refused = site("files", "delete", "--tenant", "ann")
    assert (refused.code, "--tenant needs --yes" in refused.err) == (2, True)
    assert len(set(store.keys())) == 4
    answers = site("files", "delete", "--tenant", "ann", "--yes", "--json").objects()
    assert {answer["file"]: answer["is_kept_for_others"] for answer in answers} == {anns[0]: False, anns[1]: True}
    assert rows.execute(text("SELECT file_id, tenant FROM media_upload")).all() == [(anns[1], "bob")]
    none = site("files", "delete", "--tenant", "ann", "--yes")
    assert (none.code, none.err) == (1, "The tenant 'ann' has no upload.\n")


@pytest.mark.parametrize(("says", "left"), [("n\n", 4), ("y\n", 2)])
def test_a_person_hears_what_will_go_and_is_asked(
    site: Command, store: FaultyStore, anns: list[str], monkeypatch: pytest.MonkeyPatch, says: str, left: int
) -> None:
    _is_at_a_terminal(monkeypatch, says=says)
    ran = site("files", "delete", "--tenant", "ann")
    assert "1 upload (5 bytes) and 1 rendition go for good, and 0 tasks not done yet will be cancelled." in ran.out
    assert "1 upload more others have too" in ran.out
    assert (ran.code, len(set(store.keys()))) == (0 if left < len(anns) + 1 else 1, left)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Name the files to delete"),
        (("0" * 64, "--tenant", "ann", "--yes"), "one of the two"),
        (("holiday.avi",), "'holiday.avi' is no file: it must be a SHA-256 in 64 lower-case hex digits."),
    ],
)
def test_a_wrong_use_is_one_sentence(site: Command, arguments: tuple[str, ...], says: str) -> None:
    ran = site("files", "delete", *arguments)
    assert (ran.code, says in ran.err, ran.err.count("\n")) == (2, True, 1)
