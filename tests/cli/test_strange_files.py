"""Twelve files that nobody here made, of which three are broken: nine mp4s, three sentences, whichever ffmpeg."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.corpus.manifest import corpus_folder
from tests.parts.wheel import wheel_tools

pytestmark = [
    pytest.mark.xdist_group("transcode"),
    pytest.mark.skipif(corpus_folder() is None, reason="the corpus is not there, beside the project as shared/corpus"),
]

# Their names here try the terminal: wide, right to left, as long as a file system takes.
_GOOD = {
    "PHP-FFMpeg__PHP-FFMpeg/Test.ogv": "Test.ogv",
    "PHP-FFMpeg__PHP-FFMpeg/portrait.MOV": "portrait.MOV",
    "androidx__media/dolbyVision-hdr.MOV": "dolbyVision-hdr.MOV",
    "androidx__media/sample.avi": "sample.avi",
    "androidx__media/sample.flv": "sample.flv",
    "androidx__media/sample_h265.ts": "שלום עולם.ts",
    "androidx__media/video.mp4": "-y.mp4",
    "apache__tika/testFLV.flv": "é" * 125 + ".flv",
    "apache__tika/testWMV_WMV2.wmv": "假期 第一部分 在海边.wmv",
}
_BROKEN = {
    "PHP-FFMpeg__PHP-FFMpeg/WrongFile.mp4": "WrongFile.mp4",
    "androidx__media/init.mp4": "init.mp4",
    "androidx__media/sample.text.mp4": "text\x1b[31m.mp4",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = corpus_folder()
    assert corpus is not None
    (tmp_path / "in").mkdir()
    for source, name in (_GOOD | _BROKEN).items():
        shutil.copy(corpus / source, tmp_path / "in" / name)
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
