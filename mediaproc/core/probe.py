"""ffprobe's JSON becomes a typed Probe, whatever holes and lies the JSON has."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.container import ContainerFacts
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.packets import PacketFacts

_NAME = re.compile(r"[a-z0-9_.,+-]{1,64}", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,5}):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")
_UNKNOWN = frozenset({"", "none", "unknown", "n/a"})

# Larger numbers than any file has: what is beyond them is a lie, and would overflow arithmetic further down.
_LARGEST = 10**15
_LONGEST = 10**9

_NO_FACTS = ContainerFacts()


@dataclass(frozen=True, kw_only=True)
class VideoStream:
    """A stream of pictures; what ffprobe left out is None or empty. Times in seconds, rates in frames and bits a s."""

    index: int
    codec: str = ""
    codec_tag: str = ""
    profile: str = ""
    level: int | None = None
    width: int = 0
    height: int = 0
    pixel_format: str = ""
    bit_depth: int | None = None
    field_order: str = ""
    sample_aspect: Fraction | None = None
    rotation: float | None = None
    color_range: str = ""
    color_transfer: str = ""
    color_primaries: str = ""
    color_space: str = ""
    frame_rate: Fraction | None = None
    highest_rate: Fraction | None = None
    duration: float | None = None
    start: float | None = None
    frames: int | None = None
    bit_rate: int | None = None
    extradata_size: int = 0
    attached_picture: bool = False
    default: bool = False

    @property
    def usable(self) -> bool:
        """A film that may be decoded: no cover art, a codec that ffmpeg knows, sides."""
        return not self.attached_picture and bool(self.codec) and self.width > 0 and self.height > 0


@dataclass(frozen=True, kw_only=True)
class AudioStream:
    """A stream of sound; what ffprobe left out is None, 0 or empty. Times in seconds, rates in Hz and bits a s."""

    index: int
    codec: str = ""
    profile: str = ""
    sample_format: str = ""
    sample_rate: int = 0
    channels: int = 0
    layout: str = ""
    duration: float | None = None
    start: float | None = None
    bit_rate: int | None = None
    default: bool = False

    @property
    def usable(self) -> bool:
        """Sound that may be decoded: a codec that ffmpeg knows, channels, a rate."""
        return bool(self.codec) and self.channels > 0 and self.sample_rate > 0


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The facts about one file; `duration` (s) and `size` (bytes) are None where nothing states them."""

    format_name: str
    duration: float | None = None
    start: float | None = None
    size: int | None = None
    bit_rate: int | None = None
    stream_count: int = 0
    videos: tuple[VideoStream, ...] = ()
    audios: tuple[AudioStream, ...] = ()
    container: ContainerFacts = _NO_FACTS
    packets: PacketFacts | None = None


def parse_probe(document: Mapping[str, object], *, container_facts: ContainerFacts | None = None) -> Probe:
    """The Probe of what `ffprobe -print_format json -show_format -show_streams` wrote.

    Raises BadSource where the document shows that ffprobe found no format in the file. No other error, ever: a
    missing or senseless field becomes an unknown one.
    """
    form = _mapping(document.get("format"))
    name = _name(form, "format_name")
    if not name:
        raise BadSource(
            "The file is not a video in any format that can be read here; upload the original recording.",
            error_class=ErrorClass.UNREADABLE,
        )
    listed = document.get("streams")
    streams = [_mapping(stream) for stream in listed] if isinstance(listed, list) else []
    return Probe(
        format_name=name,
        duration=_seconds(form.get("duration")),
        start=_time(form.get("start_time")),
        size=_integer(form.get("size")),
        bit_rate=_integer(form.get("bit_rate")),
        stream_count=len(streams),
        videos=tuple(_video(s, place) for place, s in enumerate(streams) if s.get("codec_type") == "video"),
        audios=tuple(_audio(s, place) for place, s in enumerate(streams) if s.get("codec_type") == "audio"),
        container=container_facts or _NO_FACTS,
    )


