"""A file of the room as a stream of exactly the frames that a take asks for."""

from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.plan.arguments import alpha_decoder
from mediaproc.core.plan.copy_or_encode import carrier, is_interlaced
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.render.graph import Filters, Graph
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.take import Take

_MICROSECONDS = 1_000_000

# A picture that begins so much (microseconds) after the moment that is shown is taken as there: containers that count
# milliseconds write 0.067 for the second frame of 30 a second.
_TOLERANCE = 2_000

# Containers in which a seek finds the key frame before a moment; in others reading begins so much earlier, for which
# the longest usual distance of key frames was taken (microseconds).
_INDEXED = frozenset({"mov", "matroska"})
_LEAD = 15 * _MICROSECONDS

# Pictures that a decoder holds: those that others refer to, and one for each thread.
_HELD_BY_DECODER = 6


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Opens files of the room as inputs of one graph."""

    graph: Graph
    rate: Fraction
    # Of each decoder.
    threads: int

    def film(self, file: RoomFile, take: Take, *, loops: bool = False) -> str:
        """The label of the frames of a take, the first one at 0, upright and of the size that the probe has found.

        Those of a reversed take are not reversed yet: that holds all of them, and smaller ones are cheaper.
        """
        video = _demanded(file)
        arguments: tuple[str, ...] = ()
        begin, tolerance = take.begin, _TOLERANCE
        if loops:
            arguments, begin = _looped(file.probe, begin)
        elif begin >= (last := last_picture(file)):
            # The last picture is there at its own moment, and at no later one.
            begin, tolerance = last, 0
        # Earlier pictures are read as well: the one that is shown at a moment may begin long before it.
        seek = max(Fraction(0), begin - (0 if carrier(file.probe) in _INDEXED else _LEAD))
        arguments += ("-noaccurate_seek", "-ss", _seconds(seek)) if seek > 0 else ()
        source = self._open(file, video, (*arguments, "-itsoffset", _seconds(seek - begin - tolerance)))
        # The last picture goes on for ever: `fps` never has to guess when it ends.
        filters = _shown(video).filter("tpad", stop=-1, stop_mode="clone")
        filters = filters.filter("fps", fps=_MICROSECONDS / take.step, start_time=0, round="up")
        if take.held_first:
            filters = filters.filter("tpad", start=take.held_first, start_mode="clone")
        return self.graph.chain(filters.then(self.exactly(take.frames)), source)

    def still(self, file: RoomFile) -> str:
        """The label of one picture, the first of the file."""
        video = _demanded(file)
        return self.graph.chain(_shown(video).filter("trim", end_frame=1), self._open(file, video, ()))

    def exactly(self, frames: int) -> Filters:
        """Filters that make a stream evenly timed from 0 on, and end it after so many frames."""
        counted = Filters().filter("settb", 1 / self.rate).filter("setpts", "N")
        # `fps` behind counted frames changes none; it tells what follows at which rate they come.
        return counted.filter("fps", self.rate).filter("trim", end_frame=frames)

    def held(self, frames: int) -> Filters:
        """Filters that hold one picture for so many frames."""
        return Filters().filter("loop", loop=-1, size=1).then(self.exactly(frames))

    def _open(self, file: RoomFile, video: VideoStream, arguments: tuple[str, ...]) -> str:
        # Filters are not made anew for pictures of another size: all that was counted would begin again.
        steady = ("-threads", str(self.threads), *alpha_decoder(video), "-reinit_filter", "0")
        return self.graph.read(
            (*steady, *arguments, "-i", f"file:{file.name}"),
            stream=video.index,
            pixels=video.width * video.height * (_HELD_BY_DECODER + self.threads),
        )


def last_picture(file: RoomFile) -> Fraction:
    """When (microseconds) the last picture of a film begins, as far as the probe tells; very late where it does not."""
    end = end_of_pictures(file)
    video = _demanded(file)
    if end is None:
        return Fraction(10**15)
    facts = video.packets
    lasts = (facts.last_duration if facts is not None else None) or float(1 / (video.frame_rate or 25))
    return max(Fraction(0), end - round(lasts * _MICROSECONDS))


def end_of_pictures(file: RoomFile) -> Fraction | None:
    """When (microseconds from the file's beginning) its last picture ends; None where nothing tells."""
    video, probe = _demanded(file), file.probe
    facts = video.packets
    if facts is not None and facts.last is not None:
        end: float | None = facts.last - (probe.start or 0.0) + (facts.last_duration or 0.0)
    else:
        end = video.duration or probe.duration
    return None if end is None else Fraction(max(0, round(end * _MICROSECONDS)))


def pixel_size(video: VideoStream) -> tuple[int, int]:
    """Width and height of a picture as the decoder gives it, upright."""
    is_turned = bool(round((video.rotation or 0.0) / 90) % 2)
    return (video.height, video.width) if is_turned else (video.width, video.height)


def _shown(video: VideoStream) -> Filters:
    # A picture of another size than the first is made to have that; the others go through untouched.
    filters = Filters().filter("scale", *pixel_size(video))
    if is_interlaced(video):
        only = {} if video.field_order else {"deint": "interlaced"}
        filters = filters.filter("bwdif", mode="send_frame", **only)
    return filters


def _looped(probe: Probe, begin: Fraction) -> tuple[tuple[str, ...], Fraction]:
    # Not the animation's own `-ignore_loop`: each round would begin a hundredth of a second late.
    length = Fraction(round((probe.duration or 0.0) * _MICROSECONDS))
    return ("-stream_loop", "-1"), begin % length if length > 0 else begin


def _demanded(file: RoomFile) -> VideoStream:
    if file.video is None:
        raise ValueError(f"{file.name} has no picture")
    return file.video


def _seconds(microseconds: Fraction) -> str:
    return f"{float(microseconds / _MICROSECONDS):.6f}"
