"""Of every file of the corpus, plans made from kept facts are those made from a fresh probe."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource
from mediaproc.core.plan import make_plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import BUILT_IN
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import find_tools
from tests.corpus.manifest import Sample


@pytest.fixture(scope="module")
def runner() -> FfmpegRunner:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    return FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))


def test_kept_facts_make_the_plans_of_a_fresh_probe(runner: FfmpegRunner, samples: tuple[Sample, ...]) -> None:
    def kept_and_fresh(sample: Sample) -> tuple[Probe | None, Probe] | None:
        try:
            first, second = (runner.probe(sample.path, stop=threading.Event()) for _ in range(2))
        except (BadSource, AttemptFailed):
            return None
        record = runner.record_of(first, file_id="0" * 64)
        return None if record is None else runner.probe_of(record, file_id="0" * 64), second

    with ThreadPoolExecutor(2) as threads:
        pairs = [pair for pair in threads.map(kept_and_fresh, samples) if pair is not None]
    # All but those that no probe takes, and that have no task.
    assert len(pairs) > 0.9 * len(samples)
    for kept, fresh in pairs:
        assert kept == fresh
        assert list(_plans(kept)) == list(_plans(fresh))


def _plans(probe: Probe) -> Iterator[object]:
    for profile in BUILT_IN.values():
        try:
            yield make_plan(probe, profile=profile, threads=1)
        except BadSource as refused:
            yield str(refused)
