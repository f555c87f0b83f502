"""The record of a probe gives the same facts to the digit, and whatever else stands in its place gives none."""

import json
import zlib
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import BadSource
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import make_plan
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.probe_record import LARGEST_RECORD, Origin, read_record, write_record
from mediaproc.core.profile import BUILT_IN
from tests.golden.record import FACTS
from tests.golden.writing import probe_of

ORIGIN = Origin(file_id="0" * 64, prober="ffprobe 5.1.9")
TIMES = (0.0, 0.08, 0.04, 0.12, 3600.033367)
FILM = Probe(
    format_name="mov",
    duration=0.2,
    videos=(VideoStream(index=0, codec="h264", packets=PacketFacts(count=len(TIMES), times=array("d", TIMES))),),
    audios=(
        AudioStream(index=1, codec="aac", packets=PacketFacts(count=3, discarded=1, times=array("d", (0.0, 0.1)))),
    ),
)


@pytest.mark.parametrize("path", sorted(FACTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_facts_of_a_real_file_come_back_as_they_were(path: Path) -> None:
    try:
        probe = probe_of(json.loads(path.read_text()))
    except BadSource:
        return
    probe = _with_times_in_arrays(probe)
    record = write_record(probe, origin=ORIGIN)
    assert record is not None
    assert read_record(record, origin=ORIGIN) == probe


@given(st.lists(st.integers(-(10**14), 10**14), max_size=50))
def test_every_time_that_ffprobe_prints_comes_back(microseconds: list[int]) -> None:
    printed = [float(f"{time // 10**6}.{time % 10**6:06d}") for time in microseconds]
    packets = PacketFacts(count=len(printed), times=array("d", printed) or ())
    probe = Probe(format_name="avi", videos=(VideoStream(index=0, packets=packets),))
    record = write_record(probe, origin=ORIGIN)
    assert record is None or read_record(record, origin=ORIGIN) == probe
    # Up to some centuries a float holds every microsecond.
    assert record is not None or max(map(abs, microseconds)) > 2**53 / 2


def test_a_film_of_five_hours_has_a_record() -> None:
    times = array("d", (number * 33_367 / 10**6 for number in range(540_000)))
    packets = PacketFacts(count=len(times), times=times)
    film = Probe(format_name="mov", videos=(VideoStream(index=0, packets=packets),))
    record = write_record(film, origin=ORIGIN)
    assert record is not None
    assert len(record) < LARGEST_RECORD // 10
    assert read_record(record, origin=ORIGIN) == film


@pytest.mark.parametrize(
    "other", [replace(ORIGIN, file_id="1" * 64), replace(ORIGIN, prober="ffprobe 7.0"), replace(ORIGIN, prober="")]
)
def test_a_record_of_another_file_or_prober_is_none(other: Origin) -> None:
    assert read_record(_record(), origin=ORIGIN) == FILM
    assert read_record(_record(), origin=other) is None


def test_a_record_of_another_form_is_none() -> None:
    assert read_record(_changed(lambda head: head.update(form=0)), origin=ORIGIN) is None


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\0" * 100,
        b"x" * (LARGEST_RECORD + 1),
        zlib.compress(b""),
        zlib.compress(b"[" * 10**6),
        zlib.compress(b'{"form": ' + b"9" * 10**5 + b"}\n"),
        # A megabyte that unpacks to a gigabyte.
        zlib.compress(bytes(10**9), 9),
    ],
    ids=range(7),
)
def test_what_is_no_record_gives_no_facts(record: bytes) -> None:
    assert read_record(record, origin=ORIGIN) is None


def test_half_a_record_gives_no_facts() -> None:
    record = _record()
    assert all(read_record(record[:end], origin=ORIGIN) is None for end in range(len(record)))


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head["times"].pop(),
        lambda head: head["times"].append(0),
        lambda head: head.update(times=[4, 3]),
        lambda head: head.update(times=[-1, 8]),
        lambda head: head.update(times={}),
        lambda head: head.update(probe=None),
        lambda head: head["probe"].update(unknown=1),
        lambda head: head["probe"].pop("size"),
        lambda head: head["probe"].update(duration=float("nan")),
        lambda head: head["probe"].update(duration=1e300),
        lambda head: head["probe"].update(size=10**30),
        lambda head: head["probe"].update(size=True),
        lambda head: head["probe"].update(format_name="x" * 101),
        lambda head: head["probe"].update(videos=[None] * 10**5),
        lambda head: head["probe"]["videos"][0].update(default=1),
        lambda head: head["probe"]["videos"][0].update(frame_rate="25/0"),
        lambda head: head["probe"]["videos"][0].update(frame_rate=25),
        lambda head: head["probe"]["videos"][0]["packets"].update(count=10**9),
    ],
)  # fmt: skip
def test_a_record_with_facts_of_another_kind_gives_none(change: Callable[[dict[str, Any]], object]) -> None:
    assert read_record(_changed(change), origin=ORIGIN) is None


@given(st.data())
def test_no_record_makes_a_plan_fail_but_by_a_refusal(data: st.DataObject) -> None:
    values = st.none() | st.integers(-(2**64), 2**64) | st.floats() | st.booleans() | st.text(max_size=9)

    def change(head: dict[str, Any]) -> None:
        for holder in (head["probe"], head["probe"]["videos"][0], head["probe"]["videos"][0]["packets"]):
            name = data.draw(st.sampled_from(sorted(holder)))
            holder[name] = data.draw(values)

    probe = read_record(_changed(change), origin=ORIGIN)
    for profile in BUILT_IN.values():
        try:
            make_plan(probe or FILM, profile=profile, threads=1)
        except BadSource:
            continue


def _record() -> bytes:
    record = write_record(FILM, origin=ORIGIN)
    assert record is not None
    return record


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The record after `change` of its document."""
    head, _, times = zlib.decompress(_record()).partition(b"\n")
    document = json.loads(head)
    change(document)
    return zlib.compress(json.dumps(document).encode() + b"\n" + times)


def _with_times_in_arrays(probe: Probe) -> Probe:
    def packed(packets: PacketFacts | None) -> PacketFacts | None:
        return packets and replace(packets, times=array("d", packets.times) or ())

    return replace(
        probe,
        videos=tuple(replace(video, packets=packed(video.packets)) for video in probe.videos),
        audios=tuple(replace(audio, packets=packed(audio.packets)) for audio in probe.audios),
    )
