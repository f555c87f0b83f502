"""A room to draw in; another one for each build of ffmpeg whose graphs are read otherwise."""

from pathlib import Path

import pytest

from mediaproc.ffmpeg.tools import Tools
from tests.core.render.drawn import Room
from tests.parts.builds_of_ffmpeg import installed_tools, newest_tools
from tests.parts.quick_tools import quick_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    return quick_tools()


@pytest.fixture
def room(tools: Tools, tmp_path: Path) -> Room:
    return Room(folder=tmp_path, tools=tools)


@pytest.fixture(params=["the distribution's", "the newest"])
def room_of_build(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    return Room(folder=tmp_path, tools=newest_tools() if request.param == "the newest" else installed_tools())
