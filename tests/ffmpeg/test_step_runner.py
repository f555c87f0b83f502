"""A plan of several inputs and several runs is run in the room of its attempt: confined, bounded, watched, told."""

import threading
from pathlib import Path

import pytest

from mediaproc.core.plan.model import Plan
from mediaproc.core.progress import Progress
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.drawn import FRAMES, drawn_plan, furnish


@pytest.fixture
def folder(tools: Tools, tmp_path: Path) -> Path:
    """An attempt's private folder with a furnished room."""
    furnish(tmp_path, ffmpeg=tools.ffmpeg)
    return tmp_path


def _made(
    runner: FfmpegRunner, plan: Plan, folder: Path, *, told: list[Progress] | None = None, stop: threading.Event
) -> RunReport:
    return runner.transcode(
        plan,
        variant=plan.variants[0],
        source=folder / "source",
        output=folder / plan.output_name,
        on_progress=lambda progress: told.append(progress) if told is not None else None,
        stop=stop,
    )


def test_steps_read_each_others_files_and_the_last_makes_the_rendition(
    runner: FfmpegRunner, folder: Path, stop: threading.Event
) -> None:
    told: list[Progress] = []
    report = _made(runner, drawn_plan(), folder, told=told, stop=stop)
    probe = runner.probe(folder / "film.mp4", stop=stop)
    assert probe.videos[0].packets is not None
    assert probe.videos[0].packets.count == FRAMES
    assert len(probe.audios) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["film.mp4", "room"]
    assert report.log_tail == ""
    assert report.cpu_seconds > 0
    fractions = [progress.fraction for progress in told if progress.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {0.5, 1.0} <= set(fractions)
