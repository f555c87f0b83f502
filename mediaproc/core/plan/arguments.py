"""ffmpeg's arguments for pictures, sound and containers, each unusual one with its reason beside it."""

from mediaproc.core.elementary_stream import USUAL_RATE, is_elementary_stream
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.plan.filter_graph import Graph
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.profile import Profile

# A key frame at least so often. In pictures x264's own default, said here so that a new version cannot change it. And
# in seconds, since 250 slides last minutes, and a viewer who seeks waits for a key frame.
_GOP = "250"
_KEY_FRAME_EVERY = 5

# The clock of our pictures: finer than that of any container that was met, and divided by all usual rates.
_CLOCK = "1/90000"

# The units of an H.264 stream that make its pictures: slices and parameter sets. No viewer needs any other: user data
# (SEI) holds places and devices.
_PICTURE_UNITS = "1-5|7-8"

# The decoders that read transparency, which a webm keeps beside each packet.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}

# An output is cut so much (s) behind the longest allowed film: so the verification sees that it is too long. A cut at
# that length itself would go unnoticed.
_OVERTIME = 5.0

# A file of which most pictures are damaged is worth what is left of it: ffmpeg gives up where more than 2/3 are.
TOLERATE_DAMAGE = ("-max_error_rate", "1")


def input_arguments(probe: Probe, *, limits: Limits, threads: int, discard_corrupt: bool) -> tuple[str, ...]:
    """What stands before `-i`: the input limits, the decoder's threads, how to take damage."""
    # +genpts: old mpeg has packets without a time, which mp4 refuses. Not for avi: its packets have no times at all,
    # the decoder counts them right, and times made up for B-frames lose the last picture.
    genpts = "" if carrier(probe) == "avi" else "+genpts"
    # +discardcorrupt: a packet known to be broken gives a grey smear that later frames inherit; but it can drop whole
    # mpegts frames, so the last try is without.
    flags = genpts + ("+discardcorrupt" if discard_corrupt else "")
    return (
        *input_limits(limits),
        *("-threads", str(threads), *(("-fflags", flags) if flags else ())),
        *(("-r", str(USUAL_RATE)) if _lacks_its_rate(probe) else ()),
    )


def _lacks_its_rate(probe: Probe) -> bool:
    """Whether nothing states how fast a bare stream is shown: ffmpeg would take the tick of its clock for that."""
    return is_elementary_stream(probe.format_name) and all(video.highest_rate is None for video in probe.videos)


def alpha_decoder(video: VideoStream) -> tuple[str, ...]:
    """Before `-i`: the decoder of a transparent picture, where ffmpeg's default decoder does not read transparency."""
    decoder = _ALPHA_DECODERS.get(video.codec) if video.alpha else None
    return () if decoder is None else (f"-c:{video.index}", decoder)


def copy_video(index: int, *, keeps_units: bool) -> tuple[str, ...]:
    """Video packets as they are; without `keeps_units` only the units that make pictures.

    `avc1` because Safari plays no `avc3` or `H264` tag.
    """
    units = () if keeps_units else ("-bsf:v", f"filter_units=pass_types={_PICTURE_UNITS}")
    return ("-map", f"0:{index}", "-c:v", "copy", *units, "-tag:v", "avc1")


def encode_video(
    graph: Graph, *, profile: Profile, threads: int, stills: bool, slides: bool, last: float | None
) -> tuple[str, ...]:
    """H.264 that every browser plays.

    `stills`: some pictures stay for long; `slides`: all do, less than one comes a second; `last`: how long the last one
    stays (s).
    """
    # mp4 adds its length up in decoding order. A B-frame decoded after the still that it is shown before would end
    # the film there: 1 s instead of 20.
    reorder = ("-bf", "0") if stills else ()
    # With a bound x264 miscounts slides and coarsens them.
    bound = () if slides else bit_rate_bound(profile)
    # Else ffmpeg shows the last picture for one over the guessed rate: half a second in a film that begins with slides.
    ends = () if last is None else ("-bsf:v", _last_packet_lasts(last))
    return (
        *picture_from(graph, threads=threads),
        # mp4's default is a constant frame rate: two frames 600 s apart become 15,001. The encoder's clock is one over
        # the guessed rate unless told: pictures are moved onto its ticks, and dropped where two meet.
        *("-fps_mode", "vfr", "-enc_time_base", _CLOCK),
        *x264(profile, threads=threads, bound=bound),
        *reorder,
        *ends,
    )


