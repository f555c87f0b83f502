"""ffprobe tells the facts about an upload, and what is no film is refused with the reason."""

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.ffmpeg import child
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import Tools
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


@pytest.mark.parametrize(
    ("suffix", "video", "starts"),
    [(".mp4", "libx264", 1), (".avi", "mpeg4", 1), (".mkv", "libx264", 1), (".ts", "libx264", 2)],
)
def test_a_source_is_read_in_one_run_of_ffprobe_unless_its_kind_needs_an_option_of_its_own(
    suffix: str, video: str, starts: int, started: list[str], runner: FfmpegRunner, make_clip: MakeClip
) -> None:
    probe = runner.probe(make_clip(video=video, suffix=suffix), stop=threading.Event())
    assert len(started) == starts
    assert all(stream.packets is not None and stream.packets.count for stream in probe.watchable)


def test_no_packet_is_read_of_what_is_refused_by_its_head_or_is_sound_alone(
    started: list[str], runner: FfmpegRunner, tools: Tools, tmp_path: Path, stop: threading.Event
) -> None:
    sound = tmp_path / "sound.wav"
    command = [str(tools.ffmpeg), "-v", "error", "-f", "lavfi", "-i", "sine=d=1", str(sound)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    assert runner.probe(sound, stop=stop).audios[0].packets is None
    assert [told for told in started if "packet=" in told] == []
    # What is no film in its head ends the one run before a packet is read.
    refused = tmp_path / "refused.avi"
    refused.write_bytes(b"no film at all\n" * 1000)
    with pytest.raises(BadSource):
        runner.probe(refused, stop=stop)
    assert len(started) == 2


def test_a_walk_that_crashes_leaves_the_facts_of_the_head(
    runner: FfmpegRunner, make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch, stop: threading.Event
) -> None:
    def crash(command: Sequence[str], **options: Any) -> child.Ended:  # noqa: ANN401 - as child.run
        ended = child.run(command, **options)
        return replace(ended, code=-signal.SIGSEGV) if any("packet=" in word for word in command) else ended

    whole = runner.probe(make_clip(), stop=stop)
    monkeypatch.setattr("mediaproc.ffmpeg.prober.run", crash)
    crashed = runner.probe(make_clip(), stop=stop)
    assert crashed.videos[0].packets is None
    assert replace(crashed, others_end=whole.others_end, videos=whole.videos, audios=whole.audios) == whole


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line of each ffprobe that was started."""
    seen: list[str] = []

    def run(command: Sequence[str], **options: Any) -> child.Ended:  # noqa: ANN401 - as child.run
        seen.append(" ".join(command))
        return child.run(command, **options)

    monkeypatch.setattr("mediaproc.ffmpeg.prober.run", run)
    return seen