def _video(stream: Mapping[str, object], place: int) -> VideoStream:
    disposition = _mapping(stream.get("disposition"))
    return VideoStream(
        index=_index(stream, place),
        codec=_name(stream, "codec_name"),
        codec_tag=_name(stream, "codec_tag_string"),
        profile=_text(stream.get("profile")),
        level=_integer(stream.get("level")),
        width=_integer(stream.get("width")) or 0,
        height=_integer(stream.get("height")) or 0,
        pixel_format=_name(stream, "pix_fmt"),
        bit_depth=_integer(stream.get("bits_per_raw_sample")) or None,
        field_order=_name(stream, "field_order"),
        sample_aspect=_ratio(stream.get("sample_aspect_ratio"), ":"),
        rotation=_rotation(stream),
        color_range=_name(stream, "color_range"),
        color_transfer=_name(stream, "color_transfer"),
        color_primaries=_name(stream, "color_primaries"),
        color_space=_name(stream, "color_space"),
        frame_rate=_ratio(stream.get("avg_frame_rate"), "/"),
        highest_rate=_ratio(stream.get("r_frame_rate"), "/"),
        duration=_stream_seconds(stream),
        start=_time(stream.get("start_time")),
        frames=_integer(stream.get("nb_frames")) or None,
        bit_rate=_integer(stream.get("bit_rate")) or None,
        extradata_size=_integer(stream.get("extradata_size")) or 0,
        attached_picture=_flag(disposition, "attached_pic") or _flag(disposition, "timed_thumbnails"),
        default=_flag(disposition, "default"),
    )


def _audio(stream: Mapping[str, object], place: int) -> AudioStream:
    return AudioStream(
        index=_index(stream, place),
        codec=_name(stream, "codec_name"),
        profile=_text(stream.get("profile")),
        sample_format=_name(stream, "sample_fmt"),
        sample_rate=_integer(stream.get("sample_rate")) or 0,
        channels=_integer(stream.get("channels")) or 0,
        layout=_text(stream.get("channel_layout")),
        duration=_stream_seconds(stream),
        start=_time(stream.get("start_time")),
        bit_rate=_integer(stream.get("bit_rate")) or None,
        default=_flag(_mapping(stream.get("disposition")), "default"),
    )


def _rotation(stream: Mapping[str, object]) -> float | None:
    """Degrees of the display matrix, None where there is none; a matrix of 0 degrees may still mirror."""
    listed = stream.get("side_data_list")
    for side_data in listed if isinstance(listed, list) else []:
        facts = _mapping(side_data)
        if facts.get("side_data_type") == "Display Matrix" or "displaymatrix" in facts:
            return _time(facts.get("rotation")) or 0.0
    # Written by older ffmpeg and some phones; a tag alone does not turn the picture but tells that a matrix was meant.
    turned = _time(_mapping(stream.get("tags")).get("rotate"))
    return turned or None


def _stream_seconds(stream: Mapping[str, object]) -> float | None:
    """The stream's own length: its duration, else Matroska's DURATION tag (`00:00:10.010000000`)."""
    seconds = _seconds(stream.get("duration"))
    if seconds is not None:
        return seconds
    for key, value in _mapping(stream.get("tags")).items():
        clock = _CLOCK.fullmatch(value) if isinstance(value, str) and str(key).startswith("DURATION") else None
        if clock:
            return _seconds(int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3]))
    return None


def _index(stream: Mapping[str, object], place: int) -> int:
    index = _integer(stream.get("index"))
    return place if index is None or index < 0 else index


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value[:100] if isinstance(value, str) and value.lower() not in _UNKNOWN else ""


def _name(mapping: Mapping[str, object], key: str) -> str:
    """A word as ffmpeg names things; what is none (an attacker's text) counts as unknown."""
    text = _text(mapping.get(key))
    return text if _NAME.fullmatch(text) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _integer(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and abs(number) <= _LARGEST else None


def _time(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and abs(number) <= _LONGEST else None


def _seconds(value: object) -> float | None:
    """A length of more than nothing: 0 and below mean that nobody knows."""
    number = _time(value)
    return number if number is not None and number > 0 else None


def _ratio(value: object, separator: str) -> Fraction | None:
    above, found, below = value.partition(separator) if isinstance(value, str) else ("", "", "")
    numerator, denominator = _integer(above), _integer(below)
    if not found or not numerator or not denominator or numerator < 0 or denominator < 0:
        return None
    return Fraction(numerator, denominator)


def _flag(disposition: Mapping[str, object], key: str) -> bool:
    return _integer(disposition.get(key)) == 1
