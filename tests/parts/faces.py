"""The open faces that tests draw with: packages that `make test` installs, or ffmpeg brings."""

from functools import cache
from pathlib import Path

import pytest

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
INTER = Path("/usr/share/fonts/opentype/inter/Inter-Regular.otf")
# A collection of two faces.
MICRO_HEI = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")


@cache
def content(path: Path) -> bytes:
    """The file of a face; the test is skipped where this machine has none."""
    if not path.exists():
        pytest.skip(f"this machine has no {path}")
    return path.read_bytes()
