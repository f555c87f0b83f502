"""Copy or encode: every reason why a stream cannot be copied, as the flags that history keeps."""

from fractions import Fraction

from mediaproc.core.plan.colour import is_hdr
from mediaproc.core.playback_timing import AAC_FRAME, drift
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.profile import Profile
from mediaproc.core.tolerance import COPIED_AUDIO_DRIFT, LONGEST_GOP

# What every browser decodes: 8 bit 4:2:0, and no level that hardware decoders refuse.
_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_BITS = 8
_HIGHEST_LEVEL = 51

# Containers that carry H.264 and AAC with trustworthy timestamps; in avi they have none.
_CARRIERS = frozenset({"mov", "matroska", "flv", "mpegts"})
_INTERLACED = frozenset({"tt", "bb", "tb", "bt"})

_HIGHEST_AUDIO_RATE = 384_000
_CHANNELS = 2
_LAYOUTS = frozenset({"mono", "stereo"})


def is_interlaced(video: VideoStream) -> bool:
    """Whether ffprobe flags two fields in a frame; of DV it does not, and all but a few of those have them."""
    return video.field_order in _INTERLACED or (video.codec == "dvvideo" and not video.field_order)


def carrier(probe: Probe) -> str:
    """The demuxer's first name, by which containers are told apart."""
    return probe.format_name.split(",", maxsplit=1)[0]


def video_flags(video: VideoStream, *, probe: Probe, profile: Profile) -> tuple[str, ...]:
    """Why the picture must be encoded; empty: its packets may be copied."""
    reasons = {
        "video_codec": video.codec != "h264",
        "video_profile": video.codec == "h264" and video.profile not in _PROFILES,
        "pixel_format": video.pixel_format not in _PIXELS or (video.bit_depth or 0) > _BITS,
        "level": video.codec == "h264" and not 0 < (video.level or 0) <= _HIGHEST_LEVEL,
        "odd_size": bool(video.width % 2 or video.height % 2),
        "size": min(video.width, video.height) > profile.max_height,
        "sar": video.sample_aspect not in {None, Fraction(1)},
        "rotation": video.rotation is not None,
        "interlaced": is_interlaced(video),
        "hdr": is_hdr(video),
        "alpha": video.alpha,
        "annexb": video.codec == "h264" and carrier(probe) not in _CARRIERS,
    }
    flags = [name for name, holds in reasons.items() if holds]
    return tuple(flags or _packet_flags(video, probe=probe, profile=profile))


def _packet_flags(video: VideoStream, *, probe: Probe, profile: Profile) -> list[str]:
    """The reasons that only a walk through the packets gives; without one nothing is copied."""
    packets = video.packets
    if packets is None:
        return ["timestamps"]
    reasons = {
        "timestamps": not packets.monotonic or not packets.timed or not packets.starts_with_keyframe,
        # Packets that an edit list hides, and packets known to be damaged, would be shown by a copy.
        "edit_list": packets.discarded > 0,
        "damaged": packets.corrupt > 0,
        "gop": packets.longest_gop > LONGEST_GOP,
        "bitrate": (_bit_rate(video, probe) or 0) > profile.max_video_bit_rate,
    }
    return [name for name, holds in reasons.items() if holds]


def _bit_rate(video: VideoStream, probe: Probe) -> int | None:
    return video.bit_rate or probe.bit_rate


def audio_flags(audio: AudioStream, *, probe: Probe) -> tuple[str, ...]:
    """Why the sound must be encoded; empty: its packets may be copied."""
    reasons = {
        "audio_codec": audio.codec != "aac",
        "audio_profile": audio.codec == "aac" and audio.profile != "LC",
        "audio_layout": audio.channels > _CHANNELS or audio.layout not in _LAYOUTS,
        "audio_bitrate": (audio.bit_rate or 0) > _HIGHEST_AUDIO_RATE,
        "audio_container": audio.codec == "aac" and carrier(probe) not in _CARRIERS,
    }
    flags = [name for name, holds in reasons.items() if holds]
    return tuple(flags or _audio_packet_flags(audio))


def _audio_packet_flags(audio: AudioStream) -> list[str]:
    """The reasons that only a walk through the packets gives; without one nothing is copied."""
    packets = audio.packets
    if packets is None or not packets.times:
        return ["audio_timestamps"]
    reasons = {
        # A copy has all packets: what the edit list cuts out in the middle would be heard.
        "audio_edit_list": packets.hidden > 0,
        "audio_timestamps": drift(packets.times, step=AAC_FRAME / audio.sample_rate) > COPIED_AUDIO_DRIFT,
    }
    return [name for name, holds in reasons.items() if holds]
