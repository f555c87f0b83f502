"""A name that ffmpeg would take for a pattern is read as the name that it is, or refused with the reason."""

import shutil
import tempfile
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, MediaprocError
from mediaproc.ffmpeg import sandbox as sandbox_module
from mediaproc.ffmpeg.literal_name import literally_named
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.conftest import MakeClip


def test_a_name_that_is_a_pattern_of_pictures_is_a_name(
    runner: FfmpegRunner, make_clip: MakeClip, open_folder: Path, stop: threading.Event
) -> None:
    film = Path(shutil.copyfile(make_clip(), open_folder / "%03d.jpg"))
    assert runner.probe(film, stop=stop).videos[0].packets is not None


def test_told_to_ffmpeg_that_name_is_a_pattern(
    tools: Tools,
    sandbox: Sandbox,
    make_clip: MakeClip,
    open_folder: Path,
    stop: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sandbox.isolates:
        pytest.skip("it is not told there")
    monkeypatch.setattr(sandbox_module, "literally_named", nullcontext)
    film = Path(shutil.copyfile(make_clip(), open_folder / "%03d.jpg"))
    with pytest.raises(MediaprocError):
        FfmpegRunner(tools, sandbox=sandbox).probe(film, stop=stop)


def test_where_no_link_can_be_made_that_name_is_refused(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder / "nowhere"))
    with pytest.raises(AttemptFailed, match="give the file another name"), literally_named(open_folder / "%03d.jpg"):
        pass
