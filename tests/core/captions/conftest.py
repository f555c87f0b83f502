from pathlib import Path

import imageio_ffmpeg
import pytest

from mediaproc.ffmpeg.tools import find_tools
from tests.core.captions.drawn import Drawer
from tests.parts.quick_tools import quick_tools


@pytest.fixture(params=["system", "newest"])
def drawer(request: pytest.FixtureRequest, tmp_path: Path) -> Drawer:
    """The two builds of ffmpeg whose options and libraries are farthest apart."""
    newest = imageio_ffmpeg.get_ffmpeg_exe()
    ffmpeg = str(find_tools(ffmpeg=None, ffprobe=None).ffmpeg) if request.param == "system" else newest
    return Drawer(ffmpeg=ffmpeg, room=tmp_path)


@pytest.fixture
def quick_drawer(tmp_path: Path) -> Drawer:
    """A build that starts at once."""
    return Drawer(ffmpeg=str(quick_tools().ffmpeg), room=tmp_path)
