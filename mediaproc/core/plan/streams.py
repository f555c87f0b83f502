"""Which of a file's streams are the film: never the cover art, never what nothing can decode."""

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.expectation import copy_protected
from mediaproc.core.limits import Limits
from mediaproc.core.plan.declared import is_clocked
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.span import amount, span

# The tags of an encrypted stream, in ISO's and in Apple's way.
_PROTECTED = frozenset({"encv", "drmi"})


def choose_video(probe: Probe) -> VideoStream | None:
    """The film: a usable stream, one that moves before a still, then the default one, then the largest picture."""
    usable = [stream for stream in probe.videos if stream.usable]
    return max(usable, key=lambda s: (s.frames != 1, s.default, s.width * s.height, -s.index), default=None)


def choose_audio(probe: Probe) -> AudioStream | None:
    """The sound: a usable stream, the default one first, then the first; a bit rate says nothing about it."""
    usable = [stream for stream in probe.audios if stream.usable]
    return max(usable, key=lambda s: (s.default, -s.index), default=None)


def demand_video(probe: Probe) -> VideoStream:
    """The film; raises BadSource saying what the file has instead."""
    video = choose_video(probe)
    if video is not None:
        return video
    if probe.container.encrypted or any(stream.codec_tag in _PROTECTED for stream in probe.videos):
        raise copy_protected()
    if any(not stream.attached_picture and not (stream.codec and stream.decodable) for stream in probe.videos):
        raise BadSource(
            "The picture of this file is in a format that cannot be decoded here; export it as H.264.",
            error_class=ErrorClass.UNDECODABLE,
        )
    if choose_audio(probe) is not None:
        raise BadSource("The file has no picture, only sound.", error_class=ErrorClass.NO_VIDEO)
    raise _nothing()


def demand_audio(probe: Probe) -> AudioStream:
    """The sound; raises BadSource saying what the file has instead."""
    audio = choose_audio(probe)
    if audio is not None:
        return audio
    if probe.audios:
        raise BadSource(
            "The sound of this file is in a format that cannot be decoded here; export it as AAC.",
            error_class=ErrorClass.UNDECODABLE,
        )
    if choose_video(probe) is not None:
        raise BadSource("The file has no sound, only a picture.", error_class=ErrorClass.NO_AUDIO)
    raise _nothing()


def refuse_beyond(probe: Probe, *, video: VideoStream | None, limits: Limits) -> None:
    """Raises BadSource for what the site does not take: too many streams, too large, too long."""
    if probe.stream_count > limits.max_streams:
        raise BadSource(
            f"The file has {probe.stream_count} streams; at most {limits.max_streams} are accepted.",
            error_class=ErrorClass.TOO_MANY_STREAMS,
        )
    if probe.size is not None and probe.size > limits.max_size:
        raise BadSource(
            f"The file has {amount(probe.size)}; at most {amount(limits.max_size)} are accepted.",
            error_class=ErrorClass.TOO_LARGE,
        )
    if video is not None:
        _refuse_large(video, limits)
    # Where a clock may have stepped only the transcode tells the length, and is cut at the limit.
    if probe.duration is not None and probe.duration > limits.max_duration and not is_clocked(probe):
        raise BadSource(
            f"The film is {span(probe.duration)} long; at most {span(limits.max_duration)} are accepted.",
            error_class=ErrorClass.TOO_LONG,
        )


def _refuse_large(video: VideoStream, limits: Limits) -> None:
    most = None
    if video.width * video.height > limits.max_pixels:
        most = f"{limits.max_pixels / 1e6:.1f} megapixels"
    elif max(video.width, video.height) > limits.max_side:
        most = f"{limits.max_side} pixels a side"
    if most is not None:
        raise BadSource(
            f"The picture is {video.width} x {video.height}; at most {most} are accepted.",
            error_class=ErrorClass.TOO_LARGE,
        )


def _nothing() -> BadSource:
    return BadSource(
        "The file has neither a picture nor sound that can be decoded.", error_class=ErrorClass.UNDECODABLE
    )
