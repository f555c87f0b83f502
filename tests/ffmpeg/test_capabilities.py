"""The doctor names what a build of ffmpeg lacks: so every filter that draws timelines must be known to it."""

import re
from pathlib import Path

import mediaproc.core
from mediaproc.ffmpeg.capabilities import DRAWING_FILTERS, FILTERS, missing_filters
from mediaproc.ffmpeg.tools import Tools

_NAMED = re.compile(r'\.filter\(\s*"([a-z0-9_]+)"')


def _named_in(*folders: str) -> set[str]:
    core = Path(str(mediaproc.core.__file__)).parent
    texts = [path.read_text() for folder in folders for path in (core / folder).glob("*.py")]
    return {name for text in texts for name in _NAMED.findall(text)}


def test_every_filter_that_draws_is_looked_for(tools: Tools) -> None:
    named = _named_in("render", "captions")
    assert {"xfade", "ass", "overlay"} <= named
    assert named <= {*FILTERS, *DRAWING_FILTERS}
    assert missing_filters(tools.ffmpeg) == ()
