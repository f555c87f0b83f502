"""ffprobe's lines cost memory and time by what is in them, whatever it writes."""

from contextlib import ExitStack

from mediaproc.ffmpeg.probing import _Lines


def test_a_line_without_an_end_is_not_kept() -> None:
    with ExitStack() as stack:
        lines = _Lines((0,), stack=stack)
        for _ in range(64):
            lines.split(b"x" * 65_536)
        assert len(lines._rest) <= 4_096  # noqa: SLF001 - what it keeps has no other name


def test_a_line_in_many_pieces_is_whole() -> None:
    with ExitStack() as stack:
        lines = _Lines((0,), stack=stack)
        for byte in b"stream_index=0|pts_time=1.5|dts_time=1.5|duration_time=0.04|size=7|flags=K_\n":
            lines.split(bytes((byte,)))
        assert lines.facts()[0].count == 1
