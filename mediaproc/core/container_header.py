"""A container's own facts, read from its first bytes: ffprobe derives some from what is left of the file."""

import struct
from dataclasses import dataclass

# How much of a file's beginning holds the header of every avi, asf and rm that was looked at (bytes).
HEADER_SIZE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class ContainerFacts:
    """What a container's header says of its film and of itself; None where it does not say it."""

    frames: int | None = None
    # Seconds that each frame lasts.
    frame_duration: float | None = None
    # Seconds that the whole film lasts.
    duration: float | None = None
    # Bytes that the whole file has at least; a smaller file was cut.
    size: int | None = None

    @property
    def video_duration(self) -> float | None:
        """Seconds of film that the header counts frame by frame, None where it counts none."""
        if self.frames is None or self.frame_duration is None:
            return None
        return self.frames * self.frame_duration


def parse_container(head: bytes) -> ContainerFacts:
    """The facts of a file that begins with `head` (HEADER_SIZE bytes or what there is); none for other containers.

    A cut avi, asf or rm probes as a shorter film, since ffprobe counts what is left; its header still says the whole.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _avi(head)
    if head[:16] == _ASF_HEADER:
        return _asf(head)
    if head[:4] == b".RMF":
        return _rm(head)
    return ContainerFacts()


_AVIH = struct.Struct("<5L")
# Behind the stream's kind: codec, flags, priority, initial frames; then scale, rate, start, length in frames.
_STRH = struct.Struct("<4L")
_STRH_FIELDS_BEGIN = 4 + 4 + 4 + 4 + 4
_DMLH = struct.Struct("<L")


def _avi(head: bytes) -> ContainerFacts:
    main = _fields(_AVIH, head, at=_behind(head, b"avih", 8)) or (0, 0, 0, 0, 0)
    microseconds, _, _, _, frames = main
    # An OpenDML file over 1 GB counts only its first part in avih, and all of it in dmlh.
    extended = _fields(_DMLH, head, at=_behind(head, b"dmlh", 8))
    frames = max(frames, extended[0] if extended else 0)
    counted = (
        ContainerFacts(frames=frames or None, frame_duration=microseconds / 1_000_000 or None),
        _avi_stream(head),
    )
    # Two places state the length. Real headers err in one of them; by the larger, a whole file would count as cut.
    return min(
        (facts for facts in counted if facts.video_duration),
        key=lambda facts: facts.video_duration or 0.0,
        default=ContainerFacts(),
    )


def _avi_stream(head: bytes) -> ContainerFacts:
    """What the header of the first stream of pictures says."""
    at = _behind(head, b"vids", _STRH_FIELDS_BEGIN) if head.find(b"strh") >= 0 else len(head)
    scale, rate, _, length = _fields(_STRH, head, at=at) or (0, 0, 0, 0)
    if not scale or not rate or not length:
        return ContainerFacts()
    return ContainerFacts(frames=length, frame_duration=scale / rate)


_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
# Behind the object's length and the file's name: size, time made, packets, play time (100 ns), send time, preroll (ms).
_ASF_PROPERTIES = struct.Struct("<6Q")
_ASF_FIELDS_BEGIN = 16 + 8 + 16


def _asf(head: bytes) -> ContainerFacts:
    properties = _fields(_ASF_PROPERTIES, head, at=_behind(head, _ASF_FILE_PROPERTIES, _ASF_FIELDS_BEGIN))
    if properties is None:
        return ContainerFacts()
    size, _, _, played, _, preroll = properties
    seconds = played / 10_000_000 - preroll / 1_000
    return ContainerFacts(size=size or None, duration=seconds if seconds > 0 else None)


# Behind a chunk's name, length and version. PROP: rates and sizes, packets, play time (ms), preroll, index, data.
_RM_PROPERTIES = struct.Struct(">4x4x4x4x4xLLLL")
_RM_FIELDS_BEGIN = 4 + 4 + 2
_RM_LENGTH = struct.Struct(">L")


def _rm(head: bytes) -> ContainerFacts:
    properties = _fields(_RM_PROPERTIES, head, at=_behind(head, b"PROP", _RM_FIELDS_BEGIN))
    if properties is None:
        return ContainerFacts()
    milliseconds, _, index_at, data_at = properties
    data = _fields(_RM_LENGTH, head, at=data_at + 4) if head[data_at : data_at + 4] == b"DATA" else None
    size = max(index_at, data_at + data[0] if data else 0)
    return ContainerFacts(size=size or None, duration=milliseconds / 1_000 or None)


def _behind(head: bytes, name: bytes, distance: int) -> int:
    """Where the fields begin that stand `distance` bytes behind a chunk's begin; beyond the end for no such chunk."""
    at = head.find(name)
    return len(head) if at < 0 else at + distance


def _fields(form: struct.Struct, head: bytes, *, at: int) -> tuple[int, ...] | None:
    return form.unpack_from(head, at) if 0 <= at <= len(head) - form.size else None
