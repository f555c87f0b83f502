"""Twelve files from elsewhere, three of them broken, become nine mp4s and three sentences, with either ffmpeg."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.strange_files import copy_strange_files
from tests.corpus.manifest import corpus_folder
from tests.parts.wheel import wheel_tools

pytestmark = [
    pytest.mark.skipif(corpus_folder() is None, reason="the corpus is not there, beside the project as shared/corpus"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = corpus_folder()
    assert corpus is not None
    copy_strange_files(corpus, tmp_path / "in")
    return tmp_path / "in"


def _programs(which: str) -> list[str]:
    """Options that name the ffmpeg of the machine, or the one of the extra `embedded`."""
    if which == "machine":
        return []
    tools = wheel_tools()
    return ["--ffmpeg", str(tools.ffmpeg), "--ffprobe", str(tools.ffprobe)]


@pytest.mark.parametrize("which", ["machine", "wheel"])
def test_nine_of_twelve_become_mp4s_and_three_a_sentence(
    site: Command, folder: Path, tmp_path: Path, which: str
) -> None:
    ran = site("transcode", folder, "--out", tmp_path / "out", *_programs(which))
    assert ran.code == 1
    assert len(list((tmp_path / "out").iterdir())) == 9
    assert "9 of 12 files done" in ran.out
    assert "\x1b" not in ran.out + ran.err
    lines = ran.out.splitlines()
    for name in ("WrongFile.mp4", "init.mp4", "text\\x1b[31m.mp4"):
        assert any(line.startswith((f"{name}: The file", f"{name}: No")) for line in lines)
