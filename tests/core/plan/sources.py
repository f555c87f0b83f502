"""A film that may be copied as it is, and what tests change of it."""

from dataclasses import replace
from fractions import Fraction

from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import Plan, make_plan
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.profile import BUILT_IN

PACKETS = PacketFacts(
    count=500, keyframes=10, starts_with_keyframe=True, first=0.0, last=19.96, last_duration=0.04, longest_gop=2.0
)

STEADY = PacketFacts(
    count=938,
    keyframes=938,
    first=0.0,
    last=19.99,
    last_duration=0.02,
    times=[place * 1024 / 48000 for place in range(938)],
)

FILM = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    level=31,
    width=1280,
    height=720,
    pixel_format="yuv420p",
    bit_depth=8,
    field_order="progressive",
    sample_aspect=Fraction(1),
    frame_rate=Fraction(25),
    highest_rate=Fraction(25),
    duration=20.0,
    bit_rate=2_000_000,
    default=True,
    packets=PACKETS,
)

SOUND = AudioStream(
    index=1,
    codec="aac",
    profile="LC",
    sample_rate=48000,
    channels=2,
    layout="stereo",
    bit_rate=128_000,
    duration=20.0,
    packets=STEADY,
)

WHOLE = Probe(
    format_name="mov,mp4,m4a,3gp,3g2,mj2",
    duration=20.0,
    start=0.0,
    size=5_000_000,
    bit_rate=2_100_000,
    stream_count=2,
    videos=(FILM,),
    audios=(SOUND,),
)


def plan_of(probe: Probe = WHOLE, *, profile: str = "mp4", limits: Limits | None = None) -> Plan:
    return make_plan(probe, profile=BUILT_IN[profile], threads=1, limits=limits or Limits())


def with_film(**changes: object) -> Probe:
    return replace(WHOLE, videos=(replace(FILM, **changes),))  # type: ignore[arg-type]


def with_sound(**changes: object) -> Probe:
    return replace(WHOLE, audios=(replace(SOUND, **changes),))  # type: ignore[arg-type]


def with_packets(**changes: object) -> Probe:
    return with_film(packets=replace(PACKETS, **changes))  # type: ignore[arg-type]


def graph_of(plan: Plan, variant: int = 0) -> str:
    words = plan.variants[variant].output_arguments
    return words[words.index("-filter_complex") + 1]


def with_audios(*audios: AudioStream) -> Probe:
    return replace(WHOLE, audios=audios)
