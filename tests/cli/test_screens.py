"""Every screen fits a real terminal of 80 and of 200 columns, with difficult names: tmux tells each cell."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.clips import make_clip
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.terminals import TMUX, Terminal, Terminals, terminals

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed (tests/system-packages.txt)")

# Names of wide characters, from right to left, and as long as a file system takes.
_NAMES = ("假期 第一部分 在海边.avi", "שלום עולם.avi", "é" * 125 + "x.avi")
_BROKEN = "坏的 " * 30 + ".avi"


@pytest.mark.parametrize("columns", [80, 200])
def test_every_screen_fits_its_terminal_whatever_the_names(database_url: str, tmp_path: Path, columns: int) -> None:
    folder = _make_films(tmp_path)
    # One of four seconds is said to be done, and nothing more happens until all screens of it were looked at.
    held = HeldFfmpeg(tmp_path, says_done=1)
    settings = {"database_url": database_url, "home": str(tmp_path / "home"), "slots": "3", "lease": "600"}
    environment = {f"MEDIAPROC_{name.upper()}": value for name, value in (settings | held.settings).items()}
    with terminals(tmp_path, columns=columns, environment=environment) as screens:
        enqueue = screens.run("enqueue", folder)
        assert enqueue.ended() == 1
        _assert_one_line_tells_of_each(_unbroken(enqueue))

        transcode = screens.run("transcode", folder, "--out", tmp_path / "out")
        _assert_bars_stand_below_each_other(screens, transcode.shows(" left", times=len(_NAMES)))
        _unbroken(transcode)
        at_work = [screens.run("status"), screens.run("tasks", "list"), screens.run("tasks", "show", 1, 2, 3)]
        for each in at_work:
            each.ended()
            _assert_names_are_seen(_unbroken(each), whole=columns == 200)
        for each in at_work[:2]:
            _, rows = _table(_unbroken(each), first="task", column="file")
            assert all("25 %" in row for row in rows)

        held.let_go()
        assert transcode.ended() == 1
        results = _unbroken(transcode)
        assert any("3 of 4 files done" in line for line in results)
        _assert_names_are_seen(results, whole=columns == 200)
        _assert_column_is_straight(screens, results, first="file", column="outcome", text="verified")
        afterwards = [screens.run("tasks", "list", "--all"), screens.run("status"), screens.run("doctor")]
        for each in afterwards:
            each.ended()
        history, *_ = map(_unbroken, afterwards)
        _assert_names_are_seen(history, whole=False)
        _assert_column_is_straight(screens, history, first="task", column="why", text="verified")


def _make_films(folder: Path) -> Path:
    """A folder with a short film under each of the names, and one file that is no film."""
    films = folder / "in"
    films.mkdir()
    for seed, name in enumerate(_NAMES):
        # Renamed afterwards: ffmpeg does not take names of every length.
        make_clip(folder / "film.avi", seconds=4, seed=seed).rename(films / name)
    (films / _BROKEN).write_bytes(b"no film" * 300)
    return films


def _unbroken(terminal: Terminal) -> list[str]:
    """The lines of the screen; asserts that none is wrapped."""
    assert not terminal.goes_on_in_a_second_row(), terminal.lines()
    return terminal.lines()


def _assert_one_line_tells_of_each(lines: Sequence[str]) -> None:
    enqueued = [line for line in lines if line.startswith("enqueued   ")]
    for name in _NAMES:
        assert any(f"{name[-5:]}: task " in line for line in enqueued), lines
    assert len(enqueued) == len(_NAMES)
    assert not [line for line in lines if "taking in" in line], "what is left of a bar among the lines"


def _assert_bars_stand_below_each_other(screens: Terminals, lines: Sequence[str]) -> None:
    bars = [line for line in lines if "━" in line]
    assert len(bars) == len(_NAMES) + 1, lines
    assert len({screens.cells(line[: line.index("━")]) for line in bars}) == 1, lines
    _assert_names_are_seen(bars, whole=False)
    ends = {screens.cells(line) for line in bars if " left" in line}
    assert len(ends) == 1, lines


def _assert_names_are_seen(lines: Sequence[str], *, whole: bool) -> None:
    """Asserts that a long name lost its middle, not its end."""
    for name in _NAMES:
        (line,) = [line for line in lines if name[:4] in line]
        assert ".avi" in line
        assert not whole or len(name) > 60 or name in line


def _table(lines: Sequence[str], *, first: str, column: str) -> tuple[str, list[str]]:
    """The titles and the films' rows of the table with these two columns."""
    (at,) = [at for at, line in enumerate(lines) if line.split()[:1] == [first] and column in line.split()]
    rows = [line for line in lines[at + 1 :] if any(name[:4] in line for name in _NAMES)]
    assert len(rows) == len(_NAMES), lines
    return lines[at], rows


def _assert_column_is_straight(screens: Terminals, lines: Sequence[str], *, first: str, column: str, text: str) -> None:
    """Asserts that each row has its text below the column's title."""
    titles, rows = _table(lines, first=first, column=column)
    for row in rows:
        assert screens.cells(row[: row.index(text)]) == titles.index(column), lines