def bit_rate_bound(profile: Profile) -> tuple[str, ...]:
    """What crf alone has not: noise would take any bit rate."""
    return ("-maxrate", str(profile.max_video_bit_rate), "-bufsize", str(2 * profile.max_video_bit_rate))


def x264(profile: Profile, *, threads: int, bound: tuple[str, ...]) -> tuple[str, ...]:
    """The encoder of pictures."""
    return (
        *("-c:v", "libx264", "-preset", profile.encoder_speed, "-crf", str(profile.crf)),
        *bound,
        # x264 chooses the level; a fixed one is either a lie or a needless limit.
        *("-profile:v", "high", "-pix_fmt", "yuv420p", "-tag:v", "avc1", "-threads", str(threads)),
        *("-g", _GOP, "-force_key_frames", f"expr:isnan(prev_forced_t)+gte(t-prev_forced_t,{_KEY_FRAME_EVERY})"),
    )


def _last_packet_lasts(seconds: float) -> str:
    """The bitstream filter that sets how long packets last: the last one for `seconds`, each other until the next one.

    Without it every packet lasts one over the guessed rate. The filter loses the order of times that are not named.
    """
    return f"setts=pts=PTS:dts=DTS:duration=if(eq(NEXT_DTS\\,NOPTS)\\,{seconds:.6f}/TB\\,NEXT_DTS-DTS)"


def picture_from(graph: Graph, *, threads: int) -> tuple[str, ...]:
    """The end of a filter graph as the output's only picture."""
    return ("-filter_complex", graph.text, "-filter_complex_threads", str(threads), "-map", graph.label)


def one_picture(index: int) -> tuple[str, ...]:
    """Decode one picture: is there anything at all?"""
    return ("-map", f"0:{index}", "-frames:v", "1")


def one_second(index: int) -> tuple[str, ...]:
    """Decode a second of sound: is there anything at all?"""
    return ("-map", f"0:{index}", "-t", "1")


def copy_audio(index: int) -> tuple[str, ...]:
    """Sound packets as they are."""
    return ("-map", f"0:{index}", "-c:a", "copy")


def encode_audio(graph: Graph, *, profile: Profile, codec: str) -> tuple[str, ...]:
    """The end of a filter graph as the output's only sound."""
    return (
        *("-filter_complex", graph.text, "-map", graph.label),
        # 48 kHz: ffmpeg 5.1 loses four fifths of the sound, silently, when it writes AAC at 8 kHz.
        *("-c:a", codec, "-b:a", str(profile.audio_bit_rate), "-ar", "48000"),
    )


def mp4_container(limits: Limits) -> tuple[str, ...]:
    """One mp4 with its index first, no foreign metadata, bounded in length and size."""
    return (
        *_bare(limits),
        # A stream that starts late makes the muxer hold the other's packets: 128, the default, is too few.
        *("-max_muxing_queue_size", "4096"),
        # No `-avoid_negative_ts make_zero`: B-frames decode before they show, and behind a still of 5 s that is 5 s
        # before 0; shifted to 0, the film would begin 5 s late. mp4's own edit list begins it at once.
        *("-movflags", "+faststart", "-f", "mp4"),
    )


def mp3_container(limits: Limits) -> tuple[str, ...]:
    """One mp3 with a seek table and no foreign metadata."""
    return (*_bare(limits), "-write_xing", "1", "-f", "mp3")


def gif_container(profile: Profile, limits: Limits) -> tuple[str, ...]:
    """One animation that repeats for ever, cut at the profile's length."""
    most = int(profile.max_seconds * profile.frame_rate) + 1  # bounded, since the palette's filter holds all in memory
    return (
        *("-t", f"{profile.max_seconds:g}", "-frames:v", str(most), "-fs", str(limits.max_output_bytes)),
        *("-loop", "0", "-f", "gif"),
    )


def jpeg_container(limits: Limits) -> tuple[str, ...]:
    """One picture; `mjpeg` because `image2` reads a pattern into the file's name."""
    return ("-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3", "-fs", str(limits.max_output_bytes), "-f", "mjpeg")


def _bare(limits: Limits) -> tuple[str, ...]:
    return (
        # No subtitles and data; no titles, places and chapters: the uploader's private matters are not for viewers.
        *("-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-t", f"{limits.max_duration + _OVERTIME:g}", "-fs", str(limits.max_output_bytes)),
    )
