from pathlib import Path

import pytest

from tests.core.captions.drawn import Drawer
from tests.parts.builds_of_ffmpeg import installed_tools, newest_tools
from tests.parts.quick_tools import quick_tools


@pytest.fixture(params=["system", "newest"])
def drawer(request: pytest.FixtureRequest, tmp_path: Path) -> Drawer:
    """The two builds of ffmpeg whose options and libraries are farthest apart."""
    tools = installed_tools() if request.param == "system" else newest_tools()
    return Drawer(ffmpeg=str(tools.ffmpeg), room=tmp_path)


@pytest.fixture
def quick_drawer(tmp_path: Path) -> Drawer:
    """A build that starts at once."""
    return Drawer(ffmpeg=str(quick_tools().ffmpeg), room=tmp_path)
