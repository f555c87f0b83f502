"""Which of a file's streams are the film: never the cover art, never what nothing can decode."""

from collections.abc import Sequence

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits, length_at_most_pixels
from mediaproc.core.plan.expected_length import is_clocked
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.quantities import told_length, told_size

# The tags of an encrypted stream, in ISO's and in Apple's way.
_PROTECTED = frozenset({"encv", "drmi"})

# Two sounds whose begins and whose ends are so near to each other (s) are of one recording.
_TOGETHER, _AS_LONG = 0.02, 0.1

# A stream that has less than one picture for so many of another stream is no film.
_SLIDES_TO_A_FILM = 50

# Pictures a second, at the most, of a film whose pictures nobody has counted: the high rates that some containers state
# are nonsense.
_ASSUMED_RATE = 30


def choose_video_stream(probe: Probe) -> VideoStream | None:
    """The film: a usable stream, one that moves before a still, then the default one, then the largest picture.

    A slide or two beside a film are as good as a still.
    """
    usable = [stream for stream in probe.videos if stream.usable]
    most = max((stream.packets.count for stream in usable if stream.packets is not None), default=0)

    def moves(stream: VideoStream) -> bool:
        return stream.moves and (stream.packets is None or stream.packets.count * _SLIDES_TO_A_FILM >= most)

    return max(usable, key=lambda s: (moves(s), s.default, s.width * s.height, -s.index), default=None)


def choose_audio_stream(probe: Probe) -> AudioStream | None:
    """The sound: a usable stream, the default one first, then the first; a bit rate says nothing about it."""
    usable = [stream for stream in probe.audios if stream.usable]
    return max(usable, key=lambda s: (s.default, -s.index), default=None)


def choose_audio_or_mono_pair(probe: Probe) -> tuple[AudioStream, ...]:
    """The sound of a rendition: one stream, or two mono ones that are left and right; empty where there is none.

    Camcorders and editors keep the left and the right channel as two tracks of equal length.
    """
    chosen = choose_audio_stream(probe)
    if chosen is None:
        return ()
    other = next((stream for stream in probe.audios if stream.usable and _is_a_pair(chosen, stream)), None)
    return (chosen,) if other is None else tuple(sorted((chosen, other), key=lambda stream: stream.index))


def left_out_flags(probe: Probe, *, taken: Sequence[AudioStream]) -> tuple[str, ...]:
    """The flag that tells of sound which the rendition does not have, where there is more than was taken."""
    usable = [stream for stream in probe.audios if stream.usable]
    return ("audio_tracks",) if taken and len(usable) > len(taken) else ()


def missing_audio_flags(probe: Probe) -> tuple[str, ...]:
    """The flag that tells why a rendition has no sound, where the file has some or says so."""
    if not probe.audios:
        return ()
    return ("audio_empty",) if all(stream.empty for stream in probe.audios) else ("audio_undecodable",)


def _is_a_pair(one: AudioStream, other: AudioStream) -> bool:
    """Whether two sounds are the two sides of one: mono, begun together, and as long or in the same language."""
    if one.index == other.index or one.secondary or other.secondary or not one.channels == other.channels == 1:
        return False
    if abs((one.start or 0.0) - (other.start or 0.0)) > _TOGETHER or (
        one.language and other.language and one.language != other.language
    ):
        return False
    ends = one.length, other.length
    as_long = None not in ends and abs((ends[0] or 0.0) - (ends[1] or 0.0)) <= _AS_LONG
    return as_long or bool(one.language and one.language == other.language)


