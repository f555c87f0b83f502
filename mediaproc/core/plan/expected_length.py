"""How long a source says that it is, and how much of that its packets show to be lost."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.core.elementary_stream import USUAL_RATE, is_elementary_stream
from mediaproc.core.plan.copy_or_encode import carrier, is_interlaced
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.tolerance import WHOLE_FILE_PART, length_tolerance

# Containers whose times are those of a clock that may step, as where recordings were joined: the last time minus the
# first is no length, and a file that was cut looks as whole as before the cut.
_CLOCKED = frozenset({"mpegts", "mpeg", "mpegvideo"})

# In these containers hardly any picture is a still: a time without packets is a hole, with or without complaints.
_WITHOUT_STILLS = frozenset({"mpegts", "mpeg", "mxf"})

# The part of the packets that are pictures to be shown: up to one in seven of VP8 and VP9 is a reference for others.
_PICTURES_PER_PACKET = {"vp8": 0.85, "vp9": 0.85}


def is_clocked(probe: Probe) -> bool:
    """Whether the container's length is only the distance of two times of a clock that may step."""
    return carrier(probe) in _CLOCKED


def has_steps(probe: Probe, video: VideoStream) -> bool:
    """Whether the clock of the container steps forward somewhere."""
    return is_clocked(probe) and video.packets is not None and video.packets.steps > 0


def video_length(probe: Probe, video: VideoStream | None) -> float | None:
    """Seconds that the film will probably last, None where nothing states it."""
    packets = video.packets if video else None
    if is_clocked(probe) and packets is not None and packets.end is not None:
        return max(0.0, packets.end - packets.steps)
    if video is not None and is_elementary_stream(probe.format_name):
        pictures = decodable_pictures(video)
        return float(pictures / (video.highest_rate or USUAL_RATE)) if pictures else None
    stated = (probe.container.video_duration, probe.duration, video.duration if video else None)
    return max((seconds for seconds in stated if seconds is not None), default=None)


def declared_length(probe: Probe, video: VideoStream) -> float | None:
    """Seconds of film that the video stream itself declares, to which an output is held; None where none does.

    Only these containers state it per stream; elsewhere ffprobe repeats the container's guess. Of an avi ffprobe gives
    what is left of the file, so the header's own count goes first. Where there is but one stream, the container's
    length is that stream's.
    """
    alone = probe.duration if probe.stream_count == 1 else None
    match carrier(probe):
        case "avi":
            return probe.container.video_duration or video.duration
        case "mov" | "mxf":
            return video.duration or alone
        case "matroska":
            return _from_its_begin(video.duration or alone, video=video)
        case "flv":
            return _from_its_begin(alone, video=video)
        case "asf" | "rm":
            # Their headers overstate the length, so it counts only where the file lacks bytes that the header states.
            whole = probe.container.size
            return (
                probe.container.duration
                if whole is not None and (probe.size or whole) < WHOLE_FILE_PART * whole
                else None
            )
        case _:
            return None


def hinted_length(probe: Probe) -> float | None:
    """Seconds that only the container declares; None where a clock or a subtitle that goes on explains them."""
    if is_clocked(probe) or probe.duration is None:
        return None
    others_end = None if probe.others_end is None else probe.others_end - (probe.start or 0.0)
    explained = others_end is not None and others_end >= probe.duration - length_tolerance(probe.duration)
    return None if explained else probe.duration


def _from_its_begin(end: float | None, *, video: VideoStream) -> float | None:
    """The length of a film of which only the time of its end is known: it may begin late."""
    first = video.packets.first if video.packets is not None else None
    begin = max(0.0, first if first is not None else video.start or 0.0)
    return end - begin if end is not None and end > begin else None


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Parts of a film (0 to 1) that are lost: surely, and only if something else shows damage too."""

    sure: float = 0.0
    doubtful: float = 0.0


def losses(probe: Probe, video: VideoStream) -> Losses:
    """The losses that the walk through the packets shows."""
    packets = video.packets
    if packets is None or not packets.end:
        return Losses()
    container = probe.container
    if carrier(probe) == "mov" and container.size and probe.size is not None and probe.size < container.size:
        cut = 1 - probe.size / container.size
        return Losses(sure=cut, doubtful=cut)
    form, length = carrier(probe), packets.end - (packets.steps if is_clocked(probe) else 0.0)
    # Behind damage ffprobe misstates where an Ogg page stands, so the bytes tell nothing.
    holes = packets.longest_gap if form == "ogg" else packets.holes
    sure = packets.holes if packets.corrupt else packets.sure_holes if form in _WITHOUT_STILLS else 0.0
    return Losses(sure=min(1.0, sure / length), doubtful=min(1.0, holes / length))


def origin(probe: Probe, used: Sequence[VideoStream | AudioStream]) -> float:
    """The time (s) of the file that is the 0 of its rendition; in a clocked container only used streams count."""
    begins = [stream.start for stream in used if stream.start is not None] if is_clocked(probe) else []
    return min(begins, default=probe.start or 0.0)


def shown_times(stream: VideoStream | AudioStream, *, start: float) -> Sequence[float]:
    """When the packets are shown or heard (s), on a clock that is 0 at `start`; empty where not all are known."""
    packets = stream.packets
    if packets is None or packets.steps or packets.corrupt or not packets.monotonic:
        return ()
    return array("d", (time - start for time in sorted(packets.times)))  # of a long film they are half a million


def audio_length(audio: AudioStream) -> float | None:
    """Seconds of sound that the stream declares; Matroska states when it ends, and it may begin late."""
    length = audio.packets.end if audio.packets is not None else None
    if audio.duration is None or length is None:
        return audio.duration
    return min(audio.duration, max(length, audio.duration - max(0.0, audio.start or 0.0)))


def audio_end(audio: AudioStream, *, start: float) -> float | None:
    """When the sound ends (s), on the same clock; None where that is not known."""
    packets = audio.packets
    if packets is None or packets.until is None or packets.steps or not packets.monotonic:
        return None
    return packets.until - start


def missing_end(probe: Probe, video: VideoStream, *, of: float) -> float:
    """The part of the film's first `of` seconds (inf: of the whole film) behind the end of the packets."""
    packets, declared = video.packets, declared_length(probe, video)
    if packets is None or declared is None:
        return 0.0
    counted = packets.count * (probe.container.frame_duration or 0.0)
    end = packets.end if packets.end is not None else counted
    whole = min(of, declared)
    if end <= 0 or end >= whole - length_tolerance(whole):
        return 0.0
    return 1 - end / whole


def decodable_pictures(video: VideoStream) -> int | None:
    """How many pictures the packets hold; None without a walk through them."""
    packets = video.packets
    if packets is None:
        return None
    # A recording that began in the middle lacks what its first pictures refer to.
    count = packets.count - packets.discarded - packets.before_keyframe
    if video.codec == "h264" and is_interlaced(video):
        return count // 2  # its fields may have a packet each
    return int(count * _PICTURES_PER_PACKET.get(video.codec, 1.0))
