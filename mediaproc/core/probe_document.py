"""ffprobe's JSON becomes a typed Probe, whatever holes and lies the JSON has."""

import re
from collections.abc import Iterator, Mapping

from mediaproc.core import json_fields
from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.elementary_stream import is_elementary_stream, without_its_clock
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.probe import AudioStream, Probe, VideoStream

_CLOCK = re.compile(r"(\d{1,5}):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")
_TRACK = re.compile(r"0x([0-9a-f]{1,8})")
_NO_FACTS = ContainerFacts()

# What pixel formats with a channel of transparency begin with.
_ALPHA = ("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya8", "ya16", "ayuv", "vuya")

# Dolby Vision of profile 5 has one layer, in colours of its own; 7 has a second one beside an ordinary HDR10 layer.
_DOLBY_VISION_ONLY, _TWO_LAYERS = 5, frozenset({7})

# Dispositions of sound that goes beside another, and titles of such.
_SECONDARY = ("comment", "dub", "hearing_impaired", "visual_impaired", "descriptions")
_COMMENTARY = re.compile(r"[ck]omment|des[ck]ri|narrat", re.IGNORECASE)

# Formats that are taken, as people know them.
_WELL_KNOWN = "mp4, mov, mkv, webm, avi, wmv, flv, mpeg, ts, mxf"


def parse_probe(document: Mapping[str, object], *, container_facts: ContainerFacts | None = None) -> Probe:
    """The Probe of what `ffprobe -print_format json -show_format -show_streams` wrote.

    Raises BadSource where the document shows that ffprobe found no format in the file. No other error, ever: a
    missing or senseless field becomes an unknown one.
    """
    form = json_fields.mapping(document.get("format"))
    name = json_fields.name(form, "format_name")
    if not name:
        raise no_video_file()
    listed = document.get("streams")
    streams = [json_fields.mapping(stream) for stream in listed] if isinstance(listed, list) else []
    videos = tuple(_video(s, place) for place, s in enumerate(streams) if s.get("codec_type") == "video")
    if is_elementary_stream(name):
        videos = tuple(without_its_clock(video) for video in videos)
        if not any(video.width for video in videos):
            raise no_video_file()  # not a picture in it: other bytes under a name that ends like such a stream's
    return Probe(
        format_name=name,
        duration=json_fields.seconds(form.get("duration")),
        start=json_fields.time(form.get("start_time")),
        size=json_fields.integer(form.get("size")),
        bit_rate=json_fields.integer(form.get("bit_rate")),
        stream_count=len(streams),
        videos=videos,
        audios=tuple(_audio(s, place) for place, s in enumerate(streams) if s.get("codec_type") == "audio"),
        container=container_facts or _NO_FACTS,
    )


def no_video_file() -> BadSource:
    """The refusal of a file in which no format was found."""
    return BadSource(
        f"The file is not a video in a format that can be read here ({_WELL_KNOWN} and others);"
        " upload the original recording, or export it as mp4.",
        error_class=ErrorClass.UNREADABLE,
    )


def _video(stream: Mapping[str, object], place: int) -> VideoStream:
    disposition = json_fields.mapping(stream.get("disposition"))
    return VideoStream(
        index=_index(stream, place),
        track=_track(stream),
        codec=json_fields.name(stream, "codec_name"),
        codec_tag=json_fields.name(stream, "codec_tag_string"),
        profile=json_fields.text(stream.get("profile")),
        level=json_fields.integer(stream.get("level")),
        width=json_fields.integer(stream.get("width")) or 0,
        height=json_fields.integer(stream.get("height")) or 0,
        pixel_format=json_fields.name(stream, "pix_fmt"),
        bit_depth=json_fields.integer(stream.get("bits_per_raw_sample")) or None,
        field_order=json_fields.name(stream, "field_order"),
        sample_aspect=json_fields.ratio(stream.get("sample_aspect_ratio"), ":"),
        rotation=_rotation(stream),
        color_transfer=json_fields.name(stream, "color_transfer"),
        color_primaries=json_fields.name(stream, "color_primaries"),
        color_space=json_fields.name(stream, "color_space"),
        frame_rate=json_fields.ratio(stream.get("avg_frame_rate"), "/"),
        highest_rate=json_fields.ratio(stream.get("r_frame_rate"), "/"),
        duration=_stream_seconds(stream),
        start=json_fields.time(stream.get("start_time")),
        frames=json_fields.integer(stream.get("nb_frames")) or None,
        bit_rate=json_fields.integer(stream.get("bit_rate")) or None,
        attached_picture=json_fields.flag(disposition, "attached_pic")
        or json_fields.flag(disposition, "timed_thumbnails"),
        default=json_fields.flag(disposition, "default"),
        alpha=_has_alpha(stream),
        dolby_vision_only=_is_dolby_vision_only(stream),
        encrypted=_is_encrypted(stream),
    )


