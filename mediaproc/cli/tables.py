"""Tables and paragraphs that fit the terminal; long names are cut in the middle, control characters are escaped."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from shutil import get_terminal_size

from mediaproc.core.safe_text import ELLIPSIS, cells, cut_middle, prefix, shown

_GAP = "  "
_LEAST = 6
# The most cells of a name in a table: a name of 255 would push the other columns out of sight.
_LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; where the table is wider than the terminal, `names` lose their middle and `prose` its end."""

    title: str
    right: bool = False
    names: bool = False
    prose: bool = False

    @property
    def gives_way(self) -> bool:
        """Whether its texts may be cut."""
        return self.names or self.prose


def terminal_width(*, err: bool = False) -> int | None:
    """The columns of the terminal that standard output (or error) is, or None where it is none.

    A pipe gets whole texts.
    """
    stream = sys.stderr if err else sys.stdout
    return get_terminal_size().columns if stream.isatty() else None


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, width: int | None) -> str:
    """Title line and rows, each at most `width` cells wide as far as its unyielding columns allow."""
    texts = [["" if cell is None else shown(str(cell)) for cell in row] for row in rows]
    # A column of prose without any text would only take room.
    kept = [at for at in range(len(columns)) if not columns[at].prose or any(row[at] for row in texts)]
    columns, texts = [columns[at] for at in kept], [[row[at] for at in kept] for row in texts]
    widths = _widths(columns, texts, width=width)
    lines = [_line(columns, [column.title for column in columns], widths)]
    lines += [_line(columns, row, widths) for row in texts]
    return "\n".join(lines)


def _widths(columns: Sequence[Column], texts: Sequence[Sequence[str]], *, width: int | None) -> list[int]:
    widths = [max([cells(column.title), *(cells(row[at]) for row in texts)]) for at, column in enumerate(columns)]
    if width is None:
        return widths
    for at, column in enumerate(columns):
        if column.names:
            widths[at] = min(widths[at], _LONGEST_NAME)
    excess = sum(widths) + len(_GAP) * (len(columns) - 1) - width
    yielding = [at for at, column in enumerate(columns) if column.gives_way]
    # The widest column loses one cell at a time, so that the yielding columns end up about equally wide.
    while excess > 0 and yielding:
        widest = max(yielding, key=lambda at: widths[at])
        if widths[widest] <= max(_LEAST, cells(columns[widest].title)):
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _line(columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for column, text, width in zip(columns, texts, widths, strict=True):
        fitting = _cut_end(text, width=width) if column.prose else cut_middle(text, width=width)
        blanks = " " * (width - cells(fitting))
        padded.append(blanks + fitting if column.right else fitting + blanks)
    return _GAP.join(padded).rstrip()


def _cut_end(text: str, *, width: int) -> str:
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def paragraph(text: str, *, width: int | None, indent: str = "") -> str:
    """Text broken into lines that fit, each behind the indent; a word is broken only where it is longer than a line."""
    if width is None:
        return indent + text
    room = max(width, 40) - len(indent)
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cells(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while cells(line) > room:
            lines.append(prefix(line, width=room))
            line = line[len(lines[-1]) :]
    return "\n".join(indent + each for each in [*lines, line])
