"""The builds of ffmpeg whose options and libraries are farthest apart, each looked at once."""

from functools import cache

import imageio_ffmpeg

from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.parts.quick_tools import quick_settings


@cache
def installed_tools() -> Tools:
    """The distribution's."""
    return find_tools(ffmpeg=None, ffprobe=None)


@cache
def newest_tools() -> Tools:
    """The newest ffmpeg, whose graphs are read otherwise, with an ffprobe that starts quickly."""
    return find_tools(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(), ffprobe=quick_settings().get("ffprobe"))
