"""What a watch remembers outlives the process, and no damage of the file does more than cost time."""

import subprocess
import sys
from pathlib import Path

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.core.settling import Remembered
from mediaproc.watching.journal import Journal, opened_journal

TAKEN = Remembered(state="1 2 3", was_taken=True)
REFUSED = Remembered(state="1 2 3", was_taken=False)
# A byte that is no UTF-8, as Python has it in names.
HOSTILE = 'a\n["x","y",true]\n\u202e\udcff"\\.avi'


def test_what_was_remembered_is_known_after_a_restart_and_of_one_watch_alone(tmp_path: Path) -> None:
    with opened_journal(tmp_path, of=["one"]) as journal:
        journal.remember("a", TAKEN)
        journal.remember(HOSTILE, REFUSED)
        journal.remember("gone", TAKEN)
        journal.remember("passing", REFUSED, lasts=False)
        journal.keep_only(["a", HOSTILE, "passing"])
        assert journal.of("passing") == REFUSED
    with opened_journal(tmp_path, of=["one"]) as journal:
        assert [journal.of(name) for name in ("a", HOSTILE, "gone", "passing")] == [TAKEN, REFUSED, None, None]
    with opened_journal(tmp_path, of=["two"]) as journal:
        assert journal.of("a") is None


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_line_that_was_cut_is_lost_alone(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, is_alone=True)
    journal.remember("a", TAKEN)
    journal.remember("b", TAKEN)
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path, is_alone=True)
    assert (journal.of("a"), journal.of("b")) == (TAKEN, None)
    journal.remember("c", TAKEN)
    assert [Journal(path, is_alone=True).of(name) for name in "abc"] == [TAKEN, None, TAKEN]


@pytest.mark.parametrize("content", [b"\0" * 100, b"\n{}\n[1]\n[]\n[1,2,3]\n\xff\n", b'\n["a","1",1]'])
def test_a_file_of_something_else_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").write_bytes(content)
    assert Journal(tmp_path / "journal", is_alone=True).of("a") is None


def test_the_file_stays_as_small_as_what_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, is_alone=True)
    journal.remember("kept", TAKEN)
    for number in range(5_000):
        journal.remember(f"{number}", TAKEN)
        journal.keep_only(["kept"])
    assert path.read_bytes().count(b"\n") < 1_100
    assert Journal(path, is_alone=True).of("kept") == TAKEN


def test_two_watches_share_a_file_and_the_second_never_writes_it_anew(tmp_path: Path) -> None:
    """The second is another process: a lock is a process's own."""
    second = (
        "import sys; from pathlib import Path; from mediaproc.core.settling import Remembered\n"
        "from mediaproc.watching.journal import opened_journal\n"
        "with opened_journal(Path(sys.argv[1]), of=['one']) as journal:\n"
        "    for number in range(1500):\n"
        "        journal.remember('b', Remembered(state=str(number), was_taken=True))\n"
        "    assert journal.of('a') is not None\n"
    )
    with opened_journal(tmp_path, of=["one"]) as journal:
        journal.remember("a", TAKEN)
        subprocess.run([sys.executable, "-c", second, str(tmp_path)], check=True, timeout=120)
        journal.remember("c", TAKEN)
    [path] = tmp_path.glob("*.journal")
    assert path.read_bytes().count(b"\n") == 1502
    again = Journal(path, is_alone=False)
    assert [again.of("a"), again.of("b"), again.of("c")] == [TAKEN, Remembered(state="1499", was_taken=True), TAKEN]


def test_a_home_that_cannot_be_written_is_a_missing_part(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PartMissing, match="set MEDIAPROC_HOME"), opened_journal(tmp_path / "file" / "x", of=["one"]):
        pass


def test_what_cannot_be_written_is_remembered_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gone" / "journal", is_alone=True)
    with pytest.raises(FileNotFoundError):
        journal.remember("a", TAKEN)
    assert journal.of("a") == TAKEN
