"""A kept record stands for a probe only where this node would find the same facts."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.limits import Limits
from mediaproc.core.probe import Probe
from mediaproc.core.probe_record import Origin, read_record
from mediaproc.ffmpeg import capabilities
from mediaproc.ffmpeg.probe_records import ProbeRecords
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.conftest import MakeClip

FILE = "0" * 64


@pytest.fixture
def records(tools: Tools) -> ProbeRecords:
    return ProbeRecords(tools=tools, limits=Limits())


@pytest.fixture
def probe(runner: FfmpegRunner, make_clip: MakeClip, stop: threading.Event) -> Probe:
    return runner.probe(make_clip(), stop=stop)


def test_a_record_of_this_node_stands_for_its_probe(records: ProbeRecords, probe: Probe) -> None:
    record = records.write(probe, file_id=FILE)
    assert record is not None
    assert records.read(record, file_id=FILE) == probe
    assert records.read(record, file_id="1" * 64) is None


def test_no_other_version_of_a_program_and_no_other_limit_takes_it(
    records: ProbeRecords, probe: Probe, tools: Tools
) -> None:
    record = records.write(probe, file_id=FILE)
    assert record is not None
    for other in (
        replace(records, tools=replace(tools, version="5.1.8")),
        replace(records, tools=replace(tools, ffprobe_version="5.1.8")),
        replace(records, limits=Limits(max_streams=3)),
    ):
        assert other.read(record, file_id=FILE) is None


def test_a_node_with_other_decoders_looks_itself(
    records: ProbeRecords, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = records.write(probe, file_id=FILE)
    assert record is not None
    there = capabilities.decodable_codecs(records.tools.ffmpeg) or frozenset()
    monkeypatch.setattr("mediaproc.ffmpeg.probe_records.decodable_codecs", lambda _: there - {"mpeg4"})
    assert records.read(record, file_id=FILE) is None
    # A build that differs in what this source does not need finds the same.
    monkeypatch.setattr("mediaproc.ffmpeg.probe_records.decodable_codecs", lambda _: there - {"vp9"})
    assert records.read(record, file_id=FILE) == probe


def test_facts_without_the_packets_of_a_film_are_not_kept(
    records: ProbeRecords, runner: FfmpegRunner, make_clip: MakeClip, stop: threading.Event
) -> None:
    assert records.write(runner.probe(make_clip(), packets=False, stop=stop), file_id=FILE) is None


def test_a_record_holds_no_more_than_facts(records: ProbeRecords, probe: Probe, make_clip: MakeClip) -> None:
    record = records.write(probe, file_id=FILE)
    assert record is not None
    assert len(record) < 2_000
    assert Path(make_clip()).name.encode() not in record
    assert read_record(record, origin=Origin(file_id=FILE, prober="")) is None
