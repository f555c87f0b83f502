"""Twelve files of the corpus that nobody here made, of which three are broken."""

import shutil
from pathlib import Path

# Their names here try the terminal: wide, right to left, as long as a file system takes.
GOOD = {
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
BROKEN = {
    "PHP-FFMpeg__PHP-FFMpeg/WrongFile.mp4": "WrongFile.mp4",
    "androidx__media/init.mp4": "init.mp4",
    "androidx__media/sample.text.mp4": "text\x1b[31m.mp4",
}


def copy_strange_files(corpus: Path, folder: Path) -> None:
    """All twelve files, in a new folder."""
    folder.mkdir()
    for source, name in (GOOD | BROKEN).items():
        shutil.copyfile(corpus / source, folder / name)