def demand_video(probe: Probe) -> VideoStream:
    """The film; raises BadSource saying what the file has instead."""
    video = choose_video_stream(probe)
    if video is not None and video.dolby_vision_only:
        raise BadSource(
            "The film is Dolby Vision of a kind whose colours cannot be converted here (profile 5);"
            " export it as HDR10, HLG or SDR.",
            error_class=ErrorClass.UNDECODABLE,
        )
    if video is not None:
        return video
    if any(stream.encrypted or stream.codec_tag in _PROTECTED for stream in probe.videos):
        raise _copy_protected()
    if any(not stream.attached_picture and not (stream.codec and stream.decodable) for stream in probe.videos):
        raise BadSource(
            "The picture of this file is in a format that cannot be decoded here; export it as H.264.",
            error_class=ErrorClass.UNDECODABLE,
        )
    if choose_audio_stream(probe) is not None:
        raise BadSource("The file has no picture, only sound.", error_class=ErrorClass.NO_VIDEO)
    raise _nothing()


def demand_audio(probe: Probe) -> AudioStream:
    """The sound; raises BadSource saying what the file has instead."""
    audio = choose_audio_stream(probe)
    if audio is not None:
        return audio
    if any(stream.encrypted for stream in probe.audios):
        raise _copy_protected()
    if any(not stream.empty for stream in probe.audios):
        raise BadSource(
            "The sound of this file is in a format that cannot be decoded here; export it as AAC.",
            error_class=ErrorClass.UNDECODABLE,
        )
    if choose_video_stream(probe) is not None:
        raise BadSource("The file has no sound, only a picture.", error_class=ErrorClass.NO_AUDIO)
    raise _nothing()


def refuse_beyond(probe: Probe, *, video: VideoStream | None, limits: Limits) -> None:
    """Raises BadSource for what the site does not take: too many streams, too large, too long, too much in all."""
    if probe.stream_count > limits.max_streams:
        raise BadSource(
            f"The file has {probe.stream_count} streams; at most {limits.max_streams} are accepted.",
            error_class=ErrorClass.TOO_MANY_STREAMS,
        )
    if probe.size is not None and probe.size > limits.max_size:
        raise BadSource(
            f"The file has {told_size(probe.size)}; at most {told_size(limits.max_size)} are accepted.",
            error_class=ErrorClass.TOO_LARGE,
        )
    if video is not None:
        _refuse_large(video, limits)
    # Where a clock may have stepped only the transcode tells the length, and is cut at the limit.
    if probe.duration is not None and probe.duration > limits.max_duration and not is_clocked(probe):
        raise BadSource(
            f"The film is {told_length(probe.duration)} long; at most {told_length(limits.max_duration)} are accepted.",
            error_class=ErrorClass.TOO_LONG,
        )
    if video is not None:
        _refuse_too_much(probe, video=video, limits=limits)


def _refuse_too_much(probe: Probe, *, video: VideoStream, limits: Limits) -> None:
    """Each of length, rate and picture may be within its limit, and all together take a node for weeks."""
    pictures, longest = _pictures(probe, video), limits.longest_of_most_pixels
    length = length_at_most_pixels(pictures * video.width * video.height)
    if length > longest:
        raise BadSource(
            f"The film has {pictures} pictures of {video.width} x {video.height}: as much to decode as"
            f" {told_length(length)} of 3840 x 2160 at 60 pictures a second; at most {told_length(longest)} of that are"
            " accepted. Upload it smaller, or in parts.",
            error_class=ErrorClass.TOO_LARGE,
        )


def _pictures(probe: Probe, video: VideoStream) -> int:
    """How many the film has: as counted, else as its length lets expect, where that can be believed."""
    if video.packets is not None:
        return video.packets.count
    stated = _ASSUMED_RATE if video.frame_rate is None else video.frame_rate
    return 0 if probe.duration is None or is_clocked(probe) else int(probe.duration * min(stated, _ASSUMED_RATE))


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


def _copy_protected() -> BadSource:
    """The refusal of a film that nobody can decode without its key."""
    return BadSource(
        "The film is copy-protected and cannot be decoded; upload a copy without protection.",
        error_class=ErrorClass.UNDECODABLE,
    )


def _nothing() -> BadSource:
    return BadSource(
        "The file has neither a picture nor sound that can be decoded.", error_class=ErrorClass.UNDECODABLE
    )
