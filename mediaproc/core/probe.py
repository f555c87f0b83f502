"""The facts about one file, as values: its streams, their packets, its container."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.packets import PacketFacts

_NO_FACTS = ContainerFacts()


@dataclass(frozen=True, kw_only=True)
class VideoStream:
    """A stream of pictures; what ffprobe left out is None or empty. Times in seconds, rates in frames and bits a s."""

    index: int
    track: int | None = None
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
    color_transfer: str = ""
    color_primaries: str = ""
    color_space: str = ""
    frame_rate: Fraction | None = None
    highest_rate: Fraction | None = None
    duration: float | None = None
    start: float | None = None
    frames: int | None = None
    bit_rate: int | None = None
    attached_picture: bool = False
    default: bool = False
    # Whether parts of it are transparent.
    alpha: bool = False
    # Whether nothing but Dolby Vision shows its colours right.
    dolby_vision_only: bool = False
    # Whether it needs a key.
    encrypted: bool = False
    # Whether the ffmpeg of this node decodes its codec.
    decodable: bool = True
    # None without a walk through the packets.
    packets: PacketFacts | None = None

    @property
    def unwalked(self) -> "VideoStream":
        """What its head tells."""
        return replace(self, packets=None)

    @property
    def usable(self) -> bool:
        """A film that may be decoded: no cover art, no missing key, a codec that ffmpeg decodes, sides."""
        if self.attached_picture or self.encrypted or not self.decodable:
            return False
        return bool(self.codec) and self.width > 0 and self.height > 0

    @property
    def moves(self) -> bool:
        """Whether it has more than one picture, as its packets tell, else its container."""
        return self.frames != 1 and (self.packets is None or self.packets.count != 1)


@dataclass(frozen=True, kw_only=True)
class AudioStream:
    """A stream of sound; what ffprobe left out is None, 0 or empty. Times in seconds, rates in Hz and bits a s."""

    index: int
    track: int | None = None
    codec: str = ""
    profile: str = ""
    sample_rate: int = 0
    channels: int = 0
    layout: str = ""
    duration: float | None = None
    start: float | None = None
    bit_rate: int | None = None
    default: bool = False
    language: str = ""
    # Whether it is a commentary, a description or a dub, and so never a half of a pair.
    secondary: bool = False
    # Whether it needs a key.
    encrypted: bool = False
    # Whether the ffmpeg of this node decodes its codec.
    decodable: bool = True
    # None without a walk through the packets.
    packets: PacketFacts | None = None

    @property
    def unwalked(self) -> "AudioStream":
        """What its head tells."""
        return replace(self, packets=None)

    @property
    def length(self) -> float | None:
        """How long it lasts (s), as its packets tell, else as the container states it."""
        return (self.packets.end if self.packets is not None else None) or self.duration

    @property
    def empty(self) -> bool:
        """Whether it is declared and holds nothing."""
        return self.packets is not None and self.packets.count == 0

    @property
    def usable(self) -> bool:
        """Sound that may be decoded: something in it, no missing key, a codec that ffmpeg decodes, channels, a rate."""
        if self.empty or self.encrypted or not self.decodable:
            return False
        return bool(self.codec) and self.channels > 0 and self.sample_rate > 0


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The facts about one file; times in seconds, `size` in bytes, None where nothing states them."""

    format_name: str
    duration: float | None = None
    start: float | None = None
    size: int | None = None
    bit_rate: int | None = None
    stream_count: int = 0
    videos: tuple[VideoStream, ...] = ()
    audios: tuple[AudioStream, ...] = ()
    container: ContainerFacts = _NO_FACTS
    # When the last packet ends that is neither picture nor sound, such as a subtitle's.
    others_end: float | None = None

    @property
    def watchable(self) -> tuple[VideoStream | AudioStream, ...]:
        """All pictures and sound, whether usable or not."""
        return (*self.videos, *self.audios)

    def decoded_by(self, codecs: Container[str]) -> "Probe":
        """The same facts for an ffmpeg that decodes these codecs: it knows more of them by name."""
        return replace(
            self,
            videos=tuple(replace(video, decodable=video.codec in codecs) for video in self.videos),
            audios=tuple(replace(audio, decodable=audio.codec in codecs) for audio in self.audios),
        )

    def needing_a_key(self, tracks: Container[int]) -> "Probe":
        """The same facts where the tracks of these numbers, and no others, need a key."""
        return replace(
            self,
            videos=tuple(replace(video, encrypted=video.track in tracks) for video in self.videos),
            audios=tuple(replace(audio, encrypted=audio.track in tracks) for audio in self.audios),
        )

    def walked(self, packets: Mapping[int, PacketFacts]) -> "Probe":
        """The same facts with those of a walk through all packets, by the index of their stream."""
        watchable = {stream.index for stream in self.watchable}
        ends = [
            facts.last + (facts.last_duration or 0.0)
            for index, facts in packets.items()
            if index not in watchable and facts.last is not None
        ]
        return replace(
            self,
            videos=tuple(replace(video, packets=packets.get(video.index, PacketFacts())) for video in self.videos),
            audios=tuple(replace(audio, packets=packets.get(audio.index, PacketFacts())) for audio in self.audios),
            others_end=max(ends, default=None),
        )
