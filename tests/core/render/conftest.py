"""A room to draw in, with each build of ffmpeg whose graphs differ."""

from pathlib import Path

import pytest

from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.core.render.drawn import Room


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools(ffmpeg=None, ffprobe=None)


@pytest.fixture
def room(tools: Tools, tmp_path: Path) -> Room:
    return Room(folder=tmp_path, tools=tools)
