"""A room to draw in; another one for each build of ffmpeg whose graphs are read otherwise."""

from pathlib import Path

import imageio_ffmpeg
import pytest

from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.core.render.drawn import Room
from tests.parts.quick_tools import quick_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    return quick_tools()


@pytest.fixture
def room(tools: Tools, tmp_path: Path) -> Room:
    return Room(folder=tmp_path, tools=tools)


@pytest.fixture(params=["the distribution's", "the newest"])
def room_of_build(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    newest = imageio_ffmpeg.get_ffmpeg_exe() if request.param == "the newest" else None
    return Room(folder=tmp_path, tools=find_tools(ffmpeg=newest, ffprobe=str(quick_tools().ffprobe)))
