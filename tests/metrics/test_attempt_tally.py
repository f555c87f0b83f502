"""The tally counts each attempt once, by how it ended, and an exposition of it is what Prometheus reads."""

from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mediaproc.core.errors import ErrorClass, PartMissing
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.metrics import catalogue
from mediaproc.metrics.attempt_tally import AttemptTally
from mediaproc.metrics.catalogue import METRICS, Kind, Metric, Sample
from mediaproc.metrics.exposition import Exposition
from tests.db.task_rows import rendition

_REPORT = Report(stage_seconds={"transcode": 20.0, "upload": 0.1}, cpu_seconds=30.0)


def claimed(*, fail_count: int = 0) -> ClaimedTask:
    return ClaimedTask(
        id=7,
        file_id="0" * 64,
        profile="mp4",
        filename="secret name.avi",
        bucket="b",
        object_key="k",
        size=1000,
        position=0.0,
        attempt=1,
        fail_count=fail_count,
        claim_token=uuid4(),
    )


def told(tally: AttemptTally) -> dict[tuple[str, frozenset[str]], float]:
    """Each line of the text: its name and the values of its labels, and its value."""
    text = Exposition(tally.samples).text().decode()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_each_attempt_is_counted_by_its_outcome_and_class() -> None:
    tally = AttemptTally()
    task = claimed(fail_count=1)
    tally.claimed(task)
    tally.settled(task, ending=rendition(task), report=_REPORT)
    for ending in (
        Failed(error_class=ErrorClass.STALLED, error="It stalled."),
        Released(error_class=ErrorClass.DRAINED, error="A drain."),
    ):
        tally.claimed(claimed())
        tally.settled(claimed(), ending=ending, report=_REPORT)
    tally.lost(claimed(), report=_REPORT)
    lines = told(tally)
    assert lines["mediaproc_claims_total", frozenset({"mp4"})] == 3
    assert lines["mediaproc_retries_total", frozenset({"mp4"})] == 1
    assert lines["mediaproc_attempts_total", frozenset({"mp4", "completed", ""})] == 1
    assert lines["mediaproc_attempts_total", frozenset({"mp4", "failed", "stalled"})] == 1
    assert lines["mediaproc_attempts_total", frozenset({"mp4", "released", "drained"})] == 1
    assert lines["mediaproc_ffmpeg_cpu_seconds_total", frozenset({"mp4"})] == 120
    assert lines["mediaproc_input_bytes_total", frozenset({"mp4"})] == 1000
    assert lines["mediaproc_output_bytes_total", frozenset({"mp4"})] == rendition(task).size


def test_a_stage_is_in_the_bucket_of_each_bound_that_it_does_not_pass() -> None:
    tally = AttemptTally()
    tally.lost(claimed(), report=_REPORT)
    lines = told(tally)
    assert lines["mediaproc_stage_seconds_bucket", frozenset({"transcode", "15.0"})] == 0
    assert lines["mediaproc_stage_seconds_bucket", frozenset({"transcode", "60.0"})] == 1
    assert lines["mediaproc_stage_seconds_bucket", frozenset({"upload", "0.1"})] == 1
    assert lines["mediaproc_stage_seconds_count", frozenset({"transcode"})] == 1
    assert lines["mediaproc_stage_seconds_sum", frozenset({"transcode"})] == 20


def test_no_file_no_task_and_no_token_is_told() -> None:
    tally = AttemptTally()
    task = claimed()
    tally.claimed(task)
    tally.settled(task, ending=rendition(task), report=_REPORT)
    text = Exposition(tally.samples).text().decode()
    assert "mediaproc_claims_total" in text
    for secret in ("secret name", str(task.claim_token), task.file_id):
        assert secret not in text


def test_every_name_is_of_prometheus_conventions() -> None:
    for metric in METRICS.values():
        assert metric.name.startswith("mediaproc_")
        assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER), metric.name
        assert not metric.name.removesuffix("_total").endswith(("_bucket", "_sum", "_count")), metric.name
        assert set(metric.labels).isdisjoint({"task", "file", "filename", "tenant", "le"}), metric.name


def test_a_metric_comes_once_whatever_the_order_of_its_values() -> None:
    one = Metric(name="mediaproc_slots", kind=Kind.GAUGE, meaning="m")
    samples = [Sample(metric=one, value=1), Sample(metric=catalogue.DATABASE_UP, value=1), Sample(metric=one, value=1)]
    text = Exposition(lambda: samples).text().decode()
    assert text.count("# TYPE mediaproc_slots gauge") == 1


def test_without_prometheus_client_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client", None)
    with pytest.raises(PartMissing, match=r"install mediaproc\[metrics\]"):
        Exposition(list)
