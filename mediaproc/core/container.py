"""A container's own facts, read from its first bytes: ffprobe derives some from what is left of the file."""

import struct
from dataclasses import dataclass

# How much of a file's beginning holds the header of every avi that was looked at (bytes).
HEAD_SIZE = 64 * 1024

_AVIH_FIELDS = struct.Struct("<5L")
_COUNT = struct.Struct("<L")


@dataclass(frozen=True, kw_only=True)
class ContainerFacts:
    """What the container itself says of its film: frames, and how long each one lasts (seconds)."""

    frames: int | None = None
    frame_duration: float | None = None

    @property
    def video_duration(self) -> float | None:
        """Seconds of film that the header declares, None where it declares none."""
        if self.frames is None or self.frame_duration is None:
            return None
        return self.frames * self.frame_duration


def parse_container(head: bytes) -> ContainerFacts:
    """The facts of a file that begins with `head` (HEAD_SIZE bytes or what there is); none for what is no avi.

    A cut avi probes as a shorter film: ffprobe counts the frames that are left, `avih` still says how many there were.
    """
    if head[:4] != b"RIFF" or head[8:12] not in {b"AVI ", b"AVIX"}:
        return ContainerFacts()
    at = head.find(b"avih", 12)
    if at < 0 or len(head) < at + 8 + _AVIH_FIELDS.size:
        return ContainerFacts()
    microseconds, _, _, _, frames = _AVIH_FIELDS.unpack_from(head, at + 8)
    # An OpenDML file over 1 GB counts only its first part in avih, and all of it in dmlh.
    extended = head.find(b"dmlh", at)
    if 0 <= extended <= len(head) - 8 - _COUNT.size:
        frames = max(frames, _COUNT.unpack_from(head, extended + 8)[0])
    if not frames or not microseconds:
        return ContainerFacts()
    return ContainerFacts(frames=frames, frame_duration=microseconds / 1_000_000)
