"""ffprobe tells the facts about an upload, and what is no film is refused with the reason."""

import os
import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.ffmpeg.runner import FfmpegRunner
from tests.ffmpeg.conftest import MakeClip
from tests.ffmpeg.ordinary_user import NOBODY


def test_a_probe_may_leave_the_packets_alone(runner: FfmpegRunner, make_clip: MakeClip, stop: threading.Event) -> None:
    assert runner.probe(make_clip(), stop=stop, packets=False).videos[0].packets is None
    packets = runner.probe(make_clip(), stop=stop).videos[0].packets
    assert packets is not None
    assert packets.count == 50


@pytest.mark.parametrize(
    ("content", "error_class"),
    [(b"", ErrorClass.EMPTY), (b"no film at all\n" * 1000, ErrorClass.UNREADABLE), (b"\0" * 99, ErrorClass.UNREADABLE)],
)
def test_what_is_no_film_is_refused(
    content: bytes, error_class: ErrorClass, runner: FfmpegRunner, tmp_path: Path, stop: threading.Event
) -> None:
    source = tmp_path / "holiday.avi"
    source.write_bytes(content)
    with pytest.raises(BadSource) as caught:
        runner.probe(source, stop=stop)
    assert caught.value.error_class is error_class


def test_what_is_no_file_is_refused(runner: FfmpegRunner, tmp_path: Path, stop: threading.Event) -> None:
    with pytest.raises(BadSource):
        runner.probe(tmp_path, stop=stop)
    with pytest.raises(AttemptFailed) as caught:
        runner.probe(tmp_path / "gone.avi", stop=stop)
    assert caught.value.error_class is ErrorClass.SOURCE_MISSING
    os.mkfifo(tmp_path / "pipe.avi")
    with pytest.raises(BadSource):
        runner.probe(tmp_path / "pipe.avi", stop=stop)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets files that it may read by privilege alone")
def test_root_probes_another_users_private_file_as_that_user(
    runner: FfmpegRunner, make_clip: MakeClip, open_folder: Path, stop: threading.Event
) -> None:
    source = open_folder / "private.avi"
    source.write_bytes(make_clip().read_bytes())
    source.chmod(0o600)
    os.chown(source, NOBODY, NOBODY)
    assert runner.probe(source, stop=stop).format_name == "avi"
