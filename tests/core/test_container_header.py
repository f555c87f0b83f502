import struct

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.container_header import ContainerFacts, parse_container


def _avi(*, microseconds: int, frames: int, total: int | None = None) -> bytes:
    header = struct.pack("<5L", microseconds, 0, 0, 0, frames)
    extended = b"" if total is None else b"dmlh" + struct.pack("<LL", 4, total)
    return b"RIFF\x00\x00\x00\x00AVI LIST\x00\x00\x00\x00hdrlavih" + struct.pack("<L", 56) + header + extended


def _asf(*, size: int, seconds: float, preroll: int) -> bytes:
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365") + struct.pack("<Q", 104) + bytes(16)
    fields = struct.pack("<6Q", size, 0, 0, int(seconds * 10_000_000), 0, preroll)
    return bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(14) + properties + fields


def test_an_avi_says_how_many_frames_it_had_before_it_was_cut() -> None:
    facts = parse_container(_avi(microseconds=40_000, frames=500))
    assert (facts.frames, facts.video_duration) == (500, 20.0)


def test_an_avi_of_several_parts_counts_all_of_them() -> None:
    assert parse_container(_avi(microseconds=40_000, frames=500, total=9000)).frames == 9000


def test_an_avi_whose_two_counts_differ_is_taken_at_the_smaller_one() -> None:
    def stream(*, scale: int, rate: int, frames: int) -> bytes:
        return b"strh" + struct.pack("<L", 56) + b"vidsH264" + bytes(12) + struct.pack("<4L", scale, rate, 0, frames)

    right = stream(scale=1, rate=25, frames=100)
    for lie in ({"microseconds": 120_000, "frames": 100}, {"microseconds": 40_000, "frames": 1_000}):
        assert parse_container(_avi(**lie) + right).video_duration == 4.0
    honest = _avi(microseconds=40_000, frames=100)
    assert parse_container(honest + stream(scale=1, rate=25, frames=0)).video_duration == 4.0
    assert parse_container(honest + stream(scale=3, rate=25, frames=100)).video_duration == 4.0


def test_an_asf_says_how_large_and_how_long_it_was() -> None:
    facts = parse_container(_asf(size=1_000_000, seconds=23.1, preroll=3100))
    assert facts.size == 1_000_000
    assert facts.duration == 20.0


def test_an_rm_says_how_large_and_how_long_it_was() -> None:
    fields = struct.pack(">7L", 0, 0, 0, 0, 0, 5616, 0) + struct.pack(">LL", 405_306, 0)
    facts = parse_container(b".RMF" + bytes(14) + b"PROP" + struct.pack(">LH", 50, 0) + fields)
    assert (facts.size, facts.duration) == (405_306, 5.616)


def test_a_header_that_states_nothing_gives_no_facts() -> None:
    assert parse_container(_avi(microseconds=0, frames=500)) == ContainerFacts()
    assert parse_container(_avi(microseconds=40_000, frames=500)[:40]) == ContainerFacts()
    assert parse_container(b"\x00\x00\x00\x18ftypisom") == ContainerFacts()


@given(rest=st.binary(max_size=300), head=st.sampled_from([b"", b"RIFF\x00\x00\x00\x00AVI avih", b".RMFPROP"]))
def test_no_bytes_break_it(rest: bytes, head: bytes) -> None:
    parse_container(head + rest)
