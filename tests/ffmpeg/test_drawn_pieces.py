"""What a large picture is made small to is the same, whichever decoder it comes from."""

import subprocess
from pathlib import Path

from mediaproc.core.plan.compared_pieces import OUTPUT
from mediaproc.core.plan.drawn_pieces import FOUND, WANTED, look_graph
from mediaproc.core.similarity import CELLS_A_SIDE
from mediaproc.ffmpeg.comparison_reader import ComparisonReader
from mediaproc.ffmpeg.tools import Tools


def test_flat_colours_of_a_large_picture_stay_what_they_are(tools: Tools, tmp_path: Path) -> None:
    quadrants = "color=0x204080:s=1072x1920,format=yuv420p,drawbox=0:0:536:960:0xc02040:fill"
    coded = {"found.mp4": ("libx264", "-crf", "10", "-preset", "ultrafast"), "wanted.mkv": ("ffv1",)}
    for name, codec in coded.items():
        command = (str(tools.ffmpeg), "-v", "error", "-f", "lavfi", "-i", quadrants, "-frames:v", "1", "-c:v", *codec)
        subprocess.run((*command, str(tmp_path / name)), check=True, stdin=subprocess.DEVNULL)
    inputs = [word for name in coded for word in ("-i", str(tmp_path / name))]
    graph = ("-filter_complex", look_graph(shows=None), "-map", "[pictures]")
    command = (str(tools.ffmpeg), "-v", "error", *inputs, *graph, "-f", "null", "-")
    reader = ComparisonReader(0.0)
    reader.read(subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout)
    seen = reader.side(OUTPUT).pictures
    for cells in (seen[FOUND], seen[WANTED]):
        assert len(cells) == CELLS_A_SIDE**2
        for one in (cells[0], cells[1], cells[4], cells[5]):
            assert _apart(one, cells[0]) <= 2
        for other in cells[8:]:
            assert _apart(other, cells[-1]) <= 2
    for found, wanted in zip(seen[FOUND], seen[WANTED], strict=True):
        assert _apart(found, wanted) <= 3


def _apart(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
