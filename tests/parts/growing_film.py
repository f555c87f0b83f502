"""A film whose pictures grow from 320x240 to 8192x4320 in the middle, which its head does not tell."""

import subprocess
from pathlib import Path

from mediaproc.ffmpeg.tools import find_tools

# As large as a site accepts; and the crop by which these pictures are shown as small as the first ones.
_LARGE, _CUT = "8192x4320", "crop_right=7872:crop_bottom=4080"


def growing_film(folder: Path, *, shown_small: bool = False, size: str = _LARGE) -> Path:
    """Two seconds of small pictures, then eight large ones; with `shown_small` their header crops these to be small."""
    small, large, film = folder / "small.ts", folder / "large.ts", folder / "holiday.ts"
    encode = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:d=2:r=25", *encode, small)
    # A decoder keeps all sixteen reference pictures.
    _ffmpeg("-f", "lavfi", "-i", f"color=s={size}:d=0.32:r=25", *encode, "-refs", "16", "-threads", "1", large)
    if shown_small:
        cut = folder / "cut.ts"
        _ffmpeg("-i", large, "-c", "copy", "-bsf:v", f"h264_metadata={_CUT}", cut)
        large = cut
    film.write_bytes(small.read_bytes() + large.read_bytes())
    return film


def _ffmpeg(*arguments: str | Path) -> None:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    command = [str(tools.ffmpeg), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)
