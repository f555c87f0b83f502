"""Films whose sound is displaced on purpose."""

import pytest

from mediaproc.ffmpeg.tools import find_tools
from tests.corpus.making import Maker


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(tools=find_tools(ffmpeg=None, ffprobe=None), folder=tmp_path_factory.mktemp("films"))
