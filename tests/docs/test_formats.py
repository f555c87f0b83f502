"""The page of formats names what is taken, each with the extension under which it is kept, and nothing else."""

import re

from mediaproc.core.limits import SOURCE_FORMATS
from mediaproc.core.source_type import source_type
from tests.docs.generated import ROOT

PAGE = ROOT / "docs" / "reference" / "formats.md"


def _rows() -> list[tuple[set[str], set[str]]]:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if "`" in line]
    return [
        (set(re.findall(r"`(\w+)`", row[1])), set(re.findall(r"`\.(\w+)`", row[2]))) for row in rows if len(row) == 3
    ]


def test_the_page_names_every_format_that_is_taken_and_no_other() -> None:
    assert set().union(*(formats for formats, _ in _rows())) == set(SOURCE_FORMATS)


def test_the_page_names_the_extension_of_each() -> None:
    kept = {form: extensions for formats, extensions in _rows() for form in formats}
    for form in SOURCE_FORMATS:
        extension = source_type(form, head=b"").extension
        assert extension == form if not kept[form] else extension in kept[form], form
