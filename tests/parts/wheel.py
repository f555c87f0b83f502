"""The ffmpeg and ffprobe of a wheel, found as the product finds them on a machine that has no others."""

import os
from unittest import mock

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.ffmpeg.tools import Tools, find_tools


def wheel_tools() -> Tools:
    """The programs of the extra `embedded`, executable; skips the test where the extra is not installed."""
    with mock.patch.dict(os.environ, PATH=""):
        try:
            return find_tools(ffmpeg=None, ffprobe=None)
        except PartMissing as missing:
            pytest.skip(str(missing))
