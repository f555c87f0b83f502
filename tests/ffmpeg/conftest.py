"""Short real clips, and a runner in each confinement that can run here."""

import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.ffmpeg.attempt import Attempt


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools(ffmpeg=None, ffprobe=None)


@pytest.fixture(scope="session", params=["require", "off"])
def sandbox(request: pytest.FixtureRequest, tools: Tools) -> Sandbox:
    setting: SandboxSetting = request.param
    return find_sandbox(setting, tool=tools.ffprobe)


@pytest.fixture
def runner(tools: Tools, sandbox: Sandbox) -> FfmpegRunner:
    return FfmpegRunner(tools, sandbox=sandbox)


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own folders are for one user alone."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-open-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


MakeClip = Callable[..., Path]


@pytest.fixture(scope="session")
def make_clip(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> MakeClip:
    """Makes (once for each form) a clip of moving bars with a tone, by plain ffmpeg."""
    folder = tmp_path_factory.mktemp("clips")

    def make(*, seconds: float = 2, size: str = "160x120", video: str = "mpeg4", suffix: str = ".avi") -> Path:
        clip = folder / f"{video}-{size}-{seconds}{suffix}"
        if not clip.exists():
            picture = ("-f", "lavfi", "-i", f"testsrc2=s={size}:d={seconds}:r=25")
            sound = ("-f", "lavfi", "-i", f"sine=d={seconds}")
            codecs = ("-c:v", video, "-pix_fmt", "yuv420p", "-c:a", "aac" if suffix == ".mp4" else "mp2")
            command = [str(tools.ffmpeg), "-v", "error", "-y", *picture, *sound, *codecs, str(clip)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return clip

    return make


@pytest.fixture
def attempt(runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path) -> Attempt:
    return Attempt(runner, make_clip(), tmp_path / "output.mp4")


@pytest.fixture
def long_attempt(runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path) -> Attempt:
    return Attempt(runner, make_clip(seconds=60, size="640x480"), tmp_path / "output.mp4", profile="mp4-quality")
