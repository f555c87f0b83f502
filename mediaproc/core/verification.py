"""Is an output what the plan promised? Exit 0 proves nothing, so every output is judged by its own facts."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mediaproc.core import tolerance
from mediaproc.core.completeness import readable_part
from mediaproc.core.drawn_check import drawn_fault
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.expectation import Expectation, Medium, OutputFacts
from mediaproc.core.packets import PacketFacts
from mediaproc.core.playback_check import playback_fault
from mediaproc.core.probe import AudioStream, VideoStream
from mediaproc.core.quantities import told_length


class VerificationResult(StrEnum):
    """What history says of a rendition: whole, or all that could be read of a damaged source."""

    VERIFIED = "verified"
    SALVAGED = "salvaged"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """The judgement that goes into history; `ratio` is the part of a salvaged source that could be read."""

    result: VerificationResult
    ratio: float | None
    duration: float | None
    width: int | None
    height: int | None
    video_codec: str | None
    audio_codec: str | None


def judge(facts: OutputFacts, expectation: Expectation) -> Verification:
    """The verification of an output.

    Raises AttemptFailed (VERIFICATION_FAILED, OUTPUT_TOO_LARGE) where another variant or attempt may do better, and
    BadSource (TRUNCATED, UNDECODABLE, TOO_LONG) where the source has no more to give.
    """
    video = facts.probe.videos[0] if facts.probe.videos else None
    audio = facts.probe.audios[0] if facts.probe.audios else None
    _judge_size(facts.size, expectation)
    if expectation.medium is Medium.VIDEO:
        _judge_layout(facts.boxes)
    if expectation.streams.video_codec is not None:
        _judge_video(video, facts.video_packets, expectation)
    if expectation.streams.audio_codec is not None:
        _judge_audio(audio, facts.audio_packets, expectation)
    if facts.decode_errors:
        raise _failed("the output does not decode")
    planned = None if expectation.drawn is None else drawn_fault(facts, expectation.drawn)
    for fault in (facts.byte_fault, planned, playback_fault(facts, expectation), facts.difference):
        if fault is not None:
            raise _failed(fault)
    duration = _duration(facts, expectation)
    _judge_length(duration, facts, expectation)
    # What is drawn has all its pictures and sound, or has failed by now.
    ratio = None if expectation.drawn is not None else _judge_completeness(duration, facts, expectation)
    return Verification(
        result=VerificationResult.VERIFIED if ratio is None else VerificationResult.SALVAGED,
        ratio=ratio,
        duration=duration,
        width=video.width if video else None,
        height=video.height if video else None,
        video_codec=video.codec if video else None,
        audio_codec=audio.codec if audio else None,
    )


def _failed(what: str, error_class: ErrorClass = ErrorClass.VERIFICATION_FAILED) -> AttemptFailed:
    return AttemptFailed(f"The output is not what was planned: {what}.", error_class=error_class)


def _judge_size(size: int, expectation: Expectation) -> None:
    if size <= 0 and not expectation.blames_source:
        raise _failed("it is empty")
    if size >= expectation.limits.max_output_bytes * tolerance.SIZE_LIMIT_PART:
        raise _failed(
            f"it reached the limit of {expectation.limits.max_output_bytes} bytes", ErrorClass.OUTPUT_TOO_LARGE
        )


def _judge_layout(boxes: tuple[str, ...]) -> None:
    """An mp4 that a browser starts before it has all of it: the index first, and no fragments."""
    if "moof" in boxes:
        raise _failed("it is fragmented")
    if "ftyp" not in boxes or "moov" not in boxes or "mdat" not in boxes:
        raise _failed("a part of the mp4 is missing")
    if boxes.index("moov") > boxes.index("mdat"):
        raise _failed("its index stands behind the film")


def _judge_video(video: VideoStream | None, packets: PacketFacts | None, expectation: Expectation) -> None:
    if video is None or packets is None or packets.count == 0:
        if expectation.blames_source:
            raise BadSource("No picture in the file could be decoded.", error_class=ErrorClass.UNDECODABLE)
        raise _failed("it has no picture")
    wanted = expectation.streams
    checks = (
        (packets.keyframes > 0, "it has no key frame"),
        (video.codec == wanted.video_codec, f"its picture is {video.codec or 'unknown'}"),
        (video.pixel_format in wanted.pixel_formats, f"its pixels are {video.pixel_format or 'unknown'}"),
        (
            wanted.codec_tag in {None, video.codec_tag},
            f"its picture is tagged {video.codec_tag or 'not at all'}",
        ),
        (video.sample_aspect in {None, Fraction(1)}, "its pixels are not square"),
        (video.rotation is None, "it asks to be turned"),
        (wanted.width in {None, video.width}, f"it is {video.width} pixels wide"),
        (wanted.height in {None, video.height}, f"it is {video.height} pixels high"),
    )
    for holds, complaint in checks:
        if not holds:
            raise _failed(complaint)


def _judge_audio(audio: AudioStream | None, packets: PacketFacts | None, expectation: Expectation) -> None:
    if audio is None or packets is None or packets.count == 0:
        if expectation.medium is Medium.VIDEO and expectation.blames_source:
            return  # the picture is worth having without the sound; the result says that it is not whole
        if expectation.blames_source:
            raise BadSource("No sound in the file could be decoded.", error_class=ErrorClass.UNDECODABLE)
        raise _failed("it has no sound")
    if audio.codec != expectation.streams.audio_codec:
        raise _failed(f"its sound is {audio.codec or 'unknown'}")


def _duration(facts: OutputFacts, expectation: Expectation) -> float | None:
    """Seconds of what the rendition is about: the picture's own length, or the sound's."""
    if expectation.medium is Medium.AUDIO:
        streams: tuple[VideoStream | AudioStream, ...] = facts.probe.audios
        packets = facts.audio_packets
    else:
        streams, packets = facts.probe.videos, facts.video_packets
    # Players believe what the stream states; only where it states nothing its packets tell.
    stated = streams[0].duration if streams else None
    walked = packets.end if packets is not None else None
    return next((seconds for seconds in (stated, walked) if seconds is not None), facts.probe.duration)


def _judge_length(duration: float | None, facts: OutputFacts, expectation: Expectation) -> None:
    if duration is not None and duration > expectation.limits.max_duration:
        raise BadSource(
            f"The film is longer than the {told_length(expectation.limits.max_duration)} that are accepted.",
            error_class=ErrorClass.TOO_LONG,
        )
    if expectation.copied.video and _index_is_short(facts):
        raise _failed("its index ends before its last picture")
    # A copy holds every packet, whole or damaged, and only slices of it are decoded: an encode tells what is left.
    if expectation.copied.video and facts.complained:
        raise _failed("its source is damaged")


def _judge_completeness(duration: float | None, facts: OutputFacts, expectation: Expectation) -> float | None:
    """The part of the source that the output holds, None for all of it."""
    part = readable_part(duration or 0.0, facts, expectation)
    if part is None:
        return 1.0 if _lost_its_sound(facts, expectation) else None
    told = f"{told_length(part.readable)} of {told_length(part.whole)}"
    if expectation.copied.video:
        raise _failed(f"only {told} were copied")
    if part.ratio >= expectation.limits.minimum_readable and expectation.limits.accept_salvaged:
        return part.ratio
    if expectation.is_last:
        raise BadSource(f"Only {told} could be read.", error_class=ErrorClass.TRUNCATED)
    raise _failed(f"only {told} could be read")


def _lost_its_sound(facts: OutputFacts, expectation: Expectation) -> bool:
    wanted = expectation.content.silenced or expectation.streams.audio_codec is not None
    return wanted and expectation.medium is Medium.VIDEO and (facts.audio_packets or PacketFacts()).count == 0


def _index_is_short(facts: OutputFacts) -> bool:
    """Whether players would end before the last picture: mp4 adds its length up in decoding order."""
    walked = facts.video_packets.end if facts.video_packets is not None else None
    stated = facts.probe.videos[0].duration if facts.probe.videos else None
    return (
        walked is not None
        and stated is not None
        and stated < walked - max(tolerance.INDEX_SLACK, walked * tolerance.INDEX_SLACK_PART)
    )