def _audio(stream: Mapping[str, object], place: int) -> AudioStream:
    disposition, tags = json_fields.mapping(stream.get("disposition")), json_fields.mapping(stream.get("tags"))
    return AudioStream(
        index=_index(stream, place),
        track=_track(stream),
        codec=json_fields.name(stream, "codec_name"),
        profile=json_fields.text(stream.get("profile")),
        sample_rate=json_fields.integer(stream.get("sample_rate")) or 0,
        channels=json_fields.integer(stream.get("channels")) or 0,
        layout=json_fields.text(stream.get("channel_layout")),
        duration=_stream_seconds(stream),
        start=json_fields.time(stream.get("start_time")),
        bit_rate=json_fields.integer(stream.get("bit_rate")) or None,
        default=json_fields.flag(disposition, "default"),
        language=json_fields.name(tags, "language").replace("und", ""),
        secondary=any(json_fields.flag(disposition, role) for role in _SECONDARY)
        or bool(_COMMENTARY.search(json_fields.text(tags.get("title")))),
        encrypted=_is_encrypted(stream),
    )


def _has_alpha(stream: Mapping[str, object]) -> bool:
    """Whether its pixels say how transparent they are; a webm keeps that beside its packets and says so in a tag."""
    codec, pixels = json_fields.name(stream, "codec_name"), json_fields.name(stream, "pix_fmt")
    if codec == "rawvideo" and not json_fields.name(stream, "codec_tag_string"):
        return False  # a bitmap of 32 bits, as screen recorders write it: nothing is in the fourth byte
    is_palette = codec == "png" and pixels == "pal8"  # each of its colours may be transparent
    return (
        is_palette
        or pixels.startswith(_ALPHA)
        or json_fields.flag(json_fields.mapping(stream.get("tags")), "alpha_mode")
    )


def _is_dolby_vision_only(stream: Mapping[str, object]) -> bool:
    """Whether nothing but Dolby Vision shows its colours: of profile 5, or of a later one that says so."""
    for facts in _side_data(stream):
        profile = json_fields.integer(facts.get("dv_profile"))
        if profile is not None:
            alone = json_fields.integer(facts.get("dv_bl_signal_compatibility_id")) == 0
            return profile == _DOLBY_VISION_ONLY or (
                profile > _DOLBY_VISION_ONLY and profile not in _TWO_LAYERS and alone
            )
    return False


def _is_encrypted(stream: Mapping[str, object]) -> bool:
    return any(str(facts.get("side_data_type", "")).startswith("Encryption") for facts in _side_data(stream))


def _side_data(stream: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    listed = stream.get("side_data_list")
    return map(json_fields.mapping, listed if isinstance(listed, list) else [])


def _rotation(stream: Mapping[str, object]) -> float | None:
    """Degrees of the display matrix, None where there is none; a matrix of 0 degrees may still mirror."""
    for facts in _side_data(stream):
        if facts.get("side_data_type") == "Display Matrix" or "displaymatrix" in facts:
            return json_fields.time(facts.get("rotation")) or 0.0
    # Written by older ffmpeg and some phones; a tag alone does not turn the picture but tells that a matrix was meant.
    turned = json_fields.time(json_fields.mapping(stream.get("tags")).get("rotate"))
    return turned or None


def _stream_seconds(stream: Mapping[str, object]) -> float | None:
    """The stream's own length: its duration, else Matroska's DURATION tag (`00:00:10.010000000`)."""
    seconds = json_fields.seconds(stream.get("duration"))
    if seconds is not None:
        return seconds
    for key, value in json_fields.mapping(stream.get("tags")).items():
        clock = _CLOCK.fullmatch(value) if isinstance(value, str) and str(key).startswith("DURATION") else None
        if clock:
            return json_fields.seconds(int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3]))
    return None


def _index(stream: Mapping[str, object], place: int) -> int:
    index = json_fields.integer(stream.get("index"))
    return place if index is None or index < 0 else index


def _track(stream: Mapping[str, object]) -> int | None:
    """The container's own number of the stream, which ffprobe writes in hexadecimal (`0x1`)."""
    number = _TRACK.fullmatch(json_fields.text(stream.get("id")))
    return int(number[1], 16) if number else None
