"""What the first bytes of a source tell before any program has read it: whether one reading can tell all its facts."""

# How many of a file's first bytes are looked at.
FIRST_BYTES = 256

# A program's start costs what a walk through so many bytes of a film does, or more; behind that, a walk which the
# head's facts show to be in vain costs more than the start that it saves (bytes).
_WALKED_UNSEEN = 32 * 1024 * 1024

# How files of sound alone begin, for which no walk is needed, and what stands behind the length of the first chunk.
_SOUND = (b"ID3", b"fLaC", b"#!AMR", b"caff", b"wvpk", b"MAC ", b"TTA1", b".snd", b"riff\x2e\x91\xcf\x11", b"\x0b\x77")
_SOUND_BEHIND_A_LENGTH = (b"WAVE", b"AIFF", b"AIFC", b"ftypM4A ", b"ftypM4B ")
# An MPEG frame of sound begins with eleven bits that are set.
_MPEG_SYNC = 0xE0

# Each packet of MPEG-TS begins with this byte; a camera's packets have four bytes of time before it.
_TS_SYNC, _TS_PACKET, _CAMERA_PACKET, _CAMERA_TIME = 0x47, 188, 192, 4


def is_walked_unseen(head: bytes, *, size: int) -> bool:
    """Whether one run of ffprobe reads the head's facts and all packets of a file of `size` bytes that begins so.

    Not where the walk is likely in vain (sound alone), or needs an option that only its demuxer takes (MPEG-TS).
    """
    return size <= _WALKED_UNSEEN and not _is_sound(head) and not _is_mpegts(head)


def _is_sound(head: bytes) -> bool:
    mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & _MPEG_SYNC == _MPEG_SYNC  # noqa: PLR2004 - all bits set
    return (
        mpeg
        or head.startswith(_SOUND)
        or any(head.startswith(name, at) for name in _SOUND_BEHIND_A_LENGTH for at in (4, 8))
    )


def _is_mpegts(head: bytes) -> bool:
    return any(
        len(head) > begin + packet and head[begin] == head[begin + packet] == _TS_SYNC
        for begin, packet in ((0, _TS_PACKET), (_CAMERA_TIME, _CAMERA_PACKET))
    )
