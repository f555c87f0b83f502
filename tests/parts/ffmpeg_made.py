"""What ffmpeg makes of its own sources, made once for all tests of a run that read it."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.parts.quick_tools import quick_tools


@cache
def made_by_ffmpeg(*arguments: str, name: str) -> bytes:
    """The content of a file whose name may say its form."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, name)
        command = [str(quick_tools().ffmpeg), "-v", "error", *arguments, f"file:{made}"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return made.read_bytes()
