"""The programs that attacks are tried on."""

import pytest

from mediaproc.ffmpeg.tools import Tools, find_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools(ffmpeg=None, ffprobe=None)
